import HTTPKit
import Logging
import Model
import PluginHost

/// The server: routes over plugins, tokens at the door, every error in one shape, every request in the log.
package final class GantryServer: Sendable {
    private let server: HTTPServer
    private let settings: ServerSettings
    private let health: HealthMonitor?
    private let workers: WorkerHub?

    /// - Parameters:
    ///   - jobs: nil: this server takes none.
    ///   - live: how many live streams may run.
    ///   - tokens: nil: no token is asked for.
    ///   - workerToken: Lets workers in, besides tokens with the scope `worker`.
    package init(
        settings: ServerSettings, limits: HTTPLimits, plugins: any PluginService, jobs: JobService? = nil,
        live: LiveStreamGate = LiveStreamGate(), tokens: (any TokenStore)?, workerToken: String? = nil,
        logger: Logger
    ) {
        self.settings = settings
        workers = jobs?.workers?.hub
        let health = jobs.map(HealthMonitor.init)
        self.health = health
        let metrics = HTTPMetrics()
        let bodies = JSONBody()
        let routes = HTTPRoutes(
            surface: Surface(
                plugins: plugins, jobs: jobs, health: health, metrics: metrics, cors: settings.cors, bodies: bodies),
            admission: Admission(tokens: tokens, workerToken: workerToken, cors: settings.cors), plugins: plugins,
            bodyLimit: bodies.limits.body, live: live, logger: logger)
        var configuration = HTTPServerConfiguration()
        configuration.logger = logger
        configuration.host = settings.host
        configuration.port = settings.port
        configuration.limits = limits
        configuration.filters = [ResponsePolicy(cors: settings.cors)]
        configuration.errorResponse = { _, failure in Self.response(to: failure) }
        configuration.completed = { record in
            metrics.record(record)
            Self.log(record, logger)
        }
        server = HTTPServer(configuration: configuration, router: routes.router())
    }

    /// Begins to listen.
    /// - Returns: The port.
    /// - Throws: ``APIFailure`` where the address cannot be had.
    package func start() async throws -> Int {
        await health?.start()
        do {
            return try await server.start()
        } catch let failure as HTTPBindFailure {
            throw APIFailure(
                code: .busy, message: "\(failure)", hint: "Choose another address or port: --host, --port")
        }
    }

    /// Takes no more connections, lets requests in flight end within the limits' deadline, closes the rest.
    package func shutdown() async {
        workers?.close()
        await server.shutDown()
        health?.stop()
    }

    /// The envelope of what HTTPKit refuses itself, or a handler threw as one of its failures.
    private static func response(to failure: HTTPFailure) -> HTTPResponse {
        let status = failure.status.code
        let message = status == 500 ? "The server met a fault of its own" : failure.message
        let code = ErrorCode(status: status)
        var response = HTTPResponse(APIAnswer(ErrorEnvelope(code, message, hint: code.usualHint)))
        response.status = failure.status
        for field in failure.headers { response.headers[field.name] = field.value }
        return response
    }

    private static func log(_ record: HTTPCompletion, _ logger: Logger) {
        let level = level(of: record)
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            "status": .stringConvertible(record.status.code), "bytes": .stringConvertible(record.bytes),
            "milliseconds": .stringConvertible((record.duration.milliseconds * 100).rounded() / 100),
        ]
        guard let request = record.request else {
            logger.log(level: level, "a request that is none", metadata: metadata)
            return
        }
        metadata["request_id"] = "\(ResponsePolicy.id(of: request))"
        metadata["client"] = "\(request.remoteAddress)"
        // Never the query: people put tokens there.
        logger.log(level: level, "\(request.method) \(request.path)", metadata: metadata)
    }

    /// Whoever watches the server asks for its health all day, and workers talk to it as long: good answers to that would
    /// bury the rest of the log.
    private static func level(of record: HTTPCompletion) -> Logger.Level {
        guard record.status == .ok, let route = record.request?.route else { return .info }
        return HealthRoutes.paths.contains(route) || route.hasPrefix(WorkerRoutes.path) ? .debug : .info
    }
}

import Foundation
import HTTPKit
import Testing

/// A server on a port of its own, with short deadlines, for the time of a closure; afterwards everything has gone.
func withServer<Result: Sendable>(
    limits change: (inout HTTPLimits) -> Void = { _ in },
    configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    routes: (inout Router) -> Void,
    _ body: @escaping @Sendable (_ port: Int, _ server: HTTPServer) throws -> Result
) async throws -> Result {
    var configuration = HTTPServerConfiguration()
    configuration.logger.logLevel = .critical
    configuration.limits.shutdownDeadline = .seconds(3)
    configuration.limits.lingerDeadline = .milliseconds(500)
    change(&configuration.limits)
    configure(&configuration)
    var router = Router()
    routes(&router)
    let server = HTTPServer(configuration: configuration, router: router)
    let port = try await server.start()
    let outcome = await blocking { Swift.Result { try body(port, server) } }
    await server.shutDown()
    #expect(server.openConnections == 0)
    #expect(server.runningHandlers == 0)
    return try outcome.get()
}

/// Runs blocking work on a thread of its own.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}

/// Waits for a condition; false after a generous deadline.
func eventually(_ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + .seconds(15)
    while !condition() {
        guard ContinuousClock.now < deadline else { return false }
        usleep(5000)
    }
    return true
}

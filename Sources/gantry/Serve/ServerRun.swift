import API
import FileSafety
import Foundation
import HTTPKit
import Jobs
import Logging
import Model
import PluginHost
import ServerLog

/// One life of `gantry serve`: what it holds, how it comes up, how it goes down.
///
/// It answers as soon as it listens; plugins load behind it.
final class ServerRun {
    /// How long requests in flight may go on after the first signal, then workers, then the log: 15 s at most in all.
    private static let requestGrace = Duration.seconds(8)
    private static let workerGrace = Duration.seconds(4)
    private static let longestShutdown = 15

    private let settings: ServerSettings
    private let lock: StorageLock
    private let log: ServerLog
    private let logger: Logger
    private let tokens: TokenFile
    private let plugins: PluginHost
    private let jobs: JobsRun
    private let limits: HTTPLimits
    private let server: GantryServer
    private let workerToken: String

    init(
        settings: ServerSettings, plugins folders: [String], environment: [String: String], log: ServerLog
    ) throws {
        self.settings = settings
        self.log = log
        let logger = log.logger("gantry")
        self.logger = logger
        lock = try StorageLock(folder: settings.storageFolder)
        tokens = try TokenFile(folder: settings.storageFolder)
        var configuration =
            PluginPlaces(plugins: folders, storage: settings.storageFolder, environment: environment).configuration
        configuration.report = { Self.write($0, to: logger) }
        configuration.uploadFolder = try StorageFolders(root: settings.storageFolder).temporary
        plugins = PluginHost(configuration: configuration)
        jobs = try JobsRun(
            JobSettings(storageFolder: settings.storageFolder, environment: environment), plugins: plugins,
            environment: environment, logger: logger)
        var limits = HTTPLimits()
        limits.shutdownDeadline = Self.requestGrace
        self.limits = limits
        // The same as before, so that workers that are there come back.
        let token = (try? WorkerPass.read(in: settings.storageFolder))?.token ?? TokenText.make()
        workerToken = token
        server = GantryServer(
            settings: settings, limits: limits, plugins: plugins, jobs: jobs.service,
            tokens: settings.requiresAuthentication ? tokens : nil, workerToken: token, logger: logger)
    }

    func start() throws {
        let first = settings.requiresAuthentication ? try tokens.createFirst(at: .now) : nil
        let server = server
        let port = try AsyncWork.run { () async throws in try await server.start() }
        let address = "http://\(settings.host.contains(":") ? "[\(settings.host)]" : settings.host):\(port)"
        lock.name(holder: "process \(getpid()), \(address)")
        try leavePass(port: port)
        try StandardOutput.print(
            StartReport(
                address: address, settings: settings, limits: limits, plugins: plugins.configuration,
                jobs: jobs.settings, uploads: jobs.service.limits,
                queue: jobs.queue?.settings.summary, firstToken: first?.text
            ).text)
        logger.notice(
            "listening", metadata: ["address": "\(address)", "version": "\(ProductVersion.string)"])
        if !settings.requiresAuthentication {
            logger.warning("GANTRY_REQUIRE_AUTH is false: whoever reaches \(address) may do everything")
        }
        Task.detached { [plugins, logger] in await ServerRun.load(plugins, logger) }
    }

    /// Leaves workers what they need to find this server and to be let in.
    private func leavePass(port: Int) throws {
        let host = WorkerSettings.hostName
        let listening = settings.host
        let isLocal = ["localhost", "::1"].contains(listening) || listening.hasPrefix("127.")
        let isEverywhere = ["0.0.0.0", "::", ""].contains(listening)
        let shown = listening.contains(":") ? "[\(listening)]" : listening
        let pass = WorkerPass(
            host: host, localAddress: "http://\(isEverywhere ? "127.0.0.1" : shown):\(port)",
            address: isLocal ? nil : "http://\(isEverywhere ? host : shown):\(port)", token: workerToken,
            pid: getpid(), version: ProductVersion.string)
        do {
            try pass.write(in: settings.storageFolder)
        } catch {
            // Workers that are told by GANTRY_URL and GANTRY_TOKEN need none.
            logger.warning("workers will not find this server: \(error)")
        }
    }

    /// Says once, before any plugin is started, what protects this machine from them and what does not; then loads them.
    private static func load(_ plugins: PluginHost, _ logger: Logger) async {
        let sandbox = await plugins.examineSandbox()
        for fact in sandbox.missing { logger.warning("sandbox: plugins run without \(fact)") }
        if sandbox.missing.isEmpty { logger.notice("sandbox: every protection is in force") }
        plugins.start()
        guard await plugins.settle(nil, deadline: .seconds(600)) else { return }
        let list = plugins.healthList()
        let available = list.count { $0.state.isAvailable }
        logger.notice(
            "plugins are loaded",
            metadata: [
                "available": .stringConvertible(available), "plugins": .stringConvertible(list.count),
            ])
        // What only some plugins ask for.
        for fact in plugins.sandboxFacts where !sandbox.missing.contains(fact) {
            logger.warning("sandbox: plugins run without \(fact)")
        }
    }

    /// In order, and bounded: whatever hangs, the process is gone when the time is up.
    func stop(because signal: String) {
        let watchdog = Thread {
            sleep(UInt32(Self.longestShutdown))
            StandardError.write("gantry: the shutdown took too long; ending now\n")
            _exit(1)
        }
        watchdog.start()
        logger.notice("ending", metadata: ["signal": "\(signal)"])
        let (server, plugins, jobs) = (server, plugins, jobs)
        AsyncWork.run {
            async let drained: Void = jobs.drain(deadline: Self.requestGrace)
            await server.shutdown()
            await drained
            await plugins.shutdown(deadline: Self.workerGrace)
            await jobs.close()
        }
        do { try tokens.flush() } catch { logger.warning("times of last use were not written: \(error)") }
        logger.notice("ended")
        log.close()
    }

    private static func write(_ report: HostReport, to logger: Logger) {
        let level: Logger.Level =
            switch report.level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        var metadata: Logger.Metadata = ["plugin": "\(report.plugin)"]
        if let detail = report.detail { metadata["detail"] = "\(detail)" }
        logger.log(level: level, "\(report.message)", metadata: metadata)
    }
}

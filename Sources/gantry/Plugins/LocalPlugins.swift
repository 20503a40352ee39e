import Foundation
import Model
import PluginHost
import Pipelines

/// Plugins loaded by a command, for as long as it needs them, and ended whatever happens.
enum LocalPlugins {
    /// Dependency checks, worker, import, models: as long as the host itself allows.
    static func loadDeadline(_ configuration: PluginHostConfiguration) -> Duration {
        configuration.checkDeadline + configuration.checkDeadline + configuration.handshakeDeadline
            + configuration.loadDeadline + configuration.loadDeadline
    }

    /// Loads all plugins of `configuration`, waits until they have settled, and gives them to `body`.
    ///
    /// Ctrl-C cancels `body`'s task; a second one ends the process.
    ///
    /// - Parameter ended: told when all processes have ended: their logs are whole then.
    static func with<R: Sendable>(
        _ configuration: PluginHostConfiguration, ended: @escaping @Sendable (PluginHost) -> Void = { _ in },
        _ body: @escaping @Sendable (PluginHost) async throws -> R
    ) throws -> R {
        Interruption.install()
        var configuration = configuration
        // A command calls a tool once: nothing is gained by a worker in reserve.
        configuration.keepsSpares = false
        // Who presses Ctrl-C wants to have the terminal back.
        configuration.cancelGrace = .milliseconds(300)
        let fixed = configuration
        return try AsyncWork.run {
            let host = PluginHost(configuration: fixed)
            host.start()
            let outcome: Result<R, any Error>
            do {
                outcome = .success(
                    try await interruptible {
                        _ = await host.settle(deadline: loadDeadline(fixed))
                        try Task.checkCancellation()
                        return try await body(host)
                    })
            } catch {
                outcome = .failure(error)
            }
            let isHurried = Interruption.cancellation.isCancelled
            await host.shutdown(deadline: isHurried ? .milliseconds(300) : fixed.shutdownGrace)
            ended(host)
            return try outcome.get()
        }
    }

    /// Runs `work`, which ends early when Ctrl-C comes.
    ///
    /// - Throws: `cancelled` then.
    static func interruptible<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) async throws -> R {
        let cancellation = Interruption.cancellation
        do {
            return try await withThrowingTaskGroup(of: R?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    // A signal handler may only set a flag.
                    while !cancellation.isCancelled {
                        do { try await Task.sleep(for: .milliseconds(50)) } catch { return nil }
                    }
                    return nil
                }
                let first = try await group.next().flatMap(\.self)
                group.cancelAll()
                if let first { return first }
                // What the work says once it is cancelled is for nobody; that it ends is waited for.
                _ = try await group.next()
                throw CancellationError()
            }
        } catch  where cancellation.isCancelled {
            throw CommandFailure(code: .cancelled, message: "stopped on request")
        }
    }
}

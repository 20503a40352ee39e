import Model
import PluginWire
import Synchronization

/// Processes of Gantry's own that do what meets hostile bytes: a plugin that no list shows, started by the first call.
///
/// One that does not start is tried again by later calls, the wait doubling each time; callers in between are told at
/// once that it is down, and why.
final class OwnWorker: Sendable {
    private struct State {
        /// Starts since it last worked.
        var tries = 0
        var nextTry = ContinuousClock.now
    }

    let name: String
    /// For one call.
    let timeLimit: Duration
    /// What it is and what to do without it, for people.
    private let (noun, advice): (String, String)
    private let plugin: HostedPlugin
    private let configuration: PluginHostConfiguration
    private let state = Mutex(State())

    /// - Parameters:
    ///   - name: Of the plugin worker: `gantry plugin-worker NAME`.
    ///   - folder: All of the storage that it may read.
    init(
        _ name: String, noun: String, advice: String, folder: String, timeLimit: Duration, workers: Int,
        configuration: PluginHostConfiguration
    ) {
        self.name = name
        self.noun = noun
        self.advice = advice
        self.timeLimit = timeLimit
        self.configuration = configuration
        var manifest = PluginManifest(name: name, version: "1")
        manifest.runtime = .executable(["@gantry", "plugin-worker", name])
        manifest.document = ["name": .string(name), "version": "1"]
        manifest.timeoutSeconds = timeLimit / .seconds(1)
        manifest.workers = workers
        var own = configuration
        // Hostile bytes may break it often; each time it is soon back.
        own.restarts = 1000
        own.firstBackoff = .milliseconds(1)
        own.restartFactor = 2
        own.longestBackoff = .milliseconds(250)
        // Whether to try again is decided here.
        own.retriesFailedLoads = false
        own.handshakeDeadline = min(configuration.handshakeDeadline, .seconds(10))
        own.loadDeadline = min(configuration.loadDeadline, .seconds(20))
        plugin = HostedPlugin(
            name: name, folder: folder, configuration: own, board: HealthBoard(), fixedManifest: manifest)
    }

    /// Starts it, so that the first call need not wait.
    func warm() {
        guard !plugin.isAvailable, plugin.isSettled, mayTry() else { return }
        plugin.beginLoad(reason: "the server starts", isManual: true)
    }

    /// - Throws: `decoderDown` where it does not work; what the call met.
    func run(_ call: PluginCall) async throws(PluginHostFailure) -> ToolResult {
        try await waitUntilReady()
        do {
            return try await plugin.run(call) { _ throws(PluginHostFailure) in
                throw PluginHostFailure(.invalidArguments, "no pixels are taken")
            }
        } catch {
            if case .unavailable = error.kind { throw down() }
            throw error
        }
    }

    func stop(grace: Duration) async { await plugin.stop(grace: grace) }

    // MARK: Start

    private func waitUntilReady() async throws(PluginHostFailure) {
        let end = ContinuousClock.now + configuration.decoderPatience
        while !plugin.isAvailable {
            if plugin.isSettled {
                guard mayTry() else { throw down() }
                plugin.beginLoad(reason: "it is needed", isManual: true)
            }
            guard ContinuousClock.now < end else { throw down() }
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else {
                throw PluginHostFailure(.cancelled, "The call was cancelled while it waited for the \(noun)")
            }
        }
        state.withLock { $0 = State() }
    }

    /// Whether it is time to start it; says yes to one caller.
    private func mayTry() -> Bool {
        state.withLock { state in
            let now = ContinuousClock.now
            guard !plugin.isStopped, state.nextTry <= now else { return false }
            state.nextTry =
                now + min(configuration.decoderBackoff * (1 << min(state.tries, 16)), configuration.longestBackoff)
            state.tries += 1
            return true
        }
    }

    private func down() -> PluginHostFailure {
        guard !plugin.isStopped else { return .unavailable(.failed, "the server is stopping") }
        let (isFinal, reason) = plugin.state.withLock { ($0.lifecycle.state.isFinal, $0.lifecycle.reason) }
        guard isFinal else {
            return PluginHostFailure(
                .decoderDown, "The server's \(noun) has not started yet",
                hint: "Try again in a moment; the machine may be overloaded")
        }
        let wait = state.withLock { max(.zero, $0.nextTry - .now) }
        return PluginHostFailure(
            .decoderDown, "The server's \(noun) does not work: \(reason ?? "no reason is known")",
            hint: "It is tried again in \(wait.wholeSeconds) s; the server's log has more. \(advice)")
    }
}

extension Duration {
    /// Rounded up.
    fileprivate var wholeSeconds: Int { Int((self / .seconds(1)).rounded(.up)) }
}

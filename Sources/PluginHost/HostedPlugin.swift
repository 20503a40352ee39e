import Model
import PluginWire
import Supervision
import Synchronization

/// One plugin over all its loads: it loads it, runs its tools, and brings it back after a fault.
///
/// Decisions are made by ``PluginLifecycle`` and `RestartPolicy` under one lock; nothing is waited for under it.
final class HostedPlugin: Sendable {
    struct State {
        var lifecycle = PluginLifecycle()
        var policy: RestartPolicy
        var sparePolicy: RestartPolicy
        /// The one that takes calls.
        var load: PluginLoad?
        var manifest: PluginManifest?
        var mend: String?
        var spare: (worker: Worker, key: [String])?
        /// Processes that serve nobody yet, or no more: they are being started, loaded or ended.
        var unplaced: [ObjectIdentifier: Worker] = [:]
        var sandbox = PluginHealth.SandboxHealth()
        var isStopped = false
        /// Loads that run or are about to.
        var pendingLoads = 0
        var lastLoad: Task<Void, Never>?
        /// Sleeps until the next restart.
        var restart: Task<Void, Never>?
        var successes = 0
        var errors = 0
        var lastUsed: UTCTime?
        /// The last ten, in milliseconds.
        var times: [Double] = []
    }

    let name: String
    let folder: String
    let configuration: PluginHostConfiguration
    let log = PluginLog()
    let board: HealthBoard
    /// A manifest that is not read from a file: Gantry's own helpers.
    let fixedManifest: PluginManifest?
    /// The plugin whose name this one claims too.
    let rival: (name: String, folder: String)?
    /// Where loads wait for their turn; nil for those that need not.
    let gate: LoadGate?
    let state: Mutex<State>

    init(
        name: String, folder: String, configuration: PluginHostConfiguration, board: HealthBoard,
        gate: LoadGate? = nil, fixedManifest: PluginManifest? = nil, rival: (name: String, folder: String)? = nil
    ) {
        self.name = name
        self.folder = folder
        self.configuration = configuration
        self.board = board
        self.fixedManifest = fixedManifest
        self.rival = rival
        self.gate = gate
        let policy = RestartPolicy(
            limit: configuration.restarts, window: configuration.restartWindow, firstDelay: configuration.firstBackoff,
            factor: configuration.restartFactor, longestDelay: configuration.longestBackoff)
        var spares = policy
        spares.limit = 10
        state = Mutex(State(policy: policy, sparePolicy: spares))
        board.put(PluginHealth(name: name, state: .loaded, directory: folder))
    }

    var manifest: PluginManifest? { state.withLock { $0.manifest } }
    var tools: [ToolDescription] { state.withLock { $0.load?.tools ?? [] } }
    /// Whether it takes calls.
    var isAvailable: Bool { state.withLock { !$0.isStopped && $0.load != nil && $0.lifecycle.state.isAvailable } }
    var isStopped: Bool { state.withLock { $0.isStopped } }
    /// Whether nothing is about to change by itself soon.
    var isSettled: Bool {
        state.withLock { $0.pendingLoads == 0 || $0.isStopped }
    }

    func report(_ level: HostReport.Level, _ message: String, detail: String? = nil) {
        configuration.report(HostReport(level: level, plugin: name, message: message, detail: detail))
        log.append(message, source: "gantry")
        if let detail, !detail.isEmpty { log.append(detail, source: "gantry") }
    }

    /// Makes the state what everybody sees. Under the lock, so that the order is right.
    func publish(_ state: borrowing State) {
        let lifecycle = state.lifecycle
        let manifest = state.manifest
        let workers = (state.load?.pool.workers.map(\.pid) ?? []) + (state.spare.map { [$0.worker.pid] } ?? [])
        let (successes, errors, times) = (state.successes, state.errors, state.times)
        let (mend, sandbox, lastUsed) = (state.mend, state.sandbox, state.lastUsed)
        board.update(name) { health in
            health.state = lifecycle.state
            health.reason = lifecycle.reason
            health.history = lifecycle.history
            health.mend = lifecycle.state.isFinal ? mend : nil
            health.description = manifest?.description ?? ""
            health.version = manifest?.version
            health.warnings = manifest?.warnings ?? []
            health.sandbox = sandbox
            health.workers = workers
            health.successCount = successes
            health.errorCount = errors
            health.lastUsed = lastUsed?.iso8601
            health.lastExecutionTimeMs = times.last
            health.avgExecutionTimeMs = times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
        }
    }

    // MARK: End

    /// No calls any more; every process is gone at the deadline.
    func stop(grace: Duration) async {
        let (load, spare, unplaced, restart) = state.withLock { state in
            state.isStopped = true
            defer {
                state.load = nil
                state.spare = nil
                state.unplaced = [:]
                state.restart = nil
            }
            return (state.load, state.spare?.worker, state.unplaced.values, state.restart)
        }
        restart?.cancel()
        await withTaskGroup(of: Void.self) { group in
            for worker in (load?.pool.close() ?? []) + (spare.map { [$0] } ?? []) {
                group.addTask { await worker.shutDown(grace: grace) }
            }
            // What is busy loading, or is being ended already, would hear nothing.
            for worker in unplaced { group.addTask { await worker.kill() } }
        }
        state.withLock { publish($0) }
    }
}

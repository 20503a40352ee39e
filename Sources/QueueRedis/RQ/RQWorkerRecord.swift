import Glibc
import Jobs
import Model
import Synchronization

/// A worker as RQ's tools see it (`Worker.all`, `rq info`): its birth, its sign of life, what it works on, its death.
///
/// Nobody waits for it: what a worker says is remembered and written by a task of its own, which tries again for as
/// long as Redis cannot be reached. Everything is written anew with each sign of life, so that a Redis that has lost it
/// knows it again after at most `interval`; a worker that was killed is gone after `lifetime`.
package final class RQWorkerRecord: Sendable {
    /// Between two signs of life.
    static let interval = Duration.seconds(5)
    /// After the last one.
    static let lifetime = 60
    /// A worker that died in order is remembered for so long, as RQ does it.
    private static let mourning = 60

    package let name: String

    private struct State {
        var health: QueueHealth
        var running: [RQExecution: ContinuousClock.Instant] = [:]
        var succeeded = 0
        var failed = 0
        var working = Duration.zero
        var task: Task<Void, Never>?
        var isEnding = false
    }

    private let settings: QueueSettings
    private let host: String
    private let version: String
    private let birth = UTCTime.now
    private let link: RedisLink
    private let bell = Bell()
    private let state: Mutex<State>
    private let report: @Sendable (QueueHealth) -> Void

    /// - Parameters:
    ///   - name: Unlike any other's; see ``uniqueName(_:)``.
    ///   - version: Gantry's.
    ///   - report: Called when the connection is there, and when it is lost: not more often.
    package init(
        name: String, settings: QueueSettings, version: String,
        report: @escaping @Sendable (QueueHealth) -> Void = { _ in }
    ) {
        self.name = name
        self.settings = settings
        self.version = version
        self.report = report
        host = Self.hostName
        link = RedisLink(to: settings.endpoint, name: "redis \(name)")
        state = Mutex(State(health: QueueHealth(settings, since: .now)))
    }

    /// What the names of all of ours begin with.
    static let prefix = "gantry-"

    /// The name under which RQ's tools see whoever holds a job.
    package static func name(of worker: WorkerID) -> String {
        worker.text.hasPrefix(prefix) ? worker.text : prefix + worker.text
    }

    /// `gantry-worker-HOST-PID-XXXX`: also unlike that of the process of another container with the same number.
    package static func uniqueName(_ role: String) -> String {
        let host = hostName.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "-" }
        let random = String(UInt16.random(in: 0x1000...0xFFFF), radix: 16)
        return "\(prefix)\(role)-\(String(host).prefix(40))-\(getpid())-\(random)"
    }

    /// From memory.
    package var health: QueueHealth { state.withLock { $0.health } }

    /// Begins to show the worker.
    package func start() {
        state.withLock { state in
            guard state.task == nil, !state.isEnding else { return }
            state.task = Task.detached { [self] in await live() }
        }
    }

    /// The worker has begun with a job.
    package func started(_ execution: RQExecution) {
        state.withLock { $0.running[execution] = .now }
        bell.ring()
    }

    /// It is done with it.
    ///
    /// - Parameter succeeded: Nil where the job goes on elsewhere or was cancelled: neither is counted.
    package func ended(_ execution: RQExecution, succeeded: Bool?) {
        state.withLock { state in
            guard let start = state.running.removeValue(forKey: execution) else { return }
            state.working += ContinuousClock.now - start
            if succeeded == true { state.succeeded += 1 }
            if succeeded == false { state.failed += 1 }
        }
        bell.ring()
    }

    /// Writes that the worker is gone. Returns when that is so, or after `duration`.
    package func stop(within duration: Duration = .seconds(1)) async {
        let task = state.withLock { state -> Task<Void, Never>? in
            state.isEnding = true
            return state.task
        }
        guard let task else { return }
        bell.ring()
        await task.ended(within: duration)
        link.close()
    }

    // MARK: Living

    private func live() async {
        var pause = RetryPause()
        while !Task.isCancelled {
            do throws(QueueFailure) {
                let facts = try await link.connect()
                try await link.exchange(record(isBirth: true))
                let health = state.withLock { state in
                    state.health.connected(facts, at: .now)
                    return state.health
                }
                report(health)
                pause.succeeded()
                while !Task.isCancelled {
                    if state.withLock({ $0.isEnding }) {
                        try await link.exchange(farewell)
                        return
                    }
                    await bell.wait(atMost: Self.interval)
                    try await link.exchange(record(isBirth: false))
                }
            } catch {
                let (isNews, isEnding, health) = state.withLock { state in
                    let isNews = state.health.failed(error, at: .now)
                    return (isNews, state.isEnding, state.health)
                }
                if isNews { report(health) }
                if isEnding { return }
                await bell.wait(atMost: pause.next())
            }
        }
    }

    /// All that is known of the worker, in one step.
    private func record(isBirth: Bool) -> RedisCommands {
        let now = UTCTime.now
        let (running, succeeded, failed, working) = state.withLock { state in
            (
                state.running.keys.sorted { $0.member < $1.member }, state.succeeded, state.failed,
                state.running.values.reduce(state.working) { $0 + (ContinuousClock.now - $1) }
            )
        }
        let key = RQKeys.worker(name)
        let index = RQKeys.executions(ofWorker: name)
        var commands = RedisCommands()
        if isBirth { commands.add("DEL", .text(key)) }
        let seconds = working.components
        commands.add([
            "HSET", .text(key), "birth", .text(RQText.time(birth)), "last_heartbeat", .text(RQText.time(now)),
            "queues", .text(settings.names.all.joined(separator: ",")), "pid", "\(getpid())", "hostname", .text(host),
            "ip_address", "unknown", "version", .text(version), "python_version", "none (gantry)",
            "state", running.isEmpty ? "idle" : "busy", "current_job", .text(running.first?.job.text ?? ""),
            "successful_job_count", "\(succeeded)", "failed_job_count", "\(failed)",
            "total_working_time", "\(Double(seconds.seconds) + Double(seconds.attoseconds) / 1e18)",
        ])
        commands.add("EXPIRE", .text(key), "\(Self.lifetime)")
        commands.add("SADD", .text(RQKeys.workers), .text(key))
        for queue in settings.names.all { commands.add("SADD", .text(RQKeys.workers(of: queue)), .text(key)) }
        commands.add("DEL", .text(index))
        if !running.isEmpty {
            commands.add(["SADD", .text(index)] + running.map { .text($0.member) })
            commands.add("EXPIRE", .text(index), "\(Self.lifetime)")
        }
        return commands.asTransaction
    }

    private var farewell: RedisCommands {
        let key = RQKeys.worker(name)
        var commands = RedisCommands()
        commands.add("SREM", .text(RQKeys.workers), .text(key))
        for queue in settings.names.all { commands.add("SREM", .text(RQKeys.workers(of: queue)), .text(key)) }
        commands.add("HSET", .text(key), "death", .text(RQText.time(.now)), "state", "idle", "current_job", "")
        commands.add("EXPIRE", .text(key), "\(Self.mourning)")
        commands.add("DEL", .text(RQKeys.executions(ofWorker: name)))
        return commands.asTransaction
    }

    private static let hostName: String = {
        var bytes = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&bytes, bytes.count - 1) == 0 else { return "unknown" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
}

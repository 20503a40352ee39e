import Jobs

/// What Redis shows of the store's jobs, and what has to be written for it to show how a job is now.
///
/// A pure value: jobs go in, commands come out. It is right for as long as nobody else changes what it stands for.
struct QueueModel: Sendable {
    /// How Redis shows a job.
    enum Shown: Hashable, Sendable {
        case waiting(owner: String, since: WallTime)
        case running(RQExecution, worker: WorkerID)
        case finished, failed, canceled

        init(_ job: Job) {
            switch (job.state, job.lease) {
            case (.pending, _): self = .waiting(owner: job.request.owner, since: job.queuedAt)
            case (.running, let lease?):
                self = .running(RQExecution(job: job.id, fence: lease.fence), worker: lease.worker)
            case (.running, nil): self = .waiting(owner: job.request.owner, since: job.queuedAt)
            case (.completed, _): self = .finished
            case (.failed, _): self = .failed
            case (.cancelled, _): self = .canceled
            }
        }
    }

    /// Of each kind of end, the newest so many are shown.
    static let endedLimit = 10_000

    let queue: String
    /// ZSET of every id that was written, by when it goes: what tells our jobs from those of others.
    let index: String
    private(set) var shown: [JobID: Shown] = [:]
    private(set) var waiting = 0
    private(set) var running: [RQExecution: WorkerID] = [:]
    /// Whether the order of those that wait may differ from the store's.
    private(set) var isOrderStale = false
    private var owners: [String: Int] = [:]
    private var ended: [Shown: [(id: JobID, expiry: Int64)]] = [:]

    init(queue: String, index: String) {
        self.queue = queue
        self.index = index
    }

    // MARK: One job

    /// Shows a job as it is now.
    ///
    /// - Parameter pushes: Whether a job that waits is put into the list too; not where that is written as a whole.
    mutating func show(_ job: Job, at now: WallTime, pushes: Bool = true, in commands: inout RedisCommands) {
        let view = RQJob(job: job, queue: queue)
        let (old, new) = (shown[job.id], Shown(job))
        guard old != new else {
            if case .running = new { commands.add(view.sign(at: now)) }
            return
        }
        if let expiry = view.expiry, expiry <= now.milliseconds / 1000 {
            return forget(job.id, in: &commands)
        }
        withdraw(job.id, in: &commands)
        commands.add(view.hash(at: now))
        let key = RedisCommands.Word.text(RQKeys.job(job.id))
        let id = RedisCommands.Word.text(job.id.text)
        if let expiry = view.expiry {
            commands.add("EXPIREAT", key, "\(expiry)")
            commands.add("ZADD", .text(index), "\(expiry)", id)
        } else {
            commands.add("PERSIST", key)
            if old == nil { commands.add("ZADD", .text(index), "+inf", id) }
        }
        enter(job, as: new, wasShown: old != nil, at: now, pushes: pushes, in: &commands)
        if let result = view.result, let expiry = view.expiry {
            let stream = RedisCommands.Word.text(RQKeys.results(of: job.id))
            commands.add("DEL", stream)
            commands.add(result)
            commands.add("EXPIREAT", stream, "\(expiry)")
        }
    }

    /// The job is gone: nothing of it stays.
    mutating func forget(_ id: JobID, in commands: inout RedisCommands) {
        guard shown[id] != nil else { return }
        withdraw(id, in: &commands)
        shown[id] = nil
        Self.erase(id, index: index, in: &commands)
    }

    /// Removes what is kept of a job beside the list and the registries.
    static func erase(_ id: JobID, index: String, in commands: inout RedisCommands) {
        commands.add(
            "DEL", .text(RQKeys.job(id)), .text(RQKeys.results(of: id)), .text(RQKeys.executions(of: id)))
        commands.add("ZREM", .text(index), .text(id.text))
    }

    private mutating func enter(
        _ job: Job, as new: Shown, wasShown: Bool, at now: WallTime, pushes: Bool, in commands: inout RedisCommands
    ) {
        let id = RedisCommands.Word.text(job.id.text)
        shown[job.id] = new
        switch new {
        case .waiting(let owner, _):
            waiting += 1
            owners[owner, default: 0] += 1
            // One owner's jobs queue up; with several, and where one comes back, the store's order is another.
            if wasShown || (owners.count > 1 && job.queuePosition != waiting) { isOrderStale = true }
            if pushes { commands.add(wasShown ? "LPUSH" : "RPUSH", .text(RQKeys.queue(queue)), id) }
        case .running(let execution, let worker):
            running[execution] = worker
            begin(execution, of: worker, at: now, in: &commands)
        case .finished: commands.add("ZADD", .text(RQKeys.finished(queue)), "\(expiry(of: job))", id)
        case .failed: commands.add("ZADD", .text(RQKeys.failed(queue)), "\(expiry(of: job))", id)
        case .canceled:
            // RQ puts down when it was cancelled, and never looks at it again.
            commands.add(
                "ZADD", .text(RQKeys.canceled(queue)), "\((job.endedAt ?? now).milliseconds / 1000)", id)
        }
        if job.state.isTerminal { ended[new, default: []].append((job.id, expiry(of: job))) }
    }

    private func expiry(of job: Job) -> Int64 { RQJob(job: job, queue: queue).expiry ?? 0 }

    /// Takes it out of the list or the registry that it is in.
    private mutating func withdraw(_ id: JobID, in commands: inout RedisCommands) {
        let name = RedisCommands.Word.text(id.text)
        switch shown[id] {
        case nil: break
        case .waiting(let owner, _):
            waiting -= 1
            owners[owner] = owners[owner].flatMap { $0 > 1 ? $0 - 1 : nil }
            commands.add("LREM", .text(RQKeys.queue(queue)), "1", name)
        case .running(let execution, _):
            running[execution] = nil
            commands.add("ZREM", .text(RQKeys.running(queue)), .text(execution.member))
            commands.add("DEL", .text(RQKeys.execution(execution)), .text(RQKeys.executions(of: id)))
        case .finished: commands.add("ZREM", .text(RQKeys.finished(queue)), name)
        case .failed: commands.add("ZREM", .text(RQKeys.failed(queue)), name)
        case .canceled: commands.add("ZREM", .text(RQKeys.canceled(queue)), name)
        }
    }

    // MARK: Runs

    private func begin(
        _ execution: RQExecution, of worker: WorkerID, at now: WallTime, in commands: inout RedisCommands
    ) {
        let key = RedisCommands.Word.text(RQKeys.execution(execution))
        let time = RedisCommands.Word.text(RQText.seconds(now))
        commands.add(
            "HSET", key, "id", .text(execution.id), "job_id", .text(execution.job.text), "created_at", time,
            "last_heartbeat", time, "worker_name", .text(RQWorkerRecord.name(of: worker)))
        renew(execution, at: now, in: &commands)
    }

    private func renew(_ execution: RQExecution, at now: WallTime, in commands: inout RedisCommands) {
        let end = now.milliseconds / 1000 + RQJob.runLifetime
        let executions = RedisCommands.Word.text(RQKeys.executions(of: execution.job))
        commands.add("EXPIRE", .text(RQKeys.execution(execution)), "\(RQJob.runLifetime)")
        commands.add("ZADD", .text(RQKeys.running(queue)), "\(end)", .text(execution.member))
        commands.add("ZADD", executions, "\(end + 60)", .text(execution.id))
        commands.add("EXPIRE", executions, "\(RQJob.runLifetime + 60)")
    }

    /// A sign of life of everything that runs.
    func renewRuns(at now: WallTime, in commands: inout RedisCommands) {
        for execution in running.keys {
            commands.add(
                "HSET", .text(RQKeys.job(execution.job)), "last_heartbeat", .text(RQText.time(now)))
            commands.add(
                "HSET", .text(RQKeys.execution(execution)), "last_heartbeat", .text(RQText.seconds(now)))
            renew(execution, at: now, in: &commands)
        }
    }

    // MARK: Order and age

    /// The ids of all that wait, known to be in the store's order from now on.
    mutating func orderIsRight() { isOrderStale = false }

    /// Forgets what ended long ago, and what is too much.
    mutating func trim(at now: WallTime, in commands: inout RedisCommands) {
        let second = now.milliseconds / 1000
        for (kind, entries) in ended {
            let excess = entries.count - Self.endedLimit
            guard excess > 0 || entries.first.map({ $0.expiry <= second }) == true else { continue }
            var kept: [(id: JobID, expiry: Int64)] = []
            for (place, entry) in entries.enumerated() where shown[entry.id] == kind {
                if place < excess || entry.expiry <= second {
                    forget(entry.id, in: &commands)
                } else {
                    kept.append(entry)
                }
            }
            ended[kind] = kept
        }
    }

    /// Ids of jobs that are shown as waiting.
    var waitingIDs: Set<String> {
        Set(shown.lazy.compactMap { if case .waiting = $1 { $0.text } else { nil } })
    }
}

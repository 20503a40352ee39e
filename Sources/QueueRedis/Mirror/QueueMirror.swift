import Jobs
import Model
import Synchronization

/// Shows the store's jobs in Redis, in RQ's layout.
///
/// It follows the store's log and writes each job as it is now, in batches that others see whole. What Redis holds is
/// never read to decide anything: the store is the truth. After any loss (a restart, a flush, a broken connection, a full
/// memory) everything is written anew. See `docs/decisions/0018-redis-shows-the-store.md`.
package final class QueueMirror: JobQueueDisplay {
    /// Between two looks at whether Redis still holds what was written.
    private static let lookInterval = Duration.seconds(1)
    /// Between two signs of life of the jobs that run, and between two looks for what is too old.
    private static let upkeepInterval = Duration.seconds(30)
    /// Between two looks at what somebody else changed, at least.
    private static let auditInterval = Duration.seconds(2)
    /// What holds for so long does not count as a repetition when it is lost.
    private static let steadyTime = Duration.seconds(10)
    /// Log entries, and jobs, in one batch.
    private static let (entriesAtOnce, jobsAtOnce) = (1000, 250)
    /// How long a submission waits until Redis shows it.
    private static let patience = Duration.milliseconds(100)

    private struct State {
        var health: QueueHealth
        /// Redis shows the log up to here.
        var sequence: Int64 = 0
        /// The runs that the observer was told of.
        var running: [RQExecution: WorkerID] = [:]
        var waiters: [Int: (sequence: Int64, continuation: CheckedContinuation<Void, Never>)] = [:]
        var nextWaiter = 0
        var tasks: [Task<Void, Never>] = []
        var isEnding = false
    }

    private let store: any JobStore
    private let settings: QueueSettings
    private let keys: MirrorKeys
    private let link: RedisLink
    private let bell = Bell()
    private let now: @Sendable () -> WallTime
    private let state: Mutex<State>
    private let observer: @Sendable (Event) -> Void

    /// What others may want to know.
    package enum Event: Sendable {
        /// The connection is there, or it is lost: not more often.
        case connection(QueueHealth)
        case began(RQExecution, worker: WorkerID)
        /// - Parameter succeeded: Nil where the job goes on elsewhere or was cancelled.
        case ended(RQExecution, worker: WorkerID, succeeded: Bool?)
    }

    /// - Parameters:
    ///   - identity: Of the store, the same after restarts: hexadecimal digits. Two servers that show their jobs in one
    ///     Redis are told apart by it.
    ///   - observer: Called in order, from the mirror's task: it should not take long.
    package init(
        store: any JobStore, settings: QueueSettings, identity: String,
        observer: @escaping @Sendable (Event) -> Void = { _ in }, now: @escaping @Sendable () -> WallTime = { .now }
    ) {
        self.store = store
        self.settings = settings
        self.now = now
        self.observer = observer
        keys = MirrorKeys(queue: settings.names.first, identity: identity)
        link = RedisLink(to: settings.endpoint, name: "redis queue")
        state = Mutex(State(health: QueueHealth(settings, since: now())))
    }

    package var health: QueueHealth { state.withLock { $0.health } }

    /// Begins to show jobs.
    package func start() {
        let changes = store.changes()
        let listening = Task.detached { [bell] in for await _ in changes { bell.ring() } }
        let showing = Task.detached { [self] in await run() }
        state.withLock { $0.tasks = [listening, showing] }
    }

    /// Ends it; Redis goes on showing what was written last, since jobs go on with the next server. Returns when the last
    /// changes are written, or after `duration`.
    package func stop(within duration: Duration = .seconds(1)) async {
        let tasks = state.withLock { state in
            state.isEnding = true
            return state.tasks
        }
        bell.ring()
        await tasks.last?.ended(within: duration)
        for task in tasks { task.cancel() }
        releaseAll()
        link.close()
    }

    // MARK: Those who wait

    package func shows(_ job: JobID) async {
        guard state.withLock({ $0.health.isConnected }),
            let first = try? await store.log(after: 0, of: job, limit: 1)  // A store that fails is not waited for.
        else { return }
        await reached(first.last, within: Self.patience)
    }

    /// Returns when Redis shows the log up to `sequence`, when the time is up, or when Redis is lost.
    func reached(_ sequence: Int64, within duration: Duration) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let watch = Task { [self] in
            guard (try? await Task.sleep(for: duration)) != nil else { return }  // Only cancellation.
            state.withLock { $0.waiters.removeValue(forKey: number) }?.continuation.resume()
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.sequence >= sequence || !state.health.isConnected { return true }
                state.waiters[number] = (sequence, continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        watch.cancel()
    }

    private func releaseAll() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    // MARK: Following

    private func run() async {
        var pause = RetryPause()
        while !Task.isCancelled, !state.withLock({ $0.isEnding }) {
            let start = ContinuousClock.now
            do {
                let facts = try await link.connect()
                if facts.isReplica { throw QueueFailure(redis: "READONLY it says: role:slave", at: settings.endpoint) }
                try await follow(facts)
                return
            } catch {
                lost(error)
                if ContinuousClock.now - start > Self.steadyTime { pause.succeeded() }
                await rest(pause.next())
            }
        }
    }

    /// Rings that come with every change of the store are no reason to try earlier.
    private func rest(_ duration: Duration) async {
        let end = ContinuousClock.now + duration
        while !Task.isCancelled, !state.withLock({ $0.isEnding }), ContinuousClock.now < end {
            await bell.wait(atMost: end - .now)
        }
    }

    private func lost(_ error: any Error) {
        let failure =
            error as? QueueFailure
            ?? QueueFailure(kind: .unready, message: "the job store cannot be read: \(error)")
        let (isNews, health) = state.withLock { state in
            let isNews = state.health.failed(failure, at: now())
            return (isNews, state.health)
        }
        releaseAll()
        if isNews { observer(.connection(health)) }
    }

    /// Writes everything, then what changes, until the end or a failure.
    private func follow(_ facts: RedisFacts) async throws {
        var session = try await rebuild()
        let health = state.withLock { state in
            state.health.connected(facts, at: now())
            return state.health
        }
        observer(.connection(health))
        var pause = RetryPause()
        while true {
            let isEnding = state.withLock { $0.isEnding }
            guard try await catchUp(&session), try await look(&session) else {
                // Flushed, or changed by somebody else: as if it had been lost.
                if session.age > Self.steadyTime { pause.succeeded() } else { await rest(pause.next()) }
                session = try await rebuild(after: session)
                continue
            }
            if isEnding || Task.isCancelled { return }
            await bell.wait(atMost: Self.lookInterval)
        }
    }

    /// Writes what the log says has changed.
    ///
    /// - Returns: False where Redis no longer holds what was written, or the log no longer all that has changed.
    private func catchUp(_ session: inout QueueSession) async throws -> Bool {
        while true {
            let page = try await store.log(after: session.sequence, of: nil, limit: Self.entriesAtOnce)
            guard !page.hasGap else { return false }
            var seen = Set<JobID>()
            let ids = page.entries.compactMap { seen.insert($0.job).inserted ? $0.job : nil }
            for start in stride(from: 0, to: ids.count, by: Self.jobsAtOnce) {
                guard try await write(ids[start..<min(ids.count, start + Self.jobsAtOnce)], &session) else {
                    return false
                }
            }
            session.sequence = page.last
            publish(session)
            if page.entries.count < Self.entriesAtOnce { return true }
        }
    }

    /// - Returns: False where Redis no longer holds what was written.
    private func write(_ ids: ArraySlice<JobID>, _ session: inout QueueSession) async throws -> Bool {
        var jobs: [Job] = []
        var gone: [JobID] = []
        for id in ids {
            if let job = try await store.job(id) { jobs.append(job) } else { gone.append(id) }
        }
        let time = now()
        // Jobs that are further already were in the queue all the same: whoever watches sees them come and go.
        var arrivals = RedisCommands()
        for job in jobs where job.state != .pending && session.model.shown[job.id] == nil {
            session.model.show(job.asSubmitted, at: time, in: &arrivals)
        }
        var commands = RedisCommands()
        for job in jobs { session.model.show(job, at: time, in: &commands) }
        for id in gone { session.model.forget(id, in: &commands) }
        let isWhole = try await send(arrivals.isEmpty ? [commands] : [arrivals, commands], &session)
        report(session.model)
        return isWhole
    }

    /// Sends steps that others see whole, one after the other.
    ///
    /// - Returns: Whether Redis still holds what was written before.
    private func send(_ steps: [RedisCommands], _ session: inout QueueSession) async throws -> Bool {
        var commands = RedisCommands()
        func count() {
            commands.add("LLEN", .text(RQKeys.queue(keys.queue)))
            commands.add("ZCARD", .text(RQKeys.running(keys.queue)))
        }
        commands.add("MULTI")
        count()
        commands.add("EXEC")
        for step in steps where !step.isEmpty { commands.add(step.asTransaction) }
        commands.add("MULTI")
        commands.add("GET", .text(keys.token))
        count()
        commands.add("EXEC")
        let replies = try await link.exchange(commands)
        if !session.counts.isEmpty, replies[3].elements.map(\.integer) != session.counts { session.isSuspect = true }
        let end = replies.last?.elements ?? []
        session.counts = end.dropFirst().map(\.integer)
        return end.first?.text == session.token
    }

    /// What began and what ended, for whoever watches workers.
    private func report(_ model: QueueModel) {
        let before = state.withLock { state in
            defer { state.running = model.running }
            return state.running
        }
        guard before != model.running else { return }
        for (execution, worker) in before where model.running[execution] == nil {
            let succeeded: Bool? =
                switch model.shown[execution.job] {
                case .finished: true
                case .failed: false
                default: nil
                }
            observer(.ended(execution, worker: worker, succeeded: succeeded))
        }
        for (execution, worker) in model.running where before[execution] == nil {
            observer(.began(execution, worker: worker))
        }
    }

    /// Tells those who wait, and health, how far Redis is.
    private func publish(_ session: QueueSession) {
        let due = state.withLock { state in
            state.sequence = session.sequence
            state.health.length = session.model.waiting
            state.health.running = session.model.running.count
            state.health.workers = session.workers
            let due = state.waiters.filter { $0.value.sequence <= session.sequence }
            for number in due.keys { state.waiters[number] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    // MARK: Looking after it

    /// Sees, once a second, whether Redis still holds what was written; gives signs of life, and removes what is old.
    ///
    /// - Returns: False where something of ours is gone or has been moved.
    private func look(_ session: inout QueueSession) async throws -> Bool {
        let clock = ContinuousClock.now
        guard clock >= session.nextLook else { return true }
        session.nextLook = clock + Self.lookInterval
        if session.model.isOrderStale, clock >= session.nextOrder { try await putInOrder(&session) }
        var upkeep = RedisCommands()
        if clock >= session.nextUpkeep {
            session.nextUpkeep = clock + Self.upkeepInterval
            session.model.renewRuns(at: now(), in: &upkeep)
            session.model.trim(at: now(), in: &upkeep)
        }
        guard try await send([upkeep], &session) else { return false }
        session.workers = try await livingWorkers()
        publish(session)
        guard session.isSuspect, clock >= session.nextAudit else { return true }
        session.isSuspect = false
        session.nextAudit = clock + Self.auditInterval
        return try await audit(session.model)
    }

    /// Somebody else put something into our list or registry, or took it out. Whether ours is still there.
    private func audit(_ model: QueueModel) async throws -> Bool {
        var commands = RedisCommands()
        commands.add("LRANGE", .text(RQKeys.queue(keys.queue)), "0", "-1")
        commands.add("ZRANGE", .text(RQKeys.running(keys.queue)), "0", "-1")
        let replies = try await link.exchange(commands)
        let listed = replies[0].elements.compactMap(\.text)
        let ours = listed.filter { JobID($0).flatMap { model.shown[$0] } != nil }
        let runs = Set(replies[1].elements.compactMap(\.text))
        return ours.count == model.waiting && Set(ours) == model.waitingIDs
            && model.running.keys.allSatisfy { runs.contains($0.member) }
    }

    /// How many of these workers live. Those of ours that were killed are taken out, as RQ's own do with theirs.
    private func livingWorkers() async throws -> Int {
        var question = RedisCommands()
        question.add("SMEMBERS", .text(RQKeys.workers(of: keys.queue)))
        let keys = try await link.exchange(question).first?.elements.compactMap(\.text) ?? []
        guard !keys.isEmpty else { return 0 }
        var commands = RedisCommands()
        for key in keys { commands.add("EXISTS", .text(key)) }
        let isAlive = try await link.exchange(commands).map { $0.integer == 1 }
        let dead = zip(keys, isAlive).filter { !$1 && $0.hasPrefix(RQKeys.worker(RQWorkerRecord.prefix)) }.map(\.0)
        if !dead.isEmpty {
            var removal = RedisCommands()
            for set in [RQKeys.workers] + settings.names.all.map(RQKeys.workers(of:)) {
                removal.add(["SREM", .text(set)] + dead.map { .text($0) })
            }
            try await link.exchange(removal)
        }
        return isAlive.count { $0 }
    }

    // MARK: Writing it all

    /// Makes Redis show the store's jobs, whatever it held of ours; what is others' stays.
    private func rebuild(after session: QueueSession? = nil) async throws -> QueueSession {
        let start = ContinuousClock.now
        var probe = RedisCommands()
        // Fails where Redis takes no writes, before the store is read for nothing.
        probe.add("SET", .text(keys.token), "")
        try await link.exchange(probe)
        let snapshot = try await StoreSnapshot(of: store, at: now())
        var model = QueueModel(queue: keys.queue, index: keys.index)
        try await removeStale(snapshot)
        let jobs = snapshot.ended + snapshot.running + snapshot.waiting
        for first in stride(from: 0, to: jobs.count, by: Self.jobsAtOnce) {
            var commands = RedisCommands()
            for job in jobs[first..<min(jobs.count, first + Self.jobsAtOnce)] {
                model.show(job, at: now(), pushes: false, in: &commands)
            }
            guard !commands.isEmpty else { continue }
            try await link.exchange(commands.asTransaction)
        }
        try await writeList(snapshot.waiting.map(\.id), of: model)
        model.orderIsRight()
        var new = QueueSession(model: model, sequence: snapshot.sequence)
        var commands = RedisCommands()
        commands.add(["SADD", .text(RQKeys.queues)] + settings.names.all.map { .text(RQKeys.queue($0)) })
        commands.add("SET", .text(keys.token), .text(new.token))
        guard try await send([commands], &new) else { throw QueueFailure.stolen(settings.endpoint) }
        report(model)
        new.pace(after: session, took: ContinuousClock.now - start)
        state.withLock { $0.health.rebuilds += 1 }
        publish(new)
        return new
    }

    /// Removes what Redis holds of our jobs that is not so any more.
    private func removeStale(_ snapshot: StoreSnapshot) async throws {
        var question = RedisCommands()
        question.add("ZRANGE", .text(keys.index), "0", "-1")
        question.add("LRANGE", .text(RQKeys.intermediate(keys.queue)), "0", "-1")
        question.add("LRANGE", .text(RQKeys.queue(keys.queue)), "0", "-1")
        let registries = [RQKeys.running, RQKeys.finished, RQKeys.failed, RQKeys.canceled].map { $0(keys.queue) }
        for key in registries { question.add("ZRANGE", .text(key), "0", "-1") }
        let answers = try await link.exchange(question).map { $0.elements.compactMap(\.text) }
        var members: [String: QueueModel.Shown] = [:]
        for job in snapshot.ended + snapshot.running + snapshot.waiting { members[job.id.text] = .init(job) }
        let stale = answers[0].filter { members[$0] == nil }
        let ours = Set(answers[0]).union(members.keys)
        var commands = RedisCommands()
        for id in Set(answers[1]) where ours.contains(id) {
            commands.add("LREM", .text(RQKeys.intermediate(keys.queue)), "0", .text(id))
        }
        for id in Set(answers[2]) where ours.contains(id) {
            if case .waiting = members[id] { continue }
            commands.add("LREM", .text(RQKeys.queue(keys.queue)), "0", .text(id))
        }
        for (key, entries) in zip(registries, answers[3...]) {
            let wrong = entries.filter { entry in
                let id = String(entry.prefix { $0 != ":" })
                guard ours.contains(id) else { return false }
                return switch members[id] {
                case .running(let execution, _): key != registries[0] || entry != execution.member
                case .finished: key != registries[1]
                case .failed: key != registries[2]
                case .canceled: key != registries[3]
                case .waiting, nil: true
                }
            }
            for first in stride(from: 0, to: wrong.count, by: 1000) {
                commands.add(["ZREM", .text(key)] + wrong[first..<min(wrong.count, first + 1000)].map { .text($0) })
            }
        }
        for id in stale.compactMap(JobID.init) { QueueModel.erase(id, index: keys.index, in: &commands) }
        try await link.exchange(commands)
    }

    /// Puts the list into the store's order.
    private func putInOrder(_ session: inout QueueSession) async throws {
        let start = ContinuousClock.now
        let waiting = try await StoreSnapshot.waiting(in: store)
        try await writeList(waiting.map(\.id), of: session.model)
        session.model.orderIsRight()
        session.nextOrder = .now + max(Self.lookInterval, (ContinuousClock.now - start) * 10)
    }

    /// Writes the list in one step: others' entries first, as they were, then ours.
    ///
    /// - Parameter order: Of the ids; those that do not wait any more are left out, those that are missing come last.
    private func writeList(_ order: [JobID], of model: QueueModel) async throws {
        let key = RedisCommands.Word.text(RQKeys.queue(keys.queue))
        var missing = model.waitingIDs
        let ours = order.map(\.text).filter { missing.remove($0) != nil } + missing.sorted()
        // Somebody else may push at the same time: then once more, with what came. The last time it is not watched.
        for attempt in 1...4 {
            var question = RedisCommands()
            if attempt < 4 { question.add("WATCH", key) }
            question.add("LRANGE", key, "0", "-1")
            let listed = try await link.exchange(question).last?.elements.compactMap(\.text) ?? []
            let wanted = listed.filter { JobID($0).flatMap { model.shown[$0] } == nil } + ours
            var commands = RedisCommands()
            if wanted != listed {
                commands.add("DEL", key)
                for first in stride(from: 0, to: wanted.count, by: 1000) {
                    commands.add(
                        ["RPUSH", key] + wanted[first..<min(wanted.count, first + 1000)].map { .text($0) })
                }
            }
            guard case .nothing? = try await link.exchange(commands.asTransaction).last else { return }
        }
    }
}

extension Job {
    /// As it was before anybody took it.
    fileprivate var asSubmitted: Job {
        var job = self
        job.state = .pending
        (job.lease, job.endedAt, job.result, job.fault, job.progress) = (nil, nil, nil, nil, nil)
        job.queuedAt = submittedAt
        return job
    }
}

extension QueueFailure {
    fileprivate static func stolen(_ endpoint: RedisEndpoint) -> QueueFailure {
        QueueFailure(
            kind: .occupied, message: "another server writes the same queue under the same identity",
            subject: endpoint.description, hint: "Give each server a storage folder of its own")
    }
}

import Jobs

/// What a store should say, worked out in the most simple-minded way, without the store's own machines: lists that are
/// searched from end to end.
struct ModelStore {
    struct Entry {
        var job: Job
        var key: String?
        var number: Int
        var rank: Int
        var notBefore: MonotonicTime?
        var interruptions = 0
        var deadlyChunks: [ChunkReference] = []
        var lastFence: Fence?
    }

    /// A line of the log, without its wording.
    struct Line: Equatable {
        var job: JobID
        var text: String
        var isProgress = false
    }

    let policy: RetryPolicy
    private(set) var entries: [Entry] = []
    private(set) var log: [Line] = []
    private var served = 0
    private var next: [String: Int] = [:]
    private var count = 0

    init(policy: RetryPolicy) { self.policy = policy }

    func index(of id: JobID) -> Int? { entries.firstIndex { $0.job.id == id } }

    /// In the order in which they would be claimed.
    private var queue: [Int] {
        entries.indices.filter { entries[$0].job.state == .pending }.sorted {
            (entries[$0].rank, entries[$0].number) < (entries[$1].rank, entries[$1].number)
        }
    }

    /// All jobs as a store would show them, the newest first.
    var jobs: [Job] {
        let queue = queue
        return entries.indices.reversed().map { index in
            var job = entries[index].job
            job.queuePosition = queue.firstIndex(of: index).map { $0 + 1 }
            return job
        }
    }

    /// Opening again forgets whose turn it was, where an owner has nothing waiting.
    mutating func reopen() {
        next = [:]
        for index in queue {
            let owner = entries[index].job.request.owner
            next[owner] = max(next[owner] ?? 0, entries[index].rank + 1)
        }
    }

    mutating func submit(_ submission: JobSubmission, at time: JobTime) -> JobID {
        let request = submission.request
        let same = entries.first {
            $0.key != nil && $0.key == submission.idempotencyKey && $0.job.request.owner == request.owner
        }
        if let same { return same.job.id }
        count += 1
        let rank = max(served, next[request.owner] ?? 0)
        next[request.owner] = rank + 1
        let job = Job(
            id: submission.id, request: request, state: .pending, attempt: 1, submittedAt: time.wall,
            queuedAt: time.wall)
        entries.append(Entry(job: job, key: submission.idempotencyKey, number: count, rank: rank))
        note("submitted", submission.id)
        return submission.id
    }

    /// The jobs that a claim should bring.
    func expectedClaim(_ request: ClaimRequest, at time: JobTime) -> [JobID] {
        var (taken, gpus): ([JobID], Int) = ([], 0)
        for index in queue where taken.count < request.limit {
            if let notBefore = entries[index].notBefore, notBefore > time.monotonic { continue }
            if entries[index].job.request.needsGPU {
                if gpus == request.gpuLimit { continue }
                gpus += 1
            }
            taken.append(entries[index].job.id)
        }
        return taken
    }

    /// - Parameter claim: The store's answer, for its token.
    mutating func take(_ claim: Claim, by request: ClaimRequest, at time: JobTime) {
        guard let index = index(of: claim.job) else { return }
        served = max(served, entries[index].rank)
        entries[index].job.state = .running
        entries[index].job.startedAt = entries[index].job.startedAt ?? time.wall
        entries[index].job.lease = Lease(
            fence: Fence(attempt: entries[index].job.attempt, lease: claim.fence.lease), worker: request.worker,
            deadline: time.monotonic + request.leaseDuration)
        entries[index].notBefore = nil
        entries[index].lastFence = entries[index].job.lease?.fence
        note("started \(entries[index].job.attempt)", claim.job)
    }

    func nextWakeUp(at time: JobTime) -> MonotonicTime? {
        entries.compactMap { $0.job.state == .pending ? $0.notBefore : nil }.filter { $0 > time.monotonic }.min()
    }

    /// - Returns: The state after it; nil where it is refused.
    mutating func apply(_ transition: JobTransition, at time: JobTime) -> JobState? {
        guard let index = index(of: transition.job) else { return nil }
        let job = entries[index].job
        if transition.step == .cancel, transition.fence == nil {
            switch job.state {
            case .pending, .running: end(index, .cancelled, "cancelled", at: time)
            case .cancelled: break
            case .completed, .failed: return nil
            }
            return .cancelled
        }
        guard let fence = transition.fence, fence == entries[index].lastFence else { return nil }
        if job.state.isTerminal {
            switch (job.state, transition.step) {
            case (.completed, .complete), (.failed, .fail), (.cancelled, .cancel): return job.state
            default: return nil
            }
        }
        guard job.state == .running else { return nil }
        switch transition.step {
        case .renew(let duration): entries[index].job.lease?.deadline = time.monotonic + duration
        case .progress(var progress):
            progress.fraction = max(progress.fraction, job.progress?.fraction ?? 0)
            entries[index].job.progress = progress
            entries[index].job.progressedAt = time.wall
            log.removeAll { $0.job == job.id && $0.isProgress }
            log.append(Line(job: job.id, text: "progressed \(progress.fraction)", isProgress: true))
        case .complete(let result):
            entries[index].job.result = result
            end(index, .completed, "completed", at: time)
        case .fail(let fault) where fault.kind == .permanent: fail(index, fault.code, at: time)
        case .fail(let fault): retry(index, fault.code, at: time)
        case .workerDied(let death): die(index, death.chunk, at: time)
        case .interrupt: interrupt(index, at: time)
        case .cancel: end(index, .cancelled, "cancelled", at: time)
        }
        return entries[index].job.state
    }

    mutating func requeueExpired(at time: JobTime) -> [JobID] {
        var expired = entries.indices.filter {
            (entries[$0].job.lease?.deadline).map { $0 <= time.monotonic } ?? false
        }
        func deadline(_ index: Int) -> Int64 { entries[index].job.lease?.deadline.nanoseconds ?? 0 }
        expired.sort { (deadline($0), entries[$0].number) < (deadline($1), entries[$1].number) }
        for index in expired { die(index, entries[index].job.progress?.chunk, at: time) }
        return expired.map { entries[$0].job.id }
    }

    mutating func interruptRunning(heldBy worker: WorkerID?, at time: JobTime) -> [JobID] {
        let found = entries.indices.filter {
            guard let lease = entries[$0].job.lease else { return false }
            return worker == nil || lease.worker == worker
        }
        for index in found { interrupt(index, at: time) }
        return found.map { entries[$0].job.id }
    }

    mutating func delete(_ id: JobID) -> Bool {
        guard let index = index(of: id), entries[index].job.state.isTerminal else { return false }
        entries.remove(at: index)
        log.removeAll { $0.job == id }
        note("deleted", id)
        return true
    }

    private mutating func note(_ text: String, _ id: JobID) { log.append(Line(job: id, text: text)) }

    private mutating func end(_ index: Int, _ state: JobState, _ text: String, at time: JobTime) {
        entries[index].job.state = state
        entries[index].job.lease = nil
        entries[index].job.endedAt = time.wall
        entries[index].notBefore = nil
        note(text, entries[index].job.id)
    }

    private mutating func fail(_ index: Int, _ code: String, at time: JobTime) {
        entries[index].job.fault = Fault(kind: .permanent, code: code, message: "")
        end(index, .failed, "failed \(code)", at: time)
    }

    private mutating func requeue(_ index: Int, delay: Duration, at time: JobTime) {
        entries[index].job.state = .pending
        entries[index].job.lease = nil
        entries[index].job.queuedAt = time.wall
        entries[index].notBefore = delay == .zero ? nil : time.monotonic + delay
        entries[index].lastFence = nil
        note("requeued \(entries[index].job.attempt) \(delay)", entries[index].job.id)
    }

    private mutating func retry(_ index: Int, _ code: String, at time: JobTime) {
        let attempt = entries[index].job.attempt
        if attempt > policy.retries { return fail(index, code, at: time) }
        entries[index].job.attempt += 1
        requeue(index, delay: policy.baseDelay * (1 << (attempt - 1)), at: time)
    }

    private mutating func die(_ index: Int, _ chunk: ChunkReference?, at time: JobTime) {
        if let chunk {
            if entries[index].deadlyChunks.contains(chunk) { return fail(index, "CHUNK_KILLS_WORKER", at: time) }
            entries[index].deadlyChunks.append(chunk)
        }
        retry(index, "WORKER_DIED", at: time)
        // Of a job that has ended nobody asks any more.
        if entries[index].job.state == .pending, let chunk { entries[index].job.deadlyChunks.append(chunk) }
    }

    private mutating func interrupt(_ index: Int, at time: JobTime) {
        if entries[index].interruptions == policy.interruptions {
            return fail(index, "INTERRUPTED_TOO_OFTEN", at: time)
        }
        entries[index].interruptions += 1
        requeue(index, delay: .zero, at: time)
    }
}

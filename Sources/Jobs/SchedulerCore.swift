/// What may run at the same time.
package struct SchedulerLimits: Hashable, Sendable {
    /// `MAX_CONCURRENT_JOBS`; none in a server that leaves all jobs to its workers.
    package var jobs: Int
    /// `MAX_CONCURRENT_GPU_JOBS`
    package var gpuJobs: Int

    package init(jobs: Int = 2, gpuJobs: Int = 2) {
        self.jobs = max(0, jobs)
        self.gpuJobs = max(0, gpuJobs)
    }
}

/// When to claim how many jobs: the scheduler without its store, processes and clock.
///
/// A slot is taken from the claim to the death of the attempt's process, not to the job's end: what a cancelled
/// attempt holds is free only then. It never polls: it claims when work appeared, a slot came free or a backoff is over,
/// and otherwise sleeps.
package struct SchedulerCore: Sendable {
    package enum Event: Sendable {
        /// A job was submitted or came back into the queue.
        case workAppeared
        /// The store's answer to a claim.
        case claimed(ClaimedJobs)
        /// The store could not answer.
        case claimFailed
        /// The attempt's process is dead, or never started.
        case attemptEnded(JobID)
        /// The moment of the last ``Action/sleep(until:)`` has come, or it is simply later.
        case timePassed
        /// The server stops: nothing more is claimed.
        case drain
    }

    package enum Action: Hashable, Sendable {
        /// Ask the store for so many jobs.
        case claim(limit: Int, gpuLimit: Int)
        /// Nothing to do before an event, or before this moment where there is one.
        case sleep(until: MonotonicTime?)
        /// Draining is over: no attempt is left.
        case stopped
    }

    package let limits: SchedulerLimits
    /// The jobs that take a slot, and whether they take a GPU's.
    package private(set) var running: [JobID: Bool] = [:]
    private var isClaiming = false
    package private(set) var isDraining = false
    /// Whether a claim may bring something.
    private var mayHaveWork = true
    private var nextWakeUp: MonotonicTime?
    /// Claims that failed in a row.
    private var failures = 0

    package init(limits: SchedulerLimits) { self.limits = limits }

    package mutating func handle(_ event: Event, now: MonotonicTime) -> Action {
        switch event {
        case .workAppeared:
            mayHaveWork = true
        case .claimed(let claimed):
            isClaiming = false
            failures = 0
            nextWakeUp = claimed.nextWakeUp
            for claim in claimed.claims { running[claim.job] = claim.needsGPU }
        case .claimFailed:
            isClaiming = false
            failures += 1
            // 50 ms, doubled up to 6.4 s: the store is down or full, and asking again helps neither.
            nextWakeUp = now + .milliseconds(50 << min(7, failures - 1))
            mayHaveWork = false
        case .attemptEnded(let id):
            running[id] = nil
            mayHaveWork = true
        case .timePassed:
            break
        case .drain:
            isDraining = true
        }
        return decide(now)
    }

    private mutating func decide(_ now: MonotonicTime) -> Action {
        if isClaiming { return .sleep(until: nil) }
        if isDraining { return running.isEmpty ? .stopped : .sleep(until: nil) }
        if let wakeUp = nextWakeUp, wakeUp <= now {
            nextWakeUp = nil
            mayHaveWork = true
        }
        let free = limits.jobs - running.count
        guard free > 0, mayHaveWork else { return .sleep(until: free > 0 ? nextWakeUp : nil) }
        isClaiming = true
        mayHaveWork = false
        let freeGPUs = max(0, limits.gpuJobs - running.values.count { $0 })
        return .claim(limit: free, gpuLimit: min(free, freeGPUs))
    }
}

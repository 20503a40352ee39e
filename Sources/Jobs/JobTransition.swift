/// One step of one job, asked of a store.
package struct JobTransition: Hashable, Sendable {
    package enum Step: Hashable, Sendable, Codable {
        /// The holder lives; the lease runs `duration` from now.
        case renew(Duration)
        /// How far the holder has got; renews nothing.
        case progress(JobProgress)
        case complete(JobResult)
        case fail(Fault)
        case workerDied(WorkerDeath)
        /// Back into the queue without burning an attempt.
        case interrupt(reason: String)
        case cancel
    }

    package var job: JobID
    /// What the holder shows; nil is allowed only with `cancel`.
    package var fence: Fence?
    package var step: Step

    package init(job: JobID, fence: Fence?, step: Step) {
        self.job = job
        self.fence = fence
        self.step = step
    }

    /// The same for the machine.
    package var event: JobMachine.Event {
        switch step {
        case .renew, .progress: .alive
        case .complete: .completed
        case .fail(let fault): .failed(fault)
        case .workerDied(let death): .workerDied(death)
        case .interrupt(let reason): .interrupted(reason: reason)
        case .cancel: .cancelled
        }
    }
}

/// Where a job stands after a transition.
package struct TransitionOutcome: Hashable, Sendable {
    package var state: JobState
    /// The attempt that runs, comes next or was the last.
    package var attempt: Int
    /// When it may start at the earliest, where it went back into the queue with a delay; the deadline of its lease
    /// where it was renewed.
    package var deadline: MonotonicTime?

    package init(state: JobState, attempt: Int, deadline: MonotonicTime? = nil) {
        self.state = state
        self.attempt = attempt
        self.deadline = deadline
    }
}

/// What a worker asks for.
package struct ClaimRequest: Hashable, Sendable {
    package var worker: WorkerID
    /// Jobs at most.
    package var limit: Int
    /// Jobs among them that need a GPU, at most. One that has to wait for a GPU does not hold up those behind it.
    package var gpuLimit: Int
    package var leaseDuration: Duration

    package init(worker: WorkerID, limit: Int = 1, gpuLimit: Int = .max, leaseDuration: Duration = .seconds(30)) {
        self.worker = worker
        self.limit = limit
        self.gpuLimit = gpuLimit
        self.leaseDuration = leaseDuration
    }
}

/// A job that is the caller's until the deadline.
package struct Claim: Hashable, Sendable {
    package var job: JobID
    package var fence: Fence
    package var deadline: MonotonicTime
    package var needsGPU: Bool

    package init(job: JobID, fence: Fence, deadline: MonotonicTime, needsGPU: Bool) {
        self.job = job
        self.fence = fence
        self.deadline = deadline
        self.needsGPU = needsGPU
    }
}

/// The answer to a ``ClaimRequest``.
package struct ClaimedJobs: Hashable, Sendable {
    /// In fair order.
    package var claims: [Claim]
    /// When the first of the jobs that wait for their next attempt may start; nil where none waits.
    package var nextWakeUp: MonotonicTime?

    package init(claims: [Claim], nextWakeUp: MonotonicTime?) {
        self.claims = claims
        self.nextWakeUp = nextWakeUp
    }
}

/// A job's life as a pure state machine: an event goes in, what the store has to write comes out. No clock, no I/O;
/// chance comes in as a generator.
///
/// Promises, which `JobMachineTests` checks over random lives: a terminal state never changes; an event whose fence is
/// not the job's own changes nothing; attempts never exceed the policy's; each claim ends in exactly one of the ends.
package struct JobMachine: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        /// A worker takes the job.
        case claimed(LeaseToken)
        /// The holder is alive, and may have got further.
        case alive
        /// The holder is done; results are published.
        case completed
        /// The holder says why it cannot go on.
        case failed(Fault)
        /// The holder is gone without a word.
        case workerDied(WorkerDeath)
        /// The holder was stopped or lost through no fault of the job: the server drains, or died.
        case interrupted(reason: String)
        /// Its owner wants it no more.
        case cancelled
    }

    package enum Action: Hashable, Sendable {
        /// Write that it runs.
        case start
        /// Write the new deadline or progress; the state stays.
        case keep
        /// Write that it waits again, `delay` long at least.
        case requeue(reason: String, delay: Duration)
        /// Write the end: the machine's state, with the fault where it failed.
        case end(Fault?)
        /// It is so already: nothing to write, and no error.
        case nothing
        /// Write nothing; the caller is told why.
        case refuse(TransitionRefusal)
    }

    package var state: JobState
    /// The number, from 1, of the attempt that runs, comes next or was the last.
    package var attempt: Int
    /// Of the run that is going on; once terminal, of the run that ended it.
    package var lease: LeaseToken?
    /// Runs that ended through no fault of the job.
    package var interruptions: Int
    /// Chunks that workers died in.
    package var deadlyChunks: [ChunkReference]

    /// A job as it is submitted.
    package init() {
        self.init(state: .pending, attempt: 1, lease: nil, interruptions: 0, deadlyChunks: [])
    }

    package init(
        state: JobState, attempt: Int, lease: LeaseToken?, interruptions: Int, deadlyChunks: [ChunkReference]
    ) {
        self.state = state
        self.attempt = attempt
        self.lease = lease
        self.interruptions = interruptions
        self.deadlyChunks = deadlyChunks
    }

    /// - Parameters:
    ///   - fence: What the caller shows. Nil where it speaks for nobody: a claim, a cancellation, or the store itself
    ///     about whoever holds the job.
    ///   - generator: Of the backoff's jitter.
    package mutating func handle(
        _ event: Event, fence: Fence?, policy: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Action {
        if let fence, fence.attempt != attempt || fence.lease != lease {
            return .refuse(state.isTerminal ? .ended(state) : .fenced(state))
        }
        switch (state, event) {
        case (.pending, .claimed(let token)):
            state = .running
            lease = token
            return .start
        case (.pending, .cancelled), (.running, .cancelled):
            return end(.cancelled)
        case (.pending, .alive), (.pending, .completed), (.pending, .failed), (.pending, .workerDied),
            (.pending, .interrupted), (.running, .claimed):
            return .refuse(.fenced(state))
        case (.running, .alive):
            return .keep
        case (.running, .completed):
            return end(.completed)
        case (.running, .failed(let fault)):
            return fail(fault, policy: policy, using: &generator)
        case (.running, .workerDied(let death)):
            return bury(death, policy: policy, using: &generator)
        case (.running, .interrupted(let reason)):
            return interrupt(reason, policy: policy)
        case (.cancelled, .cancelled):
            return .nothing
        case (.completed, .completed), (.failed, .failed):
            // Its holder repeats itself because our answer was lost. Anybody else is refused.
            return fence == nil ? .refuse(.ended(state)) : .nothing
        case (.completed, _), (.failed, _), (.cancelled, _):
            return .refuse(.ended(state))
        }
    }

    private mutating func end(_ end: JobState, _ fault: Fault? = nil) -> Action {
        state = end
        return .end(fault)
    }

    private mutating func fail(
        _ fault: Fault, policy: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Action {
        switch fault.kind {
        case .permanent: end(.failed, fault)
        case .transient: retry(fault, policy: policy, using: &generator)
        }
    }

    private mutating func bury(
        _ death: WorkerDeath, policy: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Action {
        if let chunk = death.chunk {
            guard !deadlyChunks.contains(chunk) else {
                return end(
                    .failed,
                    Fault(
                        kind: .permanent, code: "CHUNK_KILLS_WORKER",
                        message: "\(chunk) ended its worker twice, the last time: \(death.reason)",
                        hint: "The video is probably damaged there: cut that part out, or report it", chunk: chunk))
            }
            deadlyChunks.append(chunk)
        }
        let place = death.chunk.map { " in \($0)" } ?? ""
        let fault = Fault(
            kind: .transient, code: "WORKER_DIED", message: "the worker died\(place): \(death.reason)",
            chunk: death.chunk)
        return retry(fault, policy: policy, using: &generator)
    }

    private mutating func retry(
        _ fault: Fault, policy: RetryPolicy, using generator: inout some RandomNumberGenerator
    ) -> Action {
        guard attempt < policy.attempts else {
            var last = fault
            if attempt > 1 { last.message += " (attempt \(attempt) of \(policy.attempts))" }
            return end(.failed, last)
        }
        let delay = policy.delay(after: attempt, using: &generator)
        state = .pending
        lease = nil
        attempt += 1
        return .requeue(reason: fault.message, delay: delay)
    }

    private mutating func interrupt(_ reason: String, policy: RetryPolicy) -> Action {
        guard interruptions < policy.interruptions else {
            return end(
                .failed,
                Fault(
                    kind: .permanent, code: "INTERRUPTED_TOO_OFTEN",
                    message:
                        "the server stopped \(interruptions + 1) times while this job ran, the last time: \(reason)",
                    hint: "Look into the server's log; if the machine is sound, submit the job again"))
        }
        state = .pending
        lease = nil
        interruptions += 1
        return .requeue(reason: reason, delay: .zero)
    }
}

/// Why a transition changed nothing.
package enum TransitionRefusal: Error, Hashable, Sendable, Codable {
    case notFound
    /// The job has ended, and not by the caller.
    case ended(JobState)
    /// The caller does not hold the job, or holds it no more.
    case fenced(JobState)
}

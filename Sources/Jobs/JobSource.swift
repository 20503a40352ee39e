/// The truth about jobs as whoever runs them needs it: what to run next, what is held, how it goes and ends.
///
/// A server's dispatcher has the store itself; a worker's has the server, over HTTP. What an answer means is the same,
/// see ``JobStore``.
package protocol JobSource: Sendable {
    /// The job, nil where there is none.
    func job(_ id: JobID) async throws(JobsFailure) -> Job?

    /// Takes jobs whose turn it is.
    func claim(_ request: ClaimRequest, at time: JobTime) async throws(JobsFailure) -> ClaimedJobs

    /// Takes each transition on its own, all in one durable step: each is written or refused, in this order.
    func apply(
        _ transitions: [JobTransition], at time: JobTime
    ) async throws(JobsFailure) -> [Result<TransitionOutcome, TransitionRefusal>]

    /// What whoever runs jobs has to know without having asked. It ends with the source.
    func signals() -> AsyncStream<JobSignal>

    /// Nothing is left of a run that was asked to stop.
    func ended(_ claim: Claim) async
}

/// Something that concerns whoever runs jobs.
package enum JobSignal: Hashable, Sendable {
    /// There may be something to claim.
    case work
    /// This run of the job is not wanted any more: it was cancelled, or is somebody else's by now.
    case stop(JobID, Fence)
}

extension JobStore {
    /// Only work: what has to stop is told by whoever cancelled it.
    package func signals() -> AsyncStream<JobSignal> {
        let (signals, signal) = AsyncStream.makeStream(of: JobSignal.self, bufferingPolicy: .bufferingNewest(1))
        let changes = changes()
        let reading = Task {
            signal.yield(.work)
            for await _ in changes {
                // From memory, so that a running job's progress costs no claim.
                if let counts = try? await counts(), counts[.pending] > 0 { signal.yield(.work) }
            }
            signal.finish()
        }
        signal.onTermination = { _ in reading.cancel() }
        return signals
    }

    package func ended(_ claim: Claim) async {}
}

extension JobSource {
    /// One transition; what a store refuses is thrown.
    @discardableResult
    package func apply(_ transition: JobTransition, at time: JobTime) async throws(JobsFailure) -> TransitionOutcome {
        guard let result = try await apply([transition], at: time).first else {
            throw JobsFailure(kind: .internalFault, message: "the store gave no answer", subject: transition.job.text)
        }
        switch result {
        case .success(let outcome): return outcome
        case .failure(let refusal): throw JobsFailure(refusal, job: transition.job)
        }
    }

    /// Moves the lease's deadline to `duration` from now.
    @discardableResult
    package func renew(_ claim: Claim, for duration: Duration, at time: JobTime) async throws(JobsFailure)
        -> MonotonicTime
    {
        try await step(.renew(duration), of: claim, at: time).deadline ?? time.monotonic + duration
    }

    /// Writes down how far the job has got.
    package func report(_ progress: JobProgress, of claim: Claim, at time: JobTime) async throws(JobsFailure) {
        try await step(.progress(progress), of: claim, at: time)
    }

    /// The job is done.
    package func complete(_ claim: Claim, with result: JobResult, at time: JobTime) async throws(JobsFailure) {
        try await step(.complete(result), of: claim, at: time)
    }

    /// The attempt failed; whether the job did too, the answer says.
    @discardableResult
    package func fail(_ claim: Claim, with fault: Fault, at time: JobTime) async throws(JobsFailure)
        -> TransitionOutcome
    {
        try await step(.fail(fault), of: claim, at: time)
    }

    /// Cancels; a job that is cancelled already is no error, one that ended otherwise is.
    package func cancel(_ id: JobID, at time: JobTime) async throws(JobsFailure) {
        try await apply(JobTransition(job: id, fence: nil, step: .cancel), at: time)
    }

    /// Any step of a job that is held.
    @discardableResult
    package func step(
        _ step: JobTransition.Step, of claim: Claim, at time: JobTime
    ) async throws(JobsFailure) -> TransitionOutcome {
        try await apply(JobTransition(job: claim.job, fence: claim.fence, step: step), at: time)
    }
}

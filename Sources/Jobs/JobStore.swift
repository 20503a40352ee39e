/// Where jobs are kept: the only truth about them.
///
/// What every store promises, and `JobStoreConformance` checks: an answer to a writing call means that what it says is
/// durable; every transition is compare-and-set on (job, state, attempt, lease), so a job is in one pair of hands and
/// ends once; a call that throws has changed nothing. All of them may be called from anywhere, at the same time.
///
/// Time is passed in; a store reads no clock. `MonotonicTime` is of the boot that the store was opened in.
package protocol JobStore: JobSource {
    /// Takes a job in. The same key with the same request names the job that is there; with another request it is a
    /// conflict.
    ///
    /// - Throws: `idempotencyConflict`, `identifierTaken`, or a fault of the storage.
    func submit(_ submission: JobSubmission, at time: JobTime) async throws(JobsFailure) -> SubmitOutcome

    /// One page of all jobs, the newest first.
    func list(_ query: JobQuery) async throws(JobsFailure) -> JobPage

    /// Jobs by state.
    func counts() async throws(JobsFailure) -> JobCounts

    /// Treats holders whose lease ran out as dead, and gives their jobs back to the queue (or fails them, by the
    /// policy).
    ///
    /// - Returns: These jobs.
    func requeueExpired(at time: JobTime) async throws(JobsFailure) -> [JobID]

    /// Gives running jobs back to the queue without burning an attempt: those of `worker`, or all. For a server that
    /// finds, as it starts, what the last one left.
    ///
    /// - Returns: These jobs.
    func interruptRunning(
        heldBy worker: WorkerID?, reason: String, at time: JobTime
    ) async throws(JobsFailure) -> [JobID]

    /// Removes a job that has ended, and its log but for one last entry.
    ///
    /// - Throws: `jobNotFound`, `jobActive`.
    func delete(_ id: JobID, at time: JobTime) async throws(JobsFailure)

    /// Jobs that ended before `time`, the oldest first: for cleaning up.
    func ended(before time: WallTime, limit: Int) async throws(JobsFailure) -> [JobID]

    /// The log after entry number `sequence`, of all jobs or of one.
    ///
    /// - Parameter limit: Entries at most.
    func log(after sequence: Int64, of job: JobID?, limit: Int) async throws(JobsFailure) -> JobLogPage

    /// Forgets all entries of the log but the newest `count`.
    func trimLog(keeping count: Int) async throws(JobsFailure)

    /// The number of the log's newest entry, whenever it has changed. A slow reader is told the newest only.
    func changes() -> AsyncStream<Int64>

    /// Ends the store: what was accepted is written, what comes later is refused.
    func close() async
}

/// Which jobs to list.
package struct JobQuery: Hashable, Sendable {
    /// Only these; nil for all.
    package var state: JobState?
    /// From 1.
    package var page: Int
    package var perPage: Int

    package init(state: JobState? = nil, page: Int = 1, perPage: Int = 20) {
        self.state = state
        self.page = max(1, page)
        self.perPage = min(1000, max(1, perPage))
    }
}

/// One page of a list.
package struct JobPage: Hashable, Sendable {
    /// The newest first.
    package var jobs: [Job]
    /// Jobs on all pages.
    package var total: Int

    package init(jobs: [Job], total: Int) {
        self.jobs = jobs
        self.total = total
    }
}

/// How many jobs are in each state.
package struct JobCounts: Hashable, Sendable {
    private var counts: [JobState: Int] = [:]

    package init() {}

    package subscript(state: JobState) -> Int {
        get { counts[state] ?? 0 }
        set { counts[state] = newValue == 0 ? nil : newValue }
    }

    package var total: Int { counts.values.reduce(0, +) }
}

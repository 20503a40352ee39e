/// Something that happened to a job, as the log keeps it.
package enum JobChange: Hashable, Sendable {
    case submitted
    case started(attempt: Int, worker: WorkerID)
    case progressed(JobProgress)
    /// Back in the queue; `attempt` comes next, `delay` from then at the earliest.
    case requeued(attempt: Int, reason: String, delay: Duration)
    case completed(message: String?)
    case failed(Fault)
    case cancelled
    /// The job and all about it is gone.
    case deleted
}

/// An entry of the log of all jobs.
///
/// Numbers rise, with gaps: of a job's progress only the last entry is kept, since whoever comes late needs no older
/// ones.
package struct JobLogEntry: Hashable, Sendable {
    package var sequence: Int64
    package var job: JobID
    package var at: WallTime
    package var change: JobChange

    package init(sequence: Int64, job: JobID, at: WallTime, change: JobChange) {
        self.sequence = sequence
        self.job = job
        self.at = at
        self.change = change
    }
}

/// A stretch of the log.
package struct JobLogPage: Hashable, Sendable {
    /// By rising number.
    package var entries: [JobLogEntry]
    /// Whether entries after the point asked for were trimmed away: the reader has to look at the jobs themselves.
    package var hasGap: Bool
    /// The number to ask from next time.
    package var last: Int64

    package init(entries: [JobLogEntry], hasGap: Bool, last: Int64) {
        self.entries = entries
        self.hasGap = hasGap
        self.last = last
    }
}

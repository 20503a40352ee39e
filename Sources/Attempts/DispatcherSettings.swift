import Jobs

/// How a dispatcher works, and every bound of it.
package struct DispatcherSettings: Sendable {
    package var worker: WorkerID
    package var limits: SchedulerLimits
    /// How long a job is this worker's without a renewal.
    package var leaseDuration: Duration
    /// From asking a cancelled attempt to end to killing it.
    package var cancelGrace: Duration
    /// From asking an attempt to stop at a checkpoint to killing it.
    package var drainGrace: Duration
    /// An attempt that reports nothing for so long hangs, and is killed.
    package var silence: Duration
    /// How long a caller waits for the death of what it cancelled.
    package var cancelDeadline: Duration
    /// Between two reports of one job's progress to the store.
    package var reportInterval: Duration
    /// Between two looks for leases that ran out.
    package var sweepInterval: Duration

    package init(
        worker: WorkerID, limits: SchedulerLimits = SchedulerLimits(), leaseDuration: Duration = .seconds(30),
        cancelGrace: Duration = .milliseconds(300), drainGrace: Duration = .seconds(6),
        silence: Duration = .seconds(600), cancelDeadline: Duration = .seconds(5),
        reportInterval: Duration = .milliseconds(500), sweepInterval: Duration = .seconds(10)
    ) {
        self.worker = worker
        self.limits = limits
        self.leaseDuration = leaseDuration
        self.cancelGrace = cancelGrace
        self.drainGrace = drainGrace
        self.silence = silence
        self.cancelDeadline = cancelDeadline
        self.reportInterval = reportInterval
        self.sweepInterval = sweepInterval
    }
}

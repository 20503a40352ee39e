import API
import Attempts
import Jobs

/// The dispatcher as the API sees it.
struct DispatcherControl: JobControl {
    let dispatcher: Dispatcher
    /// Where the queue is shown; nil where it is not.
    let queue: (any JobQueueDisplay)?

    func cancel(_ id: JobID) async throws(JobsFailure) -> Job { try await dispatcher.cancel(id) }

    func submitted() { dispatcher.workAppeared() }

    func shown(_ id: JobID) async { await queue?.shows(id) }

    var status: JobControlStatus {
        let status = dispatcher.status
        return JobControlStatus(
            running: status.running.count, slots: status.limits.jobs, gpuRunning: status.gpuJobs,
            gpuSlots: status.limits.gpuJobs, attempts: status.attempts, isDraining: status.isDraining,
            trouble: status.trouble, queue: queue?.health)
    }
}

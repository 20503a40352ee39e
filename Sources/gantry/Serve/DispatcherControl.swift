import API
import Attempts
import Jobs

/// The server's own dispatcher and its workers as the API sees them: one.
struct DispatcherControl: JobControl {
    let dispatcher: Dispatcher
    /// Where the queue is shown; nil where it is not.
    let queue: (any JobQueueDisplay)?
    let store: any JobStore
    let hub: WorkerHub
    /// Whether the server runs none itself.
    let isLeftToWorkers: Bool

    func cancel(_ id: JobID) async throws(JobsFailure) -> Job {
        // A worker may have it that has not come back since the server started.
        let before = try await store.job(id)
        let isElsewhere = before?.state == .running && before?.lease?.worker != .server
        let job = try await dispatcher.cancel(id)
        await hub.stop(id, isElsewhere: isElsewhere)
        return job
    }

    func submitted() { dispatcher.workAppeared() }

    func shown(_ id: JobID) async { await queue?.shows(id) }

    var status: JobControlStatus {
        let status = dispatcher.status
        let workers = hub.workers
        let present = workers.filter(\.isConnected)
        return JobControlStatus(
            running: status.running.count + workers.reduce(0) { $0 + $1.running.count },
            slots: status.limits.jobs + present.reduce(0) { $0 + $1.slots },
            gpuRunning: status.gpuJobs + workers.reduce(0) { $0 + $1.gpuRunning },
            gpuSlots: (isLeftToWorkers ? 0 : status.limits.gpuJobs) + present.reduce(0) { $0 + $1.gpuSlots },
            attempts: status.attempts + hub.attempts, isDraining: status.isDraining,
            trouble: status.trouble, queue: queue?.health, workers: workers,
            isWithoutWorkers: isLeftToWorkers && present.isEmpty)
    }
}

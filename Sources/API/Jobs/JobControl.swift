import Jobs
import Model

/// What the API needs of whoever runs the jobs.
package protocol JobControl: Sendable {
    /// Cancels a job and stops what runs of it. A job that is cancelled already is no error.
    ///
    /// - Returns: The job, when the store says that it is cancelled and its processes are dead, or after 5 s.
    /// - Throws: `jobNotFound`; `jobEnded` where it completed or failed.
    func cancel(_ id: JobID) async throws(JobsFailure) -> Job

    /// A job came into the queue: there may be something to start.
    func submitted()

    /// Returns when whoever looks into the queue from outside sees the job that was submitted, or when that is not worth
    /// waiting for any longer: after 100 ms at most.
    func shown(_ id: JobID) async

    /// From memory, at once.
    var status: JobControlStatus { get }
}

/// How the running of jobs stands.
package struct JobControlStatus: Hashable, Sendable {
    /// Attempts whose processes live, and how many there may be (`MAX_CONCURRENT_JOBS`).
    package var running: Int
    package var slots: Int
    /// Those among them that need a GPU, and how many of these there may be (`MAX_CONCURRENT_GPU_JOBS`).
    package var gpuRunning: Int
    package var gpuSlots: Int
    /// Attempts started since the server did.
    package var attempts: Int
    /// The server ends: nothing more is started.
    package var isDraining: Bool
    /// Why nothing can be started now; nil where all is well.
    package var trouble: String?
    /// How the queue in Redis stands; nil where there is none.
    package var queue: QueueHealth?
    /// The server's workers; those that are lost too, for a while.
    package var workers: [ConnectedWorker]
    /// The server leaves all jobs to its workers, and none of them is there.
    package var isWithoutWorkers: Bool

    package init(
        running: Int = 0, slots: Int = 0, gpuRunning: Int = 0, gpuSlots: Int = 0, attempts: Int = 0,
        isDraining: Bool = false, trouble: String? = nil, queue: QueueHealth? = nil,
        workers: [ConnectedWorker] = [], isWithoutWorkers: Bool = false
    ) {
        self.running = running
        self.slots = slots
        self.gpuRunning = gpuRunning
        self.gpuSlots = gpuSlots
        self.attempts = attempts
        self.isDraining = isDraining
        self.trouble = trouble
        self.queue = queue
        self.workers = workers
        self.isWithoutWorkers = isWithoutWorkers
    }
}

extension JobControl {
    /// Nobody looks from outside.
    package func shown(_ id: JobID) async {}
}

/// The plain one: jobs wait, nothing runs them, and cancelling is a word to the store.
package struct StoreJobControl: JobControl {
    private let store: any JobStore

    package init(store: any JobStore) { self.store = store }

    package func cancel(_ id: JobID) async throws(JobsFailure) -> Job {
        try await store.cancel(id, at: .now())
        guard let job = try await store.job(id) else {
            throw JobsFailure(kind: .jobNotFound, message: "there is no such job", subject: id.text)
        }
        return job
    }

    package func submitted() {}

    package var status: JobControlStatus { JobControlStatus() }
}

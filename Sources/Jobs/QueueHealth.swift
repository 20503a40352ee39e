/// A place where the queue is shown to others, as the API sees it.
package protocol JobQueueDisplay: Sendable {
    /// Returns when a job that was submitted is shown there, or when it is not worth waiting any longer: after 100 ms at
    /// most, and at once where the place cannot be reached.
    func shows(_ job: JobID) async

    /// From memory, at once.
    var health: QueueHealth { get }
}

/// How the queue in Redis stands, from memory.
package struct QueueHealth: Hashable, Sendable {
    /// Without name and password.
    package var endpoint: String
    package var database: Int
    package var queues: [String]
    package var isConnected = false
    /// Since when it is connected, or is not.
    package var since: WallTime
    /// What went wrong last, also where all is well again.
    package var lastError: String?
    package var lastErrorAt: WallTime?
    /// Of Redis: `7.0.15`.
    package var version: String?
    /// Jobs that wait, and jobs that run, as Redis shows them.
    package var length = 0
    package var running = 0
    /// Workers that RQ's tools see on the first queue.
    package var workers = 0
    /// How often everything was written anew since the start.
    package var rebuilds = 0
    package var errors = 0
    /// What its operator should know although it works.
    package var warnings: [String] = []

    package init(endpoint: String, database: Int, queues: [String], since: WallTime) {
        self.endpoint = endpoint
        self.database = database
        self.queues = queues
        self.since = since
    }

    /// What is wrong; nil where all is well.
    package var trouble: String? { isConnected ? nil : lastError ?? "Redis was not reached yet" }
}

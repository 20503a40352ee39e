import Model

/// How the queue in Redis stands, from memory.
package struct QueueHealth: Hashable, Sendable {
    /// Without name and password.
    package var endpoint: String
    package var database: Int
    package var queues: [String]
    package var isConnected = false
    /// Since when it is connected, or is not.
    package var since: UTCTime
    /// What went wrong last, also where all is well again.
    package var lastError: String?
    package var lastErrorAt: UTCTime?
    /// Of Redis: `7.0.15`.
    package var version: String?
    /// Jobs that wait, and jobs that run, as Redis shows them.
    package var length = 0
    package var running = 0
    /// Workers that RQ's tools see.
    package var workers = 0
    /// How often everything was written anew since the start.
    package var rebuilds = 0
    package var errors = 0
    /// What its operator should know although it works.
    package var warnings: [String] = []

    package init(_ settings: QueueSettings, since: UTCTime) {
        endpoint = settings.endpoint.description
        database = settings.endpoint.database
        queues = settings.names.all
        self.since = since
    }

    mutating func connected(_ facts: RedisFacts, at time: UTCTime) {
        if !isConnected { since = time }
        isConnected = true
        version = facts.version
        warnings = facts.warnings
    }

    mutating func failed(_ failure: QueueFailure, at time: UTCTime) {
        if isConnected { since = time }
        isConnected = false
        lastError = failure.description
        lastErrorAt = time
        errors += 1
    }
}

import Jobs

extension QueueHealth {
    init(_ settings: QueueSettings, since time: WallTime) {
        self.init(
            endpoint: settings.endpoint.description, database: settings.endpoint.database, queues: settings.names.all,
            since: time)
    }

    mutating func connected(_ facts: RedisFacts, at time: WallTime) {
        if !isConnected { since = time }
        isConnected = true
        version = facts.version
        warnings = facts.warnings
    }

    /// - Returns: Whether that is news.
    mutating func failed(_ failure: QueueFailure, at time: WallTime) -> Bool {
        let isNews = isConnected || lastError != failure.description
        if isConnected { since = time }
        isConnected = false
        lastError = failure.description
        lastErrorAt = time
        errors += 1
        return isNews
    }
}

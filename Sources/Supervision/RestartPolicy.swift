/// Decides whether and when a faulty worker is replaced: soon at first, later each time, and not at all when it keeps
/// failing. It has no clock: every question says what time it is.
package struct RestartPolicy: Sendable, Hashable {
    /// What to do about a fault.
    package enum Decision: Sendable, Hashable {
        /// Start another worker after `delay`; the `attempt`th within the window, from 1.
        case restart(after: Duration, attempt: Int)
        /// As many restarts as are allowed have not helped. `until` is when the window has room again.
        case giveUp(until: ContinuousClock.Instant)
    }

    /// Restarts within `window`.
    package var limit: Int
    package var window: Duration
    /// Before the first restart of a quiet worker.
    package var firstDelay: Duration
    /// How many times longer each further delay within the window is.
    package var factor: Int
    package var longestDelay: Duration
    /// When restarts were granted, oldest first.
    private var granted: [ContinuousClock.Instant] = []

    package init(
        limit: Int = 3, window: Duration = .seconds(600), firstDelay: Duration = .milliseconds(100), factor: Int = 8,
        longestDelay: Duration = .seconds(60)
    ) {
        self.limit = limit
        self.window = window
        self.firstDelay = firstDelay
        self.factor = factor
        self.longestDelay = longestDelay
    }

    /// A worker has failed at `now`.
    package mutating func fault(at now: ContinuousClock.Instant) -> Decision {
        granted.removeAll { $0 + window <= now }
        guard granted.count < limit else { return .giveUp(until: (granted.first ?? now) + window) }
        var delay = min(firstDelay, longestDelay)
        // Stepwise, so that no product leaves the range of a duration.
        for _ in granted where delay < longestDelay { delay = min(delay * factor, longestDelay) }
        granted.append(now)
        return .restart(after: delay, attempt: granted.count)
    }

    /// Someone asked for a new load: earlier faults do not count against it.
    package mutating func forget() { granted = [] }
}

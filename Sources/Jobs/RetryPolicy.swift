/// How often a job is tried, and how long it waits in between.
package struct RetryPolicy: Hashable, Sendable {
    /// Attempts after the first (`MAX_JOB_RETRIES`).
    package var retries: Int
    /// The wait before the first retry; each further one doubles it (`RETRY_BASE_DELAY`).
    package var baseDelay: Duration
    /// No wait is longer (`RETRY_MAX_DELAY`).
    package var maximumDelay: Duration
    /// The share of the wait that is random, 0...1 (`RETRY_JITTER`), so that what failed together does not come back
    /// together. The wait is shortened by it, never prolonged.
    package var jitter: Double
    /// How often an attempt may be interrupted, by a server that stops or dies, before the job is given up as what
    /// may be killing it. Interruptions burn no attempt.
    package var interruptions: Int

    package init(
        retries: Int = 3, baseDelay: Duration = .seconds(2), maximumDelay: Duration = .seconds(300),
        jitter: Double = 0.5, interruptions: Int = 100
    ) {
        self.retries = max(0, retries)
        self.baseDelay = max(.zero, baseDelay)
        self.maximumDelay = max(.zero, maximumDelay)
        self.jitter = jitter.isFinite ? min(1, max(0, jitter)) : 0
        self.interruptions = max(0, interruptions)
    }

    package var attempts: Int { retries + 1 }

    /// The wait after attempt number `attempt` (from 1) has failed.
    package func delay(after attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        var delay = baseDelay
        for _ in 1..<max(2, min(attempt, 64)) where attempt > 1 {
            delay = delay < maximumDelay ? delay * 2 : maximumDelay
        }
        // 53 random bits: exactly what a Double in 0..<1 holds.
        let share = Double(generator.next() >> 11) * 0x1p-53
        return min(delay, maximumDelay) * (1 - jitter * share)
    }
}

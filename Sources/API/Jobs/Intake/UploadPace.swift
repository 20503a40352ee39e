/// How much of its time an upload spends waiting for its client.
struct UploadPace {
    typealias Instant = ContinuousClock.Instant

    /// Waiting for longer than this share of the time is slow: its client could hardly send less without being silent.
    private static let slowShare = 0.8

    private var windowStart: Instant
    private var waitingSince: Instant?
    private var waited = Duration.zero

    init(at now: Instant) { windowStart = now }

    mutating func beginWait(at now: Instant) { waitingSince = now }

    mutating func endWait(at now: Instant) {
        if let since = waitingSince { waited += now - since }
        waitingSince = nil
    }

    /// Whether it was slow since the last look, which this one follows after `window`; one that has only begun is not.
    mutating func isSlow(at now: Instant, window: Duration) -> Bool {
        let time = now - windowStart
        guard time >= window / 2 else { return false }
        let waiting = waited + (waitingSince.map { now - $0 } ?? .zero)
        windowStart = now
        waited = .zero
        if waitingSince != nil { waitingSince = now }
        return waiting / time > Self.slowShare
    }
}

/// Holds a process that prints without end to a speed at which its output costs the server next to nothing.
struct FloodBrake {
    /// A line costs at least this much, however short.
    private static let lineCost = 512
    /// Bytes a second that may be printed for ever.
    private static let rate = 4 << 20
    /// Bytes that may be printed at once.
    private static let burst = 1 << 20

    private var debt = 0
    private var last: ContinuousClock.Instant?

    /// How long not to read, after so much was read at `now`; nil to go on.
    mutating func pause(bytes: Int, lines: Int, at now: ContinuousClock.Instant) -> Duration? {
        if let last {
            let milliseconds = Int(min(max((now - last) / .milliseconds(1), 0), 1000))
            debt = max(0, debt - milliseconds * (Self.rate / 1000))
            // Less than a millisecond is not lost: it counts the next time.
            if milliseconds > 0 { self.last = now }
        } else {
            last = now
        }
        debt += max(bytes, lines * Self.lineCost)
        guard debt > Self.burst else { return nil }
        return .milliseconds(max(5, min((debt - Self.burst) * 1000 / Self.rate, 250)))
    }
}

/// How long to wait before Redis is tried again: from 0.1 s, twice as long each time, at most 5 s, a fifth of it by chance,
/// so that many that lost the same Redis do not come back at the same moment.
struct RetryPause {
    private static let (first, longest) = (Duration.milliseconds(100), Duration.seconds(5))
    private var following = first

    mutating func next() -> Duration {
        defer { following = min(Self.longest, following * 2) }
        return following * Double.random(in: 0.8...1.2)
    }

    mutating func succeeded() { following = Self.first }
}

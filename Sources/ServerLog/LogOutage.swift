/// What becomes of lines while the log's destination fails, as a pure machine: events in, what to do out.
///
/// Lines wait in the queue while there is room and are lost beyond it; both ends of an outage are known, so that the log
/// itself can tell of the gap once, when it is over.
struct LogOutage: Sendable {
    enum Event: Sendable {
        /// A line did not fit the queue.
        case overflowed
        /// The destination refused, for this reason, at this time.
        case refused(String, at: ContinuousClock.Instant)
        /// The destination took everything that it was given.
        case accepted(at: ContinuousClock.Instant)
    }

    enum Action: Hashable, Sendable {
        case nothing
        /// Try the same lines again after this time.
        case retry(after: Duration)
        /// Write this into the log.
        case report(lost: Int, during: Duration, reason: String)
    }

    /// Lines lost since the last report.
    private(set) var lost = 0
    private var failing: (since: ContinuousClock.Instant, reason: String, attempts: Int)?

    var isFailing: Bool { failing != nil }

    mutating func handle(_ event: Event) -> Action {
        switch event {
        case .overflowed:
            lost += 1
            return .nothing
        case .refused(let reason, let now):
            let attempts = (failing?.attempts ?? 0) + 1
            failing = (failing?.since ?? now, reason, attempts)
            return .retry(after: .milliseconds(min(2000, 50 << min(attempts, 6))))
        case .accepted(let now):
            guard failing != nil || lost > 0 else { return .nothing }
            let report = Action.report(
                lost: lost, during: failing.map { now - $0.since } ?? .zero,
                reason: failing?.reason ?? "the log's destination is slower than the log")
            failing = nil
            lost = 0
            return report
        }
    }
}

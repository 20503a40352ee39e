/// The holder's side of a lease: when to renew it, and when to let the work go because somebody else may have it.
///
/// Pure: moments come in, what to do comes out. It renews when a third of the duration has passed, tries again every
/// twelfth while the store does not answer, and gives up a sixth before the deadline, so that the work is dead by
/// the time that another may start it.
package struct LeaseKeeper: Sendable {
    package enum Event: Sendable {
        /// Time has passed; nothing else happened.
        case tick
        /// The store has moved the deadline to `until`.
        case renewed(until: MonotonicTime)
        /// The store could not be asked (a full disk, a lost connection).
        case renewalFailed
        /// The store says that the lease is no longer ours.
        case refused
    }

    package enum Action: Hashable, Sendable {
        /// Nothing to do before this moment.
        case wait(until: MonotonicTime)
        /// Ask the store for another `duration`.
        case renew(Duration)
        /// Stop the work now, by force: the lease is lost or about to be.
        case abandon
    }

    private enum State: Hashable {
        case held(nextRenewal: MonotonicTime)
        case renewing
        case lost
    }

    package let duration: Duration
    package private(set) var deadline: MonotonicTime
    private var state: State

    /// - Parameters:
    ///   - deadline: As claimed.
    ///   - duration: What each renewal asks for.
    package init(deadline: MonotonicTime, duration: Duration) {
        self.duration = duration
        self.deadline = deadline
        state = .held(nextRenewal: deadline + duration * -2 / 3)
    }

    package mutating func handle(_ event: Event, now: MonotonicTime) -> Action {
        switch (state, event) {
        case (.lost, _), (_, .refused):
            state = .lost
            return .abandon
        case (.renewing, .tick):
            return abandonIfLate(now) ?? .wait(until: lastMoment)
        case (.renewing, .renewed(let until)), (.held, .renewed(let until)):
            deadline = until
            state = .held(nextRenewal: until + duration * -2 / 3)
            return decide(now)
        case (.renewing, .renewalFailed), (.held, .renewalFailed):
            state = .held(nextRenewal: now + duration / 12)
            return decide(now)
        case (.held, .tick):
            return decide(now)
        }
    }

    private mutating func decide(_ now: MonotonicTime) -> Action {
        if let action = abandonIfLate(now) { return action }
        guard case .held(let nextRenewal) = state, now < nextRenewal else {
            state = .renewing
            return .renew(duration)
        }
        return .wait(until: min(nextRenewal, lastMoment))
    }

    private mutating func abandonIfLate(_ now: MonotonicTime) -> Action? {
        guard now >= lastMoment else { return nil }
        state = .lost
        return .abandon
    }

    private var lastMoment: MonotonicTime { deadline + duration * -1 / 6 }
}

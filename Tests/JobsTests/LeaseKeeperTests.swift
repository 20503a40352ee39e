import Jobs
import Testing

@Suite struct LeaseKeeperTests {
    private func moment(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

    @Test func itRenewsAfterAThirdAndMovesOnWithTheStore() {
        var keeper = LeaseKeeper(deadline: moment(12), duration: .seconds(12))
        #expect(keeper.handle(.tick, now: moment(0)) == .wait(until: moment(4)))
        #expect(keeper.handle(.tick, now: moment(4)) == .renew(.seconds(12)))
        #expect(keeper.handle(.tick, now: moment(5)) == .wait(until: moment(10)))
        #expect(keeper.handle(.renewed(until: moment(17)), now: moment(5)) == .wait(until: moment(9)))
    }

    @Test func aStoreThatDoesNotAnswerIsAskedAgainUntilItIsTooLate() {
        var keeper = LeaseKeeper(deadline: moment(12), duration: .seconds(12))
        var now = moment(4)
        var asked = 0
        var action = keeper.handle(.tick, now: now)
        while action != .abandon, asked < 100 {
            if action == .renew(.seconds(12)) {
                asked += 1
                action = keeper.handle(.renewalFailed, now: now)
            } else if case .wait(let until) = action {
                #expect(until > now)
                now = until
                action = keeper.handle(.tick, now: now)
            }
        }
        #expect(now == moment(10))
        #expect(asked == 6)
        #expect(keeper.handle(.renewed(until: moment(30)), now: now) == .abandon)
    }

    @Test func aRefusedRenewalOrALongPauseEndsTheWork() {
        var refused = LeaseKeeper(deadline: moment(12), duration: .seconds(12))
        #expect(refused.handle(.refused, now: moment(1)) == .abandon)
        var paused = LeaseKeeper(deadline: moment(12), duration: .seconds(12))
        #expect(paused.handle(.tick, now: moment(100)) == .abandon)
    }
}

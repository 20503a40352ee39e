import Jobs
import TestSupport
import Testing

@Suite struct RetryPolicyTests {
    @Test func waitsDoubleUpToTheLongest() {
        var generator = SplitMix64(seed: 1)
        let policy = RetryPolicy(baseDelay: .seconds(2), maximumDelay: .seconds(30), jitter: 0)
        let waits = [1, 2, 3, 4, 5, 6, 1000].map { policy.delay(after: $0, using: &generator) }
        #expect(waits == [2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func chanceShortensAWaitByItsShareAtMost(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let policy = RetryPolicy(baseDelay: .seconds(10), maximumDelay: .seconds(60), jitter: 0.25)
        for attempt in 1...5 {
            let full = RetryPolicy(baseDelay: .seconds(10), maximumDelay: .seconds(60), jitter: 0)
                .delay(after: attempt, using: &generator)
            let wait = policy.delay(after: attempt, using: &generator)
            #expect(wait <= full && wait >= full * 0.75)
        }
    }

    @Test func settingsThatMakeNoSenseAreBoundedNotObeyed() {
        var generator = SplitMix64(seed: 1)
        let policy = RetryPolicy(
            retries: -3, baseDelay: .seconds(-1), maximumDelay: .seconds(-1), jitter: .nan, interruptions: -1)
        #expect(policy.attempts == 1)
        #expect(policy.delay(after: 1, using: &generator) == .zero)
        #expect(RetryPolicy(jitter: 7).jitter == 1)
    }
}

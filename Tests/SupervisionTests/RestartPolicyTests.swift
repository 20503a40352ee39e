import Supervision
import Testing

struct RestartPolicyTests {
    let start = ContinuousClock.now

    @Test func delaysGrowAndTheFourthFaultIsFinal() {
        var policy = RestartPolicy()
        #expect(policy.fault(at: start) == .restart(after: .milliseconds(100), attempt: 1))
        #expect(policy.fault(at: start + .seconds(1)) == .restart(after: .milliseconds(800), attempt: 2))
        #expect(policy.fault(at: start + .seconds(2)) == .restart(after: .milliseconds(6400), attempt: 3))
        #expect(policy.fault(at: start + .seconds(9)) == .giveUp(until: start + .seconds(600)))
    }

    @Test func faultsOutsideTheWindowDoNotCount() {
        var policy = RestartPolicy()
        for hour in 0..<50 {
            let expected = RestartPolicy.Decision.restart(after: .milliseconds(100), attempt: 1)
            #expect(policy.fault(at: start + .seconds(3600 * hour)) == expected)
        }
    }

    @Test func theWindowSlides() {
        var policy = RestartPolicy(limit: 2, window: .seconds(10), firstDelay: .seconds(1), factor: 10)
        #expect(policy.fault(at: start) == .restart(after: .seconds(1), attempt: 1))
        #expect(policy.fault(at: start + .seconds(6)) == .restart(after: .seconds(10), attempt: 2))
        #expect(policy.fault(at: start + .seconds(9)) == .giveUp(until: start + .seconds(10)))
        #expect(policy.fault(at: start + .seconds(10)) == .restart(after: .seconds(10), attempt: 2))
    }

    @Test func delaysHaveACeiling() {
        var policy = RestartPolicy(limit: 100, firstDelay: .seconds(1), factor: 1000, longestDelay: .seconds(30))
        var delays: [Duration] = []
        for _ in 0..<100 {
            guard case .restart(let delay, _) = policy.fault(at: start) else { return }
            delays.append(delay)
        }
        #expect(delays.first == .seconds(1) && delays.dropFirst().allSatisfy { $0 == .seconds(30) })
    }

    @Test func aLoadThatSomeoneAskedForStartsAfresh() {
        var policy = RestartPolicy()
        for _ in 0..<4 { _ = policy.fault(at: start) }
        policy.forget()
        #expect(policy.fault(at: start) == .restart(after: .milliseconds(100), attempt: 1))
    }
}

import Jobs
import TestSupport
import Testing

@Suite struct SchedulerCoreTests {
    private func moment(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

    private func claim(_ samples: inout SplitMix64, gpu: Bool = false) -> Claim {
        Claim(
            job: .random(using: &samples), fence: Fence(attempt: 1, lease: .random(using: &samples)),
            deadline: moment(100_000), needsGPU: gpu)
    }

    @Test func itFillsItsSlotsAndThenWaitsForOneToComeFree() {
        var generator = SplitMix64(seed: 1)
        var core = SchedulerCore(limits: SchedulerLimits(jobs: 2, gpuJobs: 1))
        #expect(core.handle(.timePassed, now: moment(0)) == .claim(limit: 2, gpuLimit: 1))
        // One claim at a time.
        #expect(core.handle(.workAppeared, now: moment(0)) == .sleep(until: nil))
        let first = claim(&generator, gpu: true)
        let answer = ClaimedJobs(claims: [first], nextWakeUp: nil)
        #expect(core.handle(.claimed(answer), now: moment(1)) == .claim(limit: 1, gpuLimit: 0))
        let second = claim(&generator)
        let full = ClaimedJobs(claims: [second], nextWakeUp: moment(5))
        #expect(core.handle(.claimed(full), now: moment(2)) == .sleep(until: nil))
        #expect(core.handle(.timePassed, now: moment(9)) == .sleep(until: nil))
        #expect(core.handle(.attemptEnded(first.job), now: moment(9)) == .claim(limit: 1, gpuLimit: 1))
    }

    @Test func withNothingToDoItSleepsUntilABackoffIsOver() {
        var core = SchedulerCore(limits: SchedulerLimits(jobs: 2, gpuJobs: 2))
        _ = core.handle(.timePassed, now: moment(0))
        let nothing = ClaimedJobs(claims: [], nextWakeUp: moment(50))
        #expect(core.handle(.claimed(nothing), now: moment(1)) == .sleep(until: moment(50)))
        #expect(core.handle(.timePassed, now: moment(49)) == .sleep(until: moment(50)))
        #expect(core.handle(.timePassed, now: moment(50)) == .claim(limit: 2, gpuLimit: 2))
        let idle = ClaimedJobs(claims: [], nextWakeUp: nil)
        #expect(core.handle(.claimed(idle), now: moment(51)) == .sleep(until: nil))
        #expect(core.handle(.workAppeared, now: moment(52)) == .claim(limit: 2, gpuLimit: 2))
    }

    @Test func aStoreThatDoesNotAnswerIsAskedLessAndLess() {
        var core = SchedulerCore(limits: SchedulerLimits())
        var now = moment(0)
        var waits: [Duration] = []
        _ = core.handle(.timePassed, now: now)
        for _ in 0..<10 {
            guard case .sleep(let until?) = core.handle(.claimFailed, now: now) else {
                Issue.record("it does not wait")
                return
            }
            waits.append(until - now)
            now = until
            #expect(core.handle(.timePassed, now: now) == .claim(limit: 2, gpuLimit: 2))
        }
        #expect(waits.first == .milliseconds(50))
        #expect(waits.last == .milliseconds(6400))
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func drainingClaimsNothingAndEndsWithTheLastAttempt() {
        var generator = SplitMix64(seed: 1)
        var core = SchedulerCore(limits: SchedulerLimits())
        _ = core.handle(.timePassed, now: moment(0))
        // A claim is under way: what it brings has to be taken in, and given back by its attempt.
        #expect(core.handle(.drain, now: moment(1)) == .sleep(until: nil))
        let job = claim(&generator)
        let answer = ClaimedJobs(claims: [job], nextWakeUp: moment(2))
        #expect(core.handle(.claimed(answer), now: moment(1)) == .sleep(until: nil))
        #expect(core.handle(.workAppeared, now: moment(3)) == .sleep(until: nil))
        #expect(core.handle(.attemptEnded(job.job), now: moment(4)) == .stopped)
    }

    @Test(arguments: 1...100 as ClosedRange<UInt64>)
    func itNeverRunsMoreThanItMayAndNeverForgetsWork(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let limits = SchedulerLimits(
            jobs: Int.random(in: 1...5, using: &generator), gpuJobs: Int.random(in: 0...3, using: &generator))
        var core = SchedulerCore(limits: limits)
        var (now, waiting): (Int64, [Bool]) = (0, [])
        var action = core.handle(.timePassed, now: moment(0))
        for _ in 0..<300 {
            now += Int64.random(in: 0...20, using: &generator)
            if case .claim(let limit, let gpuLimit) = action {
                #expect(limit > 0 && core.running.count + limit <= limits.jobs)
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    action = core.handle(.claimFailed, now: moment(now))
                    if case .sleep(let until?) = action { now = max(now, until.nanoseconds / 1_000_000) }
                    continue
                }
                var (claims, gpus): ([Claim], Int) = ([], 0)
                waiting.removeAll { gpu in
                    guard claims.count < limit, !gpu || gpus < gpuLimit else { return false }
                    gpus += gpu ? 1 : 0
                    claims.append(claim(&generator, gpu: gpu))
                    return true
                }
                action = core.handle(.claimed(ClaimedJobs(claims: claims, nextWakeUp: nil)), now: moment(now))
            } else if Bool.random(using: &generator), let job = core.running.keys.min() {
                action = core.handle(.attemptEnded(job), now: moment(now))
            } else if Bool.random(using: &generator) {
                waiting.append(Bool.random(using: &generator))
                action = core.handle(.workAppeared, now: moment(now))
            } else {
                action = core.handle(.timePassed, now: moment(now))
            }
            #expect(core.running.count <= limits.jobs)
            #expect(core.running.values.count { $0 } <= limits.gpuJobs)
            // It sleeps only where nothing that waits could run.
            if case .sleep(nil) = action, core.running.count < limits.jobs, limits.gpuJobs > 0 {
                let freeGPU = core.running.values.count { $0 } < limits.gpuJobs
                #expect(!waiting.contains { !$0 || freeGPU }, "seed \(seed)")
            }
        }
    }
}

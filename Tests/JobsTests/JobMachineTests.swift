import Jobs
import TestSupport
import Testing

/// What `JobMachine` promises, over random lives.
@Suite struct JobMachineTests {
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func aLifeKeepsItsPromises(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let policy = RetryPolicy(
            retries: Int.random(in: 0...4, using: &generator), interruptions: Int.random(in: 0...4, using: &generator))
        var machine = JobMachine()
        var ends = 0
        var runs = 0
        for _ in 0..<60 {
            let before = machine
            let fence = Self.fence(of: machine, using: &generator)
            let event = Self.event(using: &generator)
            let action = machine.handle(event, fence: fence, policy: policy, using: &generator)
            #expect(machine.attempt <= policy.attempts && machine.interruptions <= policy.interruptions)
            #expect((machine.state == .running) <= (machine.lease != nil))
            if before.state.isTerminal { #expect(machine == before) }
            if let fence, fence.lease != before.lease || fence.attempt != before.attempt {
                guard case .refuse = action else {
                    Issue.record("\(event) from a stranger was answered with \(action)")
                    return
                }
            }
            switch action {
            case .start: runs += 1
            case .end:
                ends += 1
                #expect(machine.state.isTerminal)
            case .requeue(_, let delay):
                #expect(before.state == .running && machine.state == .pending && delay >= .zero)
            case .keep: #expect(before.state == .running && machine == before)
            case .nothing, .refuse: #expect(machine == before)
            }
        }
        #expect(ends <= 1)
        #expect(runs <= policy.attempts + policy.interruptions)
    }

    private static func fence(of machine: JobMachine, using generator: inout SplitMix64) -> Fence? {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: nil
        case 1: Fence(attempt: machine.attempt + 1, lease: machine.lease ?? LeaseToken(bits: 1))
        case 2: Fence(attempt: machine.attempt, lease: .random(using: &generator))
        default: machine.lease.map { Fence(attempt: machine.attempt, lease: $0) }
        }
    }

    private static func event(using generator: inout SplitMix64) -> JobMachine.Event {
        switch Int.random(in: 0..<16, using: &generator) {
        case 0..<6: .claimed(.random(using: &generator))
        case 6, 7: .alive
        case 8: .completed
        case 9, 10: .failed(Fault(kind: .transient, code: "C", message: "m"))
        case 11: .failed(Fault(kind: .permanent, code: "C", message: "m"))
        case 12, 13:
            .workerDied(
                WorkerDeath(
                    reason: "killed", chunk: ChunkReference(stage: "s", index: Int.random(in: 0...3, using: &generator))
                )
            )
        case 14: .interrupted(reason: "drained")
        default: .cancelled
        }
    }

    @Test func aJobThatIsInterruptedAllTheTimeIsGivenUp() {
        var generator = SplitMix64(seed: 1)
        var machine = JobMachine()
        let policy = RetryPolicy(interruptions: 2)
        for _ in 0..<3 {
            _ = machine.handle(.claimed(LeaseToken(bits: 9)), fence: nil, policy: policy, using: &generator)
            _ = machine.handle(.interrupted(reason: "stopped"), fence: nil, policy: policy, using: &generator)
        }
        #expect(machine.state == .failed && machine.attempt == 1)
    }
}

extension Bool {
    /// Implication.
    fileprivate static func <= (premise: Bool, conclusion: Bool) -> Bool { !premise || conclusion }
}

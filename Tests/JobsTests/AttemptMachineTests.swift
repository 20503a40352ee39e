import Jobs
import TestSupport
import Testing

/// How an attempt ends, for every way its process can.
@Suite struct AttemptMachineTests {
    private typealias Machine = AttemptMachine
    private static let fault = Fault(kind: .permanent, code: "INVALID_VIDEO", message: "no video stream")
    private static let limit = Fault(kind: .transient, code: "MEMORY", message: "over the limit")

    private func actions(_ events: Machine.Event...) -> [Machine.Action] {
        var machine = Machine()
        return events.map { machine.handle($0) }
    }

    @Test func aCompletedProcessCompletesTheJob() {
        #expect(
            actions(.started, .reportedCompletion, .ended(abnormally: nil))
                == [.nothing, .nothing, .conclude(.event(.completed))])
    }

    @Test func whatItSaidAboutItsFaultCounts() {
        #expect(
            actions(.started, .reportedFault(Self.fault), .ended(abnormally: "exit status 1")).last
                == .conclude(.event(.failed(Self.fault))))
    }

    @Test func aSilentEndIsADeathInItsChunk() {
        let chunk = ChunkReference(stage: "detect", index: 5)
        #expect(
            actions(.started, .working(chunk), .ended(abnormally: "killed by signal 9")).last
                == .conclude(.event(.workerDied(WorkerDeath(reason: "killed by signal 9", chunk: chunk)))))
        #expect(
            actions(.started, .ended(abnormally: nil)).last
                == .conclude(.event(.workerDied(WorkerDeath(reason: "it ended without a result")))))
    }

    @Test func aProcessThatDiesAfterItsReportDidNotComplete() {
        #expect(
            actions(.started, .reportedCompletion, .ended(abnormally: "killed by signal 11")).last
                == .conclude(.event(.workerDied(WorkerDeath(reason: "killed by signal 11")))))
    }

    @Test func cancellationAsksThenKillsThenSaysNothing() {
        #expect(
            actions(.started, .stop(.cancelled), .graceExpired, .ended(abnormally: "killed by signal 9"))
                == [.nothing, .terminate, .kill, .conclude(.nothing)])
        #expect(
            actions(.started, .stop(.cancelled), .reportedCompletion, .ended(abnormally: nil)).last
                == .conclude(.nothing))
    }

    @Test func aDrainedAttemptGoesBackUnlessItGotToItsEnd() {
        let back = Machine.Action.conclude(.event(.interrupted(reason: "the server was stopped")))
        #expect(actions(.started, .stop(.drained), .ended(abnormally: "killed by signal 15")).last == back)
        #expect(
            actions(.started, .stop(.drained), .graceExpired, .ended(abnormally: "killed by signal 9")).last == back)
        #expect(
            actions(.started, .stop(.drained), .reportedCompletion, .ended(abnormally: nil)).last
                == .conclude(.event(.completed)))
    }

    @Test func aLostLeaseKillsAtOnceAndALimitNamesItself() {
        #expect(
            actions(.started, .stop(.leaseLost), .ended(abnormally: "killed by signal 9"))
                == [.nothing, .kill, .conclude(.nothing)])
        #expect(
            actions(.started, .stop(.limit(Self.limit)), .ended(abnormally: "killed by signal 9"))
                == [.nothing, .kill, .conclude(.event(.failed(Self.limit)))])
    }

    @Test func outOfTouchKillsAtOnceAndGivesTheJobBackUnlessItGotToItsEnd() {
        let back = Machine.Action.conclude(.event(.interrupted(reason: "the server was out of its worker's reach")))
        #expect(
            actions(.started, .stop(.outOfTouch), .ended(abnormally: "killed by signal 9")) == [.nothing, .kill, back])
        #expect(
            actions(.started, .reportedCompletion, .stop(.outOfTouch), .ended(abnormally: nil)).last
                == .conclude(.event(.completed)))
        #expect(
            actions(.started, .stop(.outOfTouch), .stop(.leaseLost), .ended(abnormally: "k")).last
                == .conclude(.nothing))
        #expect(
            actions(.started, .stop(.outOfTouch), .stop(.cancelled), .ended(abnormally: "k")).last
                == .conclude(.nothing))
    }

    @Test func cancellationOutranksDrainingAndLimits() {
        #expect(
            actions(.started, .stop(.drained), .stop(.cancelled), .ended(abnormally: nil)).last == .conclude(.nothing))
        #expect(
            actions(.started, .stop(.limit(Self.limit)), .stop(.cancelled), .ended(abnormally: "k")).last
                == .conclude(.nothing))
    }

    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func itConcludesExactlyOnceAndOnlyWhenTheProcessIsGone(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var machine = Machine()
        var conclusions = 0
        var isKilled = false
        for _ in 0..<30 {
            let event = Self.event(using: &generator)
            let action = machine.handle(event)
            switch action {
            case .conclude:
                conclusions += 1
                switch event {
                case .ended, .startFailed: break
                default: Issue.record("concluded by \(event)")
                }
            case .kill:
                #expect(!isKilled && conclusions == 0)
                isKilled = true
            case .terminate: #expect(!isKilled && conclusions == 0)
            case .nothing: break
            }
        }
        _ = machine.handle(.ended(abnormally: nil))
        #expect(machine.isConcluded)
        #expect(conclusions <= 1)
    }

    private static func event(using generator: inout SplitMix64) -> Machine.Event {
        let reasons: [Machine.StopReason] = [.cancelled, .drained, .leaseLost, .outOfTouch, .limit(limit)]
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<3: return .started
        case 3: return .startFailed(fault)
        case 4..<7: return .working(ChunkReference(stage: "s", index: 1))
        case 7, 8: return .reportedCompletion
        case 9, 10: return .reportedFault(fault)
        case 11..<16: return .stop(reasons.randomElement(using: &generator) ?? .cancelled)
        case 16, 17: return .graceExpired
        default: return .ended(abnormally: Bool.random(using: &generator) ? nil : "killed by signal 9")
        }
    }
}

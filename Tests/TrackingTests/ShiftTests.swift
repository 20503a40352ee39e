import TestSupport
import Testing

@testable import Tracking

@Suite("A player's shifts")
struct ShiftTests {
    private typealias Candidate = ShiftFrame.Candidate

    /// Runs the machine at ten processed frames a second; `seen` says what is visible at a time.
    private func run(
        seconds: Double, settings: ShiftSettings = ShiftSettings(), _ seen: (Double) -> [ShiftFrame.Candidate]
    ) -> ShiftMachine {
        var machine = ShiftMachine(settings: settings)
        for step in 0..<Int((seconds * 10).rounded()) {
            let time = Double(step) / 10
            machine.advance(ShiftFrame(time: time, candidates: seen(time)))
        }
        machine.finish(at: seconds)
        return machine
    }

    @Test("two reads in six frames confirm; one, or two far apart, or doubtful ones, do not")
    func confirmation() {
        func reads(at steps: [Int], confidence: Double = 0.9) -> ShiftMachine {
            run(seconds: 3) { time in
                [Candidate(track: 1, read: steps.contains(Int((time * 10).rounded())) ? confidence : nil)]
            }
        }
        #expect(reads(at: [3, 8]).segments.map(\.start) == [0.8])
        #expect(reads(at: [3, 8]).transitions.map(\.reason).prefix(2) == [.candidate, .ocrConfirm])
        #expect(reads(at: [3]).segments.isEmpty)
        #expect(reads(at: [3, 9]).segments.isEmpty)
        #expect(reads(at: [3, 4], confidence: 0.2).segments.isEmpty)
    }

    @Test("the identity holds for the lock after reads drop out, then for no longer than the timeout")
    func lock() throws {
        let machine = run(seconds: 8) { [Candidate(track: 1, read: $0 < 1 ? 0.9 : nil)] }
        let segment = try #require(machine.segments.first)
        // The last confirming window ends four frames after the last read, the lock 1.5 s later.
        #expect(abs(segment.end - 2.8) < 0.11)
        #expect(
            machine.transitions.map(\.reason) == [.candidate, .ocrConfirm, .lockWindow, .lostTimeout])
        #expect(machine.state == .searching)
    }

    @Test("out of sight for less than the timeout is one stretch, for more two")
    func lostTimeout() {
        func away(_ duration: Double) -> Int {
            run(seconds: 6) { time in
                time >= 2 && time < 2 + duration ? [] : [Candidate(track: 1, isPlayer: true)]
            }.segments.count
        }
        #expect(away(0.8) == 1)
        #expect(away(1.6) == 2)
    }

    @Test("while locked, another colour does not support the player")
    func colour() throws {
        let machine = run(seconds: 4) { time in
            [Candidate(track: 1, read: time < 0.4 ? 0.9 : nil, colour: time < 1 ? 0.9 : 0.1)]
        }
        let segment = try #require(machine.segments.first)
        #expect(segment.end < 1.01)
        #expect(machine.segments.count == 1)
    }

    @Test("reads on a track that is known to be somebody else's confirm nothing")
    func somebodyElse() {
        #expect(run(seconds: 2) { _ in [Candidate(track: 1, read: 0.9, isPlayer: false)] }.segments.isEmpty)
    }

    @Test("what the whole track says counts from its first frame to its last, without a read")
    func wholeTrack() {
        let machine = run(seconds: 5) { time in time < 1 || time > 4 ? [] : [Candidate(track: 3, isPlayer: true)] }
        #expect(machine.segments == [ShiftSegment(start: 1, end: 4)])
    }

    @Test("a cut ends a stretch at once")
    func cut() {
        var machine = ShiftMachine()
        for step in 0..<40 {
            machine.advance(
                ShiftFrame(
                    time: Double(step) / 10, candidates: [Candidate(track: step < 20 ? 1 : 2, isPlayer: step < 20)],
                    isCut: step == 20))
        }
        machine.finish(at: 4)
        #expect(machine.segments == [ShiftSegment(start: 0, end: 1.9)])
    }

    @Test("a click begins a stretch")
    func click() {
        let machine = run(seconds: 2) { [Candidate(track: 5, isPointedAt: $0 == 0.5)] }
        #expect(machine.segments.first?.start == 0.5)
        #expect(machine.transitions.first?.reason == .candidate)
    }

    @Test(
        "whatever is seen, stretches are in order, apart, and within what was seen",
        arguments: 1...30 as ClosedRange<UInt64>)
    func anything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let machine = run(seconds: 30) { _ in
            (1...4).filter { _ in Bool.random(using: &random) }.map { track in
                Candidate(
                    track: track, read: Int.random(in: 0..<6, using: &random) == 0 ? 0.6 : nil,
                    colour: Double.random(in: 0...1, using: &random))
            }
        }
        #expect(machine.segments.allSatisfy { 0 <= $0.start && $0.start <= $0.end && $0.end <= 30 })
        #expect(zip(machine.segments, machine.segments.dropFirst()).allSatisfy { $0.end <= $1.start })
        // Every transition begins where the one before ended.
        #expect(zip(machine.transitions, machine.transitions.dropFirst()).allSatisfy { $0.to == $1.from })
        #expect(machine.transitions.count { $0.reason == .lostTimeout } == machine.segments.count)
        for rolls in [0.0, 1.5] {
            var settings = ShiftSettings()
            (settings.preRoll, settings.postRoll) = (rolls, rolls)
            let timeline = ShiftTimeline(machine.segments, duration: 30, settings: settings)
            #expect(timeline.merged.allSatisfy { 0 <= $0.start && $0.start < $0.end && $0.end <= 30 })
            #expect(
                zip(timeline.merged, timeline.merged.dropFirst()).allSatisfy { $1.start - $0.end > settings.mergedGap })
            #expect(timeline.timeOnCamera <= timeline.merged.reduce(0) { $0 + $1.duration } + 1e-9)
        }
    }

    @Test("rolls are clamped, short gaps merged, flickers dropped")
    func timeline() {
        let raw = [
            ShiftSegment(start: 0.4, end: 3), ShiftSegment(start: 6.5, end: 9), ShiftSegment(start: 20, end: 20.3),
            ShiftSegment(start: 28, end: 29.5),
        ]
        let timeline = ShiftTimeline(raw, duration: 30, settings: ShiftSettings())
        #expect(timeline.raw == raw)
        #expect(timeline.merged == [ShiftSegment(start: 0, end: 11), ShiftSegment(start: 27, end: 30)])
        #expect(timeline.merges == [ShiftTimeline.Merge(previousEnd: 5, nextStart: 5.5, gap: 0.5)])
        #expect(abs(timeline.timeOnCamera - 6.6) < 1e-9)
    }
}

import Model
import Testing

@testable import Pipelines

@Suite struct FrameSelectionTests {
    private func chosen(_ selection: FrameSelection, _ ticks: [Int64], _ timebase: Timebase) -> [Int] {
        let wanted = WantedFrames(selection, of: ticks.map { MediaTime(ticks: $0, timebase: timebase) })
        let frames = ticks.indices.filter(wanted.contains)
        #expect(wanted.count == frames.count)
        #expect(wanted.count(in: 0..<(ticks.count / 2)) == frames.count { $0 < ticks.count / 2 })
        return frames
    }

    @Test func framesAreCountedFromTheFirst() {
        #expect(chosen(.every(3), Array(0..<10), .milliseconds) == [0, 3, 6, 9])
    }

    @Test(arguments: [0, 7, -40_000] as [Int64]) func onConstantFrameRateEveryNthIsChosen(start: Int64) {
        let ticks = (0..<100).map { start + Int64($0) * 1001 }
        #expect(chosen(.perSecond(5), ticks, Timebase(1, 30_000)) == Array(stride(from: 0, to: 100, by: 6)))
    }

    @Test(arguments: [.down, .toNearestOrEven, .up] as [FloatingPointRoundingRule])
    func timesRoundedToMillisecondsDoNotShiftTheChoice(rule: FloatingPointRoundingRule) {
        let ticks = (0..<480).map { Int64((Double($0) * 1000 / 24).rounded(rule)) }
        #expect(chosen(.perSecond(6), ticks, .milliseconds) == Array(stride(from: 0, to: 480, by: 4)))
    }

    @Test func onVariableFrameRateFramesAreAsFarApartInTime() {
        // 2 s of 50 frames a second, a pause of 3 s, 2 s of 10 frames a second.
        let first: [Int64] = (0..<100).map { Int64($0) * 20 }
        let second: [Int64] = (0..<20).map { 5000 + Int64($0) * 100 }
        let ticks = first + second
        let frames = chosen(.perSecond(5), ticks, .milliseconds)
        let expected: [Int64] = (0..<10).map { Int64($0) * 200 }
        let later: [Int64] = (0..<10).map { 5000 + Int64($0) * 200 }
        #expect(frames.map { ticks[$0] } == expected + later)
    }

    @Test func whereATickIsAWholeFrameTheFirstFrameOfEachPeriodIsChosen() {
        #expect(chosen(.perSecond(4), Array(0..<12), Timebase(1, 10)) == [0, 3, 5, 8, 10])
    }

    @Test func aRateAboveTheVideosGivesAllFrames() {
        let ticks = (0..<50).map { Int64($0) * 100 }
        #expect(chosen(.perSecond(1000), ticks, .milliseconds) == Array(0..<50))
    }
}

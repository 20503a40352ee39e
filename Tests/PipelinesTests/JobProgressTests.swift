import Synchronization
import Testing

@testable import Pipelines

@Suite struct JobProgressTests {
    private let clock = Clock()
    private let told = Collected<JobRunProgress>()

    private final class Clock: Sendable {
        private let seconds = Mutex(0.0)
        var now: Double { seconds.withLock { $0 } }
        func advance(_ by: Double) { seconds.withLock { $0 += by } }
    }

    private func progress() -> JobProgress {
        let (clock, told) = (clock, told)
        return JobProgress(
            [
                JobProgress.Share(pipeline: "scene_detection", costs: [(.scan, 100)]),
                JobProgress.Share(pipeline: "person_tracking", costs: [(.detect, 250), (.overlay, 50)]),
            ], now: { clock.now }, observer: { if case .progress(let progress) = $0 { told.append(progress) } })
    }

    private func result(_ name: String, _ status: PipelineResult.Status = .completed) -> PipelineResult {
        PipelineResult(pipelineName: name, status: status, startTime: "", endTime: "", processingTime: 0)
    }

    private func frames(_ stage: StageProgress.Stage, _ done: Int, _ total: Int, resumed: Int = 0) -> PipelineEvent {
        clock.advance(1)
        return .progress(StageProgress(stage: stage, done: done, total: total, resumed: resumed))
    }

    @Test func stagesCountByTheirCostAndNeverGoBack() {
        let progress = progress()
        for done in 0...10 { progress.observe(frames(.scan, done, 10)) }
        progress.finish(0, result: result("scene_detection"), wasDoneBefore: false)
        for done in [0, 5, 10] { progress.observe(frames(.detect, done, 10)) }
        for done in [0, 4, 8] { progress.observe(frames(.overlay, done, 8)) }
        progress.finish(1, result: result("person_tracking"), wasDoneBefore: false)
        let fractions = told.values.map(\.fraction)
        #expect(fractions == fractions.sorted())
        #expect(fractions.contains(0.25))
        #expect(fractions.contains(0.875))
        #expect(fractions.last == 1)
        #expect(told.values.last?.remainingSeconds == 0)
    }

    @Test func whatWasDoneBeforeCountsAsDoneAndNotAsSpeed() throws {
        let progress = progress()
        progress.finish(0, result: result("scene_detection"), wasDoneBefore: true)
        progress.observe(frames(.detect, 600, 1000, resumed: 600))
        progress.observe(frames(.detect, 700, 1000, resumed: 600))
        let last = try #require(told.values.last)
        #expect(last.fraction == 0.6875)
        #expect(last.framesPerSecond == 100)
        // 25 of cost took the 2 seconds there were; 125 are left.
        #expect(last.remainingSeconds == 10)
    }

    @Test func aFailedPipelineDoesNotHoldTheOthersBack() {
        let progress = progress()
        progress.observe(frames(.scan, 2, 10))
        progress.finish(0, result: result("scene_detection", .failed), wasDoneBefore: false)
        progress.observe(frames(.detect, 0, 10))
        #expect(told.values.last?.fraction == 0.25)
    }

    @Test func aChunkIsToldBeforeItsWorkBegins() throws {
        let progress = progress()
        progress.observe(frames(.scan, 0, 100))
        progress.observe(.chunk(.scan, 3))
        progress.observe(.chunk(.scan, 4))
        #expect(told.values.map(\.chunk?.index) == [nil, 3, 4])
        #expect(told.values.last?.chunk?.stage == "scan")
    }

    @Test func ordinaryReportsComeAtMostTenTimesASecond() {
        let progress = progress()
        for done in 0...1000 {
            clock.advance(0.001)
            progress.observe(.progress(StageProgress(stage: .scan, done: done, total: 1001)))
        }
        #expect((8...12).contains(told.values.count))
    }
}

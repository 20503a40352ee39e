import FileSafety
import Foundation
import Inference
import Media
import Model
import TestSupport
import Testing

@testable import Pipelines

/// The detect stage on a real video, with an analyzer that needs no model.
@Suite(.serialized) struct DetectStageTests {
    private let source: VideoSource

    init() throws { source = try VideoSource(opening: TestEnvironment.vtest) }

    private func checkpoints(_ folder: URL, settings: String = "a") throws -> CheckpointFolder {
        try CheckpointFolder(
            in: OutputDirectory(path: folder.path), fingerprint: DetectionFingerprint(of: [settings]),
            observer: { _ in })
    }

    private func run(
        _ folder: URL, _ analyzer: PixelHashAnalyzer, lanes: Int = 2, stride: Int = 1, settings: String = "a",
        cancellation: Cancellation = Cancellation(), observer: @escaping PipelineObserver = { _ in }
    ) throws -> DetectStage.Outcome {
        try DetectStage(
            source: source, analyzer: analyzer, wanted: WantedFrames(.every(stride), of: source.frameTimes),
            lanes: lanes,
            checkpoints: checkpoints(folder, settings: settings)
        ).run(cancellation: cancellation, observer: observer)
    }

    /// The chunk files under `folder`, by name.
    private func files(_ folder: URL) throws -> [String: Data] {
        let root = folder.appendingPathComponent(CheckpointFolder.name)
        var files: [String: Data] = [:]
        for run in try FileManager.default.contentsOfDirectory(atPath: root.path) {
            let inner = root.appendingPathComponent(run)
            for name in try FileManager.default.contentsOfDirectory(atPath: inner.path) {
                files[name] = try Data(contentsOf: inner.appendingPathComponent(name))
            }
        }
        return files
    }

    @Test(arguments: [1, 3, 8]) func theNumberOfLanesChangesNothing(lanes: Int) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (one, many) = (folder.appendingPathComponent("one"), folder.appendingPathComponent("many"))
            let reference = try run(one, PixelHashAnalyzer(), lanes: 2)
            let outcome = try run(many, PixelHashAnalyzer(), lanes: lanes)
            #expect(outcome.frames == reference.frames)
            #expect(outcome.frames.map(\.frame) == Array(0..<source.facts.frameCount))
            #expect(try files(one) == files(many))
        }
    }

    @Test(arguments: [2, 7, 1000]) func everyNthFrameIsAnalysedCountedFromTheVideosFirst(stride: Int) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let frames = try run(folder, PixelHashAnalyzer(), stride: stride).frames
            #expect(frames.map(\.frame) == Array(Swift.stride(from: 0, to: source.facts.frameCount, by: stride)))
        }
    }

    @Test func aStoppedRunGoesOnWhereItWasAndEndsTheSame() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (unbroken, broken) = (folder.appendingPathComponent("u"), folder.appendingPathComponent("b"))
            let reference = try run(unbroken, PixelHashAnalyzer())
            var total = 0
            var isDone = false
            for attempt in 1...20 where !isDone {
                let cancellation = Cancellation()
                let analyzer = PixelHashAnalyzer { if $0 == 150 { cancellation.cancel() } }
                do {
                    let outcome = try run(broken, analyzer, lanes: attempt % 3 + 1, cancellation: cancellation)
                    #expect(outcome.frames == reference.frames)
                    isDone = true
                } catch let failure as PipelineFailure {
                    #expect(failure.code == .cancelled)
                    #expect(failure.hint?.contains("same command") == true)
                }
                total += analyzer.analyzed.withLock { $0.count }
            }
            #expect(isDone)
            #expect(try files(unbroken) == files(broken))
            #expect(total < 2 * source.facts.frameCount, "rework is bounded: \(total) frames were analysed")
        }
    }

    @Test func aFinishedRunIsNotDoneAgain() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let reference = try run(folder, PixelHashAnalyzer())
            let second = PixelHashAnalyzer()
            let outcome = try run(folder, second)
            #expect(second.analyzed.withLock { $0.isEmpty })
            #expect(outcome.frames == reference.frames)
            #expect(outcome.resumedFrames == source.facts.frameCount)
        }
    }

    @Test func anotherFingerprintStartsAfresh() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            _ = try run(folder, PixelHashAnalyzer(), settings: "a")
            let second = PixelHashAnalyzer()
            _ = try run(folder, second, settings: "b")
            #expect(second.analyzed.withLock { $0.count } == source.facts.frameCount)
        }
    }

    @Test func damagedCheckpointsAreReportedAndDoneAgain() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let reference = try run(folder, PixelHashAnalyzer())
            let intact = try files(folder)
            let root = folder.appendingPathComponent(CheckpointFolder.name)
            let inner = root.appendingPathComponent(try FileManager.default.contentsOfDirectory(atPath: root.path)[0])
            let names = intact.keys.sorted()
            try intact[names[0]]?.prefix(100).write(to: inner.appendingPathComponent(names[0]))
            var flipped = try #require(intact[names[1]])
            flipped[flipped.count / 2] ^= 4
            try flipped.write(to: inner.appendingPathComponent(names[1]))
            try Data().write(to: inner.appendingPathComponent(names[2]))
            // A sound checkpoint under another chunk's name.
            try intact[names[4]]?.write(to: inner.appendingPathComponent(names[3]))

            let warnings = Collected<String>()
            let again = PixelHashAnalyzer()
            let outcome = try run(
                folder, again, observer: { if case .warning(let text) = $0 { warnings.append(text) } })
            #expect(outcome.frames == reference.frames)
            #expect(try files(folder) == intact)
            #expect(warnings.values.count == 4)
            #expect(again.analyzed.withLock { $0.count } < source.facts.frameCount / 2)
        }
    }

    @Test func aLanesErrorEndsTheStageAndFinishedChunksStay() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let failing = PixelHashAnalyzer { if $0 >= 400 { throw PixelHashAnalyzer.Refused() } }
            #expect(throws: PixelHashAnalyzer.Refused.self) { try run(folder, failing, lanes: 3) }
            let kept = try files(folder).count
            #expect(kept > 0)
            let again = PixelHashAnalyzer()
            _ = try run(folder, again)
            #expect(again.analyzed.withLock { $0.count } < source.facts.frameCount)
        }
    }

    @Test func progressOnlyGrowsAndEndsAtTheTotal() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let reports = Collected<StageProgress>()
            _ = try run(
                folder, PixelHashAnalyzer(), lanes: 3,
                observer: { if case .progress(let progress) = $0 { reports.append(progress) } })
            let done = reports.values.map(\.done)
            #expect(done == done.sorted())
            #expect(reports.values.last?.done == source.facts.frameCount)
            #expect(reports.values.allSatisfy { $0.total == source.facts.frameCount })
        }
    }
}

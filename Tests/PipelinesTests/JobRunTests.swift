import Formats
import Foundation
import Model
import PluginWire
import TestSupport
import Testing

@testable import Pipelines

/// A job's run in this process: the real model on a real video.
@Suite(.serialized) struct JobRunTests {
    private let registry: PipelineRegistry
    private let environment = ProcessInfo.processInfo.environment

    init() throws { registry = try PipelineRegistry.load(environment: [:]) }

    private func plan(
        _ folder: URL, _ config: WireValue = ["person": ["pps": 1]], pipelines: [String] = ["person"],
        video: String = TestEnvironment.vtest, name: String = "yard.avi"
    ) throws -> JobPlan {
        JobPlan(
            videoPath: video, videoName: name, output: folder.path,
            pipelines: try registry.plan(config: config, pipelines: pipelines), lanes: 2)
    }

    private func run(
        _ plan: JobPlan, cancellation: Cancellation = Cancellation(), observer: @escaping JobRunObserver = { _ in }
    ) throws -> JobRunOutcome {
        try JobRun(plan: plan, environment: environment).run(cancellation: cancellation, observer: observer)
    }

    private func files(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !name.hasPrefix(".") {
            files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
        }
        return files
    }

    @Test func peopleAreTrackedIntoFilesNamedAfterTheVideo() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let events = Collected<JobRunEvent>()
            let outcome = try run(try plan(folder), observer: { events.append($0) })
            let result = try #require(outcome.results.first)
            #expect(outcome.results.count == 1 && outcome.message == nil && outcome.retryable == nil)
            #expect(result.status == .completed && result.annotationCount > 50)
            let files = try files(folder)
            let base = try #require(result.outputFile?.prefix { $0 != "p" })
            #expect(base.hasPrefix("yard_") && base.utf8.count == "yard_12345678_".utf8.count)
            #expect(result.files.sorted() == files.keys.filter { $0 != "results.json" }.sorted())
            #expect(result.outputFile == "\(base)person_tracking.coco.json")

            let main = try #require(result.outputFile)
            let coco = try COCODocument(reading: [UInt8](#require(files[main])), named: "coco")
            #expect(coco.annotations.count == result.annotationCount)
            #expect(coco.images.map(\.id).prefix(2) == ["yard_frame_0", "yard_frame_10"])
            #expect(coco.images[0].fileName == "\(base)frame_0.jpg")
            for annotation in coco.annotations {
                #expect(annotation.personID == annotation.trackID.map { "track_\($0)" })
                #expect(annotation.personLabel == "unknown" && annotation.labelConfidence == 0)
                #expect(annotation.labelingMethod == "none" && annotation.categoryID == 1)
            }
            let written = try JobResultsFile(
                reading: [UInt8](#require(files["results.json"])), named: "results.json")
            #expect(written.pipelines == outcome.results)

            let fractions = events.values.compactMap { if case .progress(let p) = $0 { p.fraction } else { nil } }
            #expect(fractions == fractions.sorted() && fractions.last == 1)
        }
    }

    @Test func withoutTrackingThereAreDetectionsOnly() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let outcome = try run(try plan(folder, ["person": ["pps": 0.5, "track_mode": false]]))
            let result = try #require(outcome.results.first)
            #expect(result.files.count == 1)
            let bytes = try #require(files(folder)[result.files[0]])
            let coco = try COCODocument(reading: [UInt8](bytes), named: "coco")
            #expect(coco.annotations.count == result.annotationCount && !coco.annotations.isEmpty)
            #expect(coco.annotations.allSatisfy { $0.trackID == nil && $0.score >= 0.4 })
            #expect(coco.annotations.allSatisfy { $0.personID == "detection_\($0.id)" && $0.personLabel == "unknown" })
        }
    }

    @Test func stoppedItStopsAndRunAgainItEndsTheSame() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (whole, broken) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("broken"))
            let reference = try run(try plan(whole))
            let cancellation = Cancellation()
            let failure = #expect(throws: JobRunFailure.self) {
                try run(
                    try plan(broken), cancellation: cancellation,
                    observer: { if case .progress(let progress) = $0, progress.done >= 20 { cancellation.cancel() } })
            }
            #expect(failure?.reason == .cancelled && failure?.isPermanent == false)
            #expect(try files(broken).isEmpty)
            let outcome = try run(try plan(broken))
            #expect(outcome.results.map(\.annotationCount) == reference.results.map(\.annotationCount))
            var (left, right) = (try files(whole), try files(broken))
            left["results.json"] = nil
            right["results.json"] = nil
            #expect(left == right)
        }
    }

    @Test func aFinishedPipelineIsNotRunAgain() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let first = try run(try plan(folder))
            let notes = Collected<String>()
            let again = try run(
                try plan(folder), observer: { if case .note(let text) = $0 { notes.append(text) } })
            #expect(again == first, "its record has the times of the run that did it")
            #expect(notes.values == ["person_tracking was finished by an earlier run"])
            // A file that went missing is made again.
            try FileManager.default.removeItem(at: folder.appendingPathComponent(first.results[0].files[1]))
            #expect(try run(try plan(folder)).results[0].startTime >= first.results[0].startTime)
            #expect(try files(folder).count == 4)
        }
    }

    @Test func aPipelineThatFailsDoesNotStopTheOthers() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            var plan = try plan(folder)
            plan.pipelines.insert(PlannedPipeline(name: "unheard_of", runs: "unheard_of", settings: [:]), at: 0)
            let outcome = try run(plan)
            #expect(outcome.results.map(\.status) == [.failed, .completed])
            #expect(outcome.message == "Completed with errors. Failed pipelines: unheard_of")
            #expect(outcome.retryable == nil)
        }
    }

    @Test func whereNothingCanBeDoneTheCauseIsClassed() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let noVideo = folder.appendingPathComponent("text.mp4")
            try Data("no video".utf8).write(to: noVideo)
            func failure(_ plan: JobPlan) throws -> JobRunFailure {
                let failure = #expect(throws: JobRunFailure.self) { try run(plan) }
                return try #require(failure)
            }
            let invalid = try failure(plan(folder, video: noVideo.path))
            #expect(invalid.reason == .invalidVideo && invalid.isPermanent)
            let missing = try failure(plan(folder, video: "/nonexistent.mp4"))
            #expect(missing.reason == .videoNotFound && missing.isPermanent)
            var none = try plan(folder)
            none.pipelines = []
            #expect(try failure(none).reason == .invalidConfig)
            var unknown = try plan(folder)
            unknown.pipelines[0].settings["model"] = "no-such-model"
            let model = try failure(unknown)
            #expect(model.reason == .modelUnavailable && model.isPermanent)
            #expect(JobRunFailure(PipelineFailure(code: .storageFull, message: "")).isPermanent == false)
            #expect(
                JobRunFailure(PipelineFailure(code: .internalError, message: "CUDA failure 2: out of memory")).reason
                    == .gpuOutOfMemory)
        }
    }

    @Test func aPlanIsReadBackAsItWasWritten() throws {
        var plan = try plan(URL(fileURLWithPath: "/results"), ["person": ["start_score": .null, "tiles": "2x2"]])
        plan.sha256 = "ab"
        plan.pluginFolders = ["/plugins"]
        #expect(try JobPlan(json: plan.json()) == plan)
        #expect(try JobPlan(json: plan.json()).json() == plan.json())
        #expect(throws: PipelineFailure.self) { try JobPlan(json: Array("{}".utf8)) }
    }

    @Test(arguments: [
        ("match.mp4", "match"), ("../../etc/passwd", "passwd"), (".hidden.mp4", "hidden"), ("a\u{0}b\nc.mov", "a_b_c"),
        ("übung 1.avi", "übung 1"), ("", "video"), ("...", "video"), ("x/", "x"), ("noextension", "noextension"),
        (String(repeating: "é", count: 300) + ".mp4", String(repeating: "é", count: 50)),
    ])
    func resultsAreNamedAfterWhateverTheVideoIsCalled(name: String, stem: String) {
        let names = ResultNames(videoName: name, sha256: "0123456789abcdef")
        #expect(names.stem == stem && names.base == "\(stem)_01234567")
    }
}

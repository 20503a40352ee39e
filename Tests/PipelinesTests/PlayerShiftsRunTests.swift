import Formats
import Foundation
import Inference
import Media
import PluginWire
import TestSupport
import Testing

@testable import Pipelines

private enum Models {
    static let areHere: Bool = {
        guard let catalogue = try? ModelCatalogue.builtIn() else { return false }
        let store = ModelStore(catalogue: catalogue, environment: ProcessInfo.processInfo.environment)
        return ["picodet-s-416", NumberReader.defaultModel].allSatisfy { name in
            (try? catalogue.entry(named: name)).map(store.isComplete) ?? false
        }
    }()
}

/// The pipeline `player_shifts` as jobs run it, in this process: the real models on rendered videos.
@Suite(.serialized, .enabled(if: Models.areHere, "needs `gantry models fetch --all`"))
struct PlayerShiftsRunTests {
    private let registry: PipelineRegistry

    init() throws { registry = try PipelineRegistry.load(environment: [:]) }

    private func run(
        _ video: String, in folder: URL, _ settings: WireValue, environment: [String: String] = [:],
        cancellation: Cancellation = Cancellation(), observer: @escaping JobRunObserver = { _ in }
    ) throws -> JobRunOutcome {
        let plan = JobPlan(
            videoPath: video, videoName: "game.mp4", output: folder.path,
            pipelines: try registry.plan(config: ["player_shifts": settings], pipelines: ["player_shifts"]), lanes: 2)
        return try JobRun(plan: plan, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 })
            .run(cancellation: cancellation, observer: observer)
    }

    private func results(_ folder: URL) throws -> ShiftResultsDocument {
        try ShiftResultsDocument(
            reading: [UInt8](Data(contentsOf: folder.appendingPathComponent("player_shifts/results.json"))),
            named: "results.json")
    }

    /// Every file of the shifts, by its path.
    private func files(_ folder: URL) throws -> [String: Data] {
        let root = folder.appendingPathComponent("player_shifts")
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) {
            let url = root.appendingPathComponent(path)
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            files[path] = try Data(contentsOf: url)
        }
        return files
    }

    @Test(
        arguments: [(["verify_mode": true], [:]), (["player_number": 17], ["WORKER_VERIFY_ONLY": "1"])]
            as [(WireValue, [String: String])])
    func `a run that only verifies opens the video and says so`(
        settings: WireValue, environment: [String: String]
    ) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [5])
            let out = folder.appendingPathComponent("out")
            let outcome = try run(video, in: out, settings, environment: environment)
            #expect(outcome.message == "verified" && !outcome.hasFailures)
            let results = try results(out)
            #expect(results.finding == "verified" && results.clips.isEmpty && results.artifacts.isEmpty)
            #expect(try Set(files(out).keys) == ["results.json"])
        }
    }

    @Test func `what was verified is not taken for done`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [5])
            _ = try run(video, in: folder, ["player_number": 17], environment: ["WORKER_VERIFY_ONLY": "1"])
            let failure = #expect(throws: JobRunFailure.self) { try run(video, in: folder, ["player_number": 17]) }
            #expect(failure?.reason == .playerNotFound)
        }
    }

    @Test func `a video that cannot be decoded is not verified`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("text.mp4")
            try Data("no video".utf8).write(to: video)
            let failure = #expect(throws: JobRunFailure.self) {
                try run(video.path, in: folder.appendingPathComponent("out"), ["verify_mode": true])
            }
            #expect(failure?.reason == .invalidVideo)
        }
    }

    @Test func `without a clip the job fails for good, with the overlay and the timeline to look at`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [10, 10])
            let out = folder.appendingPathComponent("out")
            let failure = #expect(throws: JobRunFailure.self) { try run(video, in: out, ["player_number": 17]) }
            #expect(failure?.reason == .playerNotFound && failure?.isPermanent == true)
            let message = try #require(failure?.message)
            #expect(message.contains("debug_overlay.mp4") && message.contains("debug.json"))
            let files = try files(out)
            #expect(
                Set(files.keys) == [
                    "debug.json", "debug_overlay.mp4", "results.json", "shifts.csv", "shifts.json", "tracks.json",
                ])
            let overlay = try VideoSource(opening: out.path + "/player_shifts/debug_overlay.mp4")
            #expect(overlay.facts.frameCount == 20)
            let results = try results(out)
            #expect(results.finding == "nobody" && results.clips.isEmpty)
            #expect(
                results.artifacts.contains { $0.type == .debugOverlay }
                    && results.artifacts.contains { $0.type == .timeline })
            let debug = try JSONDecoder().decode(
                ShiftDebugDocument.self, from: #require(files["debug.json"]))
            #expect(debug.overlayPath == "debug_overlay.mp4" && !debug.seconds.isEmpty)
        }
    }

    @Test func `who is asked for by nothing is nobody, at once`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [5])
            let failure = #expect(throws: JobRunFailure.self) { try run(video, in: folder, [:]) }
            #expect(failure?.reason == .invalidConfig && failure?.isPermanent == true)
        }
    }

    @Test func `a player's shifts become clips, and a run that was stopped ends the same`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "6", "--seed", "3"])
            let settings: WireValue = [
                "player_number": 17, "jersey_color": "#203524", "debug_overlay": true, "pre_roll": 0.2,
                "post_roll": 0.2,
                "min_track_seconds": 0.3,
            ]
            let out = folder.appendingPathComponent("out")
            let events = Collected<JobRunProgress>()
            let outcome = try run(
                game.video, in: out, settings,
                observer: { if case .progress(let progress) = $0 { events.append(progress) } })
            #expect(outcome.message?.contains("on camera") == true)
            let fractions = events.values.map(\.fraction)
            #expect(fractions == fractions.sorted() && fractions.last == 1)
            let stages = events.values.map(\.stage).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
            #expect(stages == ["proxy", "tracking", "identifying", "exporting"])

            let results = try results(out)
            #expect(results.finding == "found" && !results.clips.isEmpty)
            for (index, clip) in results.clips.enumerated() {
                #expect(clip.path == "clips/clip_00\(index + 1).mp4" && (0..<1).contains(clip.confidence))
                let cut = try VideoSource(opening: "\(out.path)/player_shifts/\(clip.path)")
                #expect(abs(Double(cut.facts.frameCount) / 25 - (clip.end - clip.start)) < 0.001)
            }
            let combined = try VideoSource(opening: "\(out.path)/player_shifts/combined.mp4")
            #expect(
                abs(Double(combined.facts.frameCount) / 25 - results.clips.reduce(0) { $0 + $1.end - $1.start }) < 0.001
            )
            #expect(try VideoSource(opening: "\(out.path)/player_shifts/debug_overlay.mp4").facts.frameCount == 150)
            let whole = try files(out)
            #expect(whole["shifts.edl"] != nil && whole["shifts.csv"] != nil && whole["tracks.json"] != nil)
            #expect(Set(outcome.results[0].files) == Set(whole.keys.map { "player_shifts/\($0)" }))

            let broken = folder.appendingPathComponent("broken")
            for stage in ["tracking", "identifying", "exporting"] {
                let cancellation = Cancellation()
                let failure = #expect(throws: JobRunFailure.self) {
                    try run(
                        game.video, in: broken, settings, cancellation: cancellation,
                        observer: {
                            if case .progress(let progress) = $0, progress.stage == stage, progress.done > 3 {
                                cancellation.cancel()
                            }
                        })
                }
                #expect(failure?.reason == .cancelled, "\(stage)")
                #expect(try files(broken)["results.json"] == nil)
            }
            _ = try run(game.video, in: broken, settings)
            #expect(try files(broken) == whole)

            // Other settings in the same folder leave nothing of these behind.
            let failure = #expect(throws: JobRunFailure.self) {
                try run(game.video, in: broken, ["player_number": 88, "jersey_color": "#203524"])
            }
            #expect(failure?.reason == .playerNotFound)
            #expect(
                try files(broken).keys.allSatisfy {
                    !$0.hasPrefix("clips/") && $0 != "combined.mp4" && $0 != "shifts.edl"
                })
        }
    }
}

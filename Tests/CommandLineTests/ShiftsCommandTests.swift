import Foundation
import Inference
import Media
import Model
import TestSupport
import Testing

private enum Models {
    static let areHere: Bool = {
        guard let catalogue = try? ModelCatalogue.builtIn() else { return false }
        let store = ModelStore(catalogue: catalogue, environment: ProcessInfo.processInfo.environment)
        return ["picodet-s-416", NumberReader.defaultModel].allSatisfy { name in
            (try? catalogue.entry(named: name)).map(store.isComplete) ?? false
        }
    }()
}

/// `gantry shifts` as a user runs it: the real program, the real models, rendered games.
@Suite(.serialized, .enabled(if: Models.areHere, "needs `gantry models fetch --all`"))
struct ShiftsCommandTests {
    private static let (home, away) = ("#203524", "#e8e8ec")

    private struct Result: Decodable {
        struct Shift: Decodable {
            var start: Double
            var end: Double
        }

        var finding: String
        var message: String
        var notes: [String]
        var shifts: [Shift]
        var numbers_read: [String: Int]
    }

    private struct Debug: Decodable {
        struct Segment: Decodable {
            var start: Double
            var end: Double
        }

        struct Second: Decodable { var why: String }

        var raw_segments: [Segment]
        var seconds: [Second]
    }

    private func shifts(
        _ video: String, _ arguments: [String], in out: URL
    ) throws -> (status: Int32, result: Result, debug: Debug) {
        let run = try GantryProgram.run(["shifts", video, "--out", out.path, "--quiet", "--json"] + arguments)
        try #require([0, 1].contains(run.status), "\(run.errors)")
        let file = try Data(contentsOf: out.appendingPathComponent("shifts.json"))
        #expect(file == run.output || file == run.output.dropLast())
        return (
            run.status, try JSONDecoder().decode(Result.self, from: file),
            try JSONDecoder().decode(
                Debug.self, from: Data(contentsOf: out.appendingPathComponent("debug.json")))
        )
    }

    @Test func `players of a rendered game are found where they are`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "10", "--seed", "3"])
            let out = folder.appendingPathComponent("out")
            var (both, ours, theirs) = (0, 0, 0)
            for player in game.players {
                // Those who show their backs in these seconds; every question costs a start of the program.
                guard let number = player.number,
                    player.team == 0 ? [17, 4].contains(number) : [9, 20].contains(number)
                else { continue }
                let colour = player.team == 0 ? Self.home : Self.away
                let (_, result, debug) = try shifts(
                    game.video, ["--number", "\(number)", "--jersey-color", colour], in: out)
                #expect(debug.seconds.count == 10 && debug.seconds.allSatisfy { !$0.why.isEmpty })
                let visible = game.isVisible(team: player.team, number: number)
                for (frame, isVisible) in visible.enumerated() {
                    let time = Double(frame) / game.frameRate
                    let isIn =
                        result.finding == "found"
                        && debug.raw_segments.contains { $0.start <= time && time <= $0.end }
                    both += isIn && isVisible ? 1 : 0
                    ours += isIn ? 1 : 0
                    theirs += isVisible ? 1 : 0
                }
            }
            // Of some players nobody sees the back: what is found must be right, and must be something.
            // Benchmarks/shifts.py measures how much.
            #expect(Double(both) > 0.85 * Double(ours))
            #expect(Double(both) > 0.2 * Double(theirs))
        }
    }

    @Test func `what is not there is answered with what is`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "5", "--seed", "3"])
            let out = folder.appendingPathComponent("out")
            let missing = try shifts(game.video, ["--number", "88", "--jersey-color", Self.home], in: out)
            #expect(missing.status == 1 && missing.result.shifts.isEmpty)
            #expect(["number_not_seen", "other_colour"].contains(missing.result.finding))
            #expect(!missing.result.numbers_read.isEmpty)
            let wrong = try shifts(game.video, ["--number", "17", "--jersey-color", "#d01090"], in: out)
            #expect(wrong.status == 1 && wrong.result.finding == "colour_not_seen")
            #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("shifts.csv").path))
        }
    }

    /// Every published file below the folder, but for records with times in them.
    private func files(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        where !path.hasPrefix(".") && path != "results.json" {
            let url = folder.appendingPathComponent(path)
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
            files[path] = try Data(contentsOf: url)
        }
        return files
    }

    @Test func `clips are cut with the search, as they are asked for`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "4", "--seed", "3"])
            let out = folder.appendingPathComponent("out")
            let asked = [
                "--number", "17", "--jersey-color", Self.home, "--min-track-seconds", "0.3", "--pre-roll", "0",
                "--post-roll", "0",
            ]
            let (status, result, debug) = try shifts(game.video, asked + ["--combined", "--debug-overlay"], in: out)
            #expect(status == 0)
            for (shift, segment) in zip(result.shifts, debug.raw_segments) {
                #expect(abs(shift.start - segment.start) < 0.001 && abs(shift.end - segment.end) < 0.001)
            }
            let with = try files(out)
            let expected = ["shifts.edl", "combined.mp4", "debug_overlay.mp4", "clips/clip_001.mp4"]
            #expect(expected.allSatisfy { with[$0] != nil })
            let edl = String(decoding: try #require(with["shifts.edl"]), as: UTF8.self)
            #expect(edl.hasPrefix("TITLE:"))
            // The same without: what is not asked for any more goes.
            _ = try shifts(game.video, asked, in: out)
            let without = try files(out)
            #expect(without["shifts.edl"] == with["shifts.edl"] && without["shifts.json"] == with["shifts.json"])
            #expect(without.keys.allSatisfy { !$0.hasSuffix(".mp4") })
        }
    }

    @Test func `a job for shifts that is killed again and again ends as one that nothing disturbed`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "4", "--seed", "3"])
            func arguments(_ out: URL) -> [String] {
                [
                    "analyze", game.video, "--pipelines", "player_shifts", "--out", out.path, "--config",
                    """
                    {"player_shifts": {"player_number": 17, "jersey_color": "#203524", "min_track_seconds": 0.3, \
                    "pre_roll": 0.2, "post_roll": 0.2, "debug_overlay": true}}
                    """,
                ]
            }
            let (whole, broken) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("broken"))
            let run = try GantryProgram.run(arguments(whole))
            try #require(run.status == 0, "\(run.errors)")
            // The lines of each stage's progress, not the one that it ends with.
            for text in ["tracking  [", "identifying   ", "exporting   "] {
                let killed = try GantryProgram(arguments(broken)).run(sending: SIGKILL, after: text)
                #expect(killed.status == 128 + SIGKILL, "\(killed.errors)")
            }
            let ended = try GantryProgram.run(arguments(broken))
            #expect(ended.status == 0, "\(ended.errors)")
            let (left, right) = try (files(whole), files(broken))
            #expect(left.keys.contains("player_shifts/clips/clip_001.mp4"))
            #expect(left.keys.sorted() == right.keys.sorted())
            for (path, bytes) in left { #expect(right[path] == bytes, "\(path)") }
        }
    }

    @Test func `a grey video is said to be one`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let game = try SyntheticGame(in: folder, ["--seconds", "5", "--seed", "3", "--grey"])
            let (_, result, _) = try shifts(
                game.video, ["--number", "17", "--jersey-color", "#b01828"],
                in: folder.appendingPathComponent("out"))
            #expect(result.notes.contains { $0.contains("no colours") })
        }
    }

    @Test(
        arguments: [
            (["--number", "170"], "one or two digits"),
            (["--number", "17", "--jersey-color", "green"], "is no colour"),
            (["--number", "17", "--click", "1,1.2,0.5"], "outside of the picture"),
            (["--number", "17", "--click", "1,2"], "t,x,y"),
            (["--number", "17", "--click", "99,0.5,0.5"], "video's end"),
            (["--jersey-color", "#203524"], "neither a number nor a click"),
            (["--number", "17", "--ocr-min-conf", "2"], "--ocr-min-conf lies between 0"),
            (["--number", "17", "--pre-roll", "61"], "--pre-roll lies between 0"),
            (["--number", "17", "--min-track-seconds", "0"], "--min-track-seconds lies between 0.1"),
        ])
    func `what cannot be asked is refused in words`(arguments: [String], words: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [10])
            let run = try GantryProgram.run(
                ["shifts", video, "--out", folder.appendingPathComponent("out").path] + arguments)
            #expect(run.status == 64, "\(run.errors)")
            #expect(run.errors.contains(words), "\(run.errors)")
        }
    }

    @Test func `an empty file is no video, and a video without people has nobody`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let empty = folder.appendingPathComponent("empty.mp4")
            try Data().write(to: empty)
            let run = try GantryProgram.run(["shifts", empty.path, "--number", "17"])
            #expect([65, 66].contains(run.status), "\(run.errors)")
            let video = folder.appendingPathComponent("cuts.mp4").path
            try CutVideo.make(video, lengths: [15, 15])
            let (status, result, _) = try shifts(video, ["--number", "17"], in: folder.appendingPathComponent("out"))
            #expect(status == 1 && result.finding == "nobody")
        }
    }
}

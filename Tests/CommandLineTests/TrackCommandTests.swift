import Formats
import Foundation
import Media
import Model
import Pipelines
import TestSupport
import Testing

/// `gantry track` as a user runs it: the real program, the real model, a real video.
@Suite(.serialized) struct TrackCommandTests {
    /// Every fourth of vtest's 795 frames is enough to find its pedestrians, and keeps the tests short.
    private static let options = ["track", TestEnvironment.vtest, "--stride", "4"]

    private func contents(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !name.hasPrefix(".") {
            files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
        }
        return files
    }

    /// The summary without what differs from run to run.
    private func withoutTimings(_ summary: Data?) throws -> NSDictionary {
        let bytes = try #require(summary)
        var object = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        object["timings"] = nil
        return object as NSDictionary
    }

    private func expectEqualResults(_ a: URL, _ b: URL) throws {
        var (left, right) = (try contents(a), try contents(b))
        #expect(
            try withoutTimings(left.removeValue(forKey: "summary.json"))
                == withoutTimings(right.removeValue(forKey: "summary.json")))
        #expect(left.keys.sorted() == right.keys.sorted())
        for (name, bytes) in left { #expect(bytes == right[name], "\(name) differs") }
    }

    @Test func aVideoBecomesTracksFilesAndAnOverlay() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("results")
            let run = try GantryProgram.run(Self.options + ["--out", out.path, "--overlay", "--json"])
            #expect(run.status == 0, "\(run.errors)")
            let files = try contents(out)
            #expect(
                files.keys.sorted() == [
                    "overlay.mp4", "poster.jpg", "summary.json", "tracks.coco.json", "tracks.json", "tracks.mot.txt",
                ])
            #expect(run.output == files["summary.json"])

            let summary = try RunSummary<TrackSettings>(
                reading: [UInt8](#require(files["summary.json"])), named: "summary.json")
            #expect(summary.video.frameCount == 795)
            #expect(summary.counts.framesAnalysed == 199)
            // About a dozen people cross the yard; a person sees 15 to 25 passages.
            #expect((8...60).contains(summary.counts.tracksByClass["person"] ?? 0))
            #expect(summary.engine.modelSHA256.count == 64)

            let rows = try MOTText.rows(in: [UInt8](#require(files["tracks.mot.txt"])), named: "tracks.mot.txt")
            #expect(rows.count == summary.counts.boxes)
            #expect(rows.allSatisfy { ($0.frame - 1) % 4 == 0 })
            let document = try TracksDocument(reading: [UInt8](#require(files["tracks.json"])), named: "tracks.json")
            #expect(document.tracks.count == summary.counts.tracks)
            let overlay = try VideoSource(opening: out.appendingPathComponent("overlay.mp4").path)
            #expect(overlay.facts.frameCount == 795)
            #expect(overlay.facts.codec == "h264")
            #expect(try #require(files["poster.jpg"]).starts(with: [0xFF, 0xD8, 0xFF]))
        }
    }

    @Test func killedAgainAndAgainTheResultIsThatOfAnUnbrokenRun() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (whole, broken) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("broken"))
            #expect(try GantryProgram.run(Self.options + ["--out", whole.path, "--jobs", "2"]).status == 0)
            for (share, jobs) in [("25%", "1"), ("50%", "3"), ("75%", "2")] {
                let killed = try GantryProgram(Self.options + ["--out", broken.path, "--jobs", jobs])
                    .run(sending: SIGKILL, after: share)
                #expect(killed.status == 128 + SIGKILL)
            }
            let last = try GantryProgram.run(Self.options + ["--out", broken.path, "--jobs", "3"])
            #expect(last.status == 0)
            #expect(last.errors.contains("from an earlier run"), "\(last.errors)")
            try expectEqualResults(whole, broken)
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func askedToStopItStopsAndSaysHowToGoOn(signal: Int32, status: Int32) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("results")
            let run = try GantryProgram(Self.options + ["--out", out.path]).run(sending: signal, after: "25%")
            #expect(run.status == status)
            #expect(run.errors.contains("Run the same command again"), "\(run.errors)")
            #expect(try contents(out).isEmpty)
        }
    }

    @Test func onlineAndOfflineShareTheDetections() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("results")
            #expect(try GantryProgram.run(Self.options + ["--out", out.path]).status == 0)
            let online = try GantryProgram.run(Self.options + ["--out", out.path, "--mode", "online"])
            #expect(online.status == 0)
            #expect(online.errors.contains("199 from an earlier run"), "\(online.errors)")
            #expect(
                !String(decoding: try #require(contents(out)["tracks.json"]), as: UTF8.self).contains("interpolated"))
        }
    }

    @Test func withoutAnOutputFolderTheResultsLieBesideTheVideo() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("übung 1.avi")
            try FileManager.default.copyItem(atPath: TestEnvironment.vtest, toPath: video.path)
            let run = try GantryProgram.run(["track", "übung 1.avi", "--stride", "100", "-q"], directory: folder)
            #expect(run.status == 0, "\(run.errors)")
            #expect(try contents(folder.appendingPathComponent("übung 1.gantry")).count == 5)
        }
    }
}

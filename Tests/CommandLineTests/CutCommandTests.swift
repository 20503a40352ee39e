import Foundation
import Media
import TestSupport
import Testing

/// `gantry cut` as a user runs it.
@Suite(.serialized) struct CutCommandTests {
    /// Twelve seconds at 25 frames/s.
    private func video(_ folder: URL) throws -> String {
        let path = folder.appendingPathComponent("match.mp4").path
        try CutVideo.make(path, lengths: [150, 150])
        return path
    }

    private func clips(_ folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where !name.hasPrefix(".") {
            files[name] = try? Data(contentsOf: folder.appendingPathComponent(name))  // folders have none
        }
        return files
    }

    @Test func `a range becomes a clip and its lists`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = try video(folder)
            let run = try GantryProgram.run(["cut", video, "--from", "0:02", "--to", "90f"])
            #expect(run.status == 0, "\(run.errors)")
            #expect(String(decoding: run.output, as: UTF8.self).contains("mpeg4 is not cut without decoding it"))
            let out = folder.appendingPathComponent("match.clips")
            #expect(
                try clips(out).keys.sorted() == ["clips/clip_001.mp4", "shifts.csv", "shifts.edl", "shifts.json"])
            let clip = try VideoSource(opening: out.path + "/clips/clip_001.mp4")
            #expect(clip.facts.frameCount == 40)
            #expect(
                try String(contentsOfFile: out.path + "/shifts.csv", encoding: .utf8)
                    == "start,end,duration,confidence\n2.000,3.600,1.600,\n")
            #expect(
                try String(contentsOfFile: out.path + "/shifts.edl", encoding: .utf8).contains(
                    "001  AX       V     C        00:00:02:00 00:00:03:15 01:00:00:00 01:00:01:15"))
        }
    }

    @Test func `segments get rolls, are merged, dropped and combined`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = try video(folder)
            let list = folder.appendingPathComponent("list.csv").path
            try "start,end,confidence\n1,2,0.5\n2.5,3.5,1\n6,6.1,1\n9,11.9,0.75\n".write(
                toFile: list, atomically: true, encoding: .utf8)
            let out = folder.appendingPathComponent("out")
            let arguments = [
                "cut", video, "--segments", list, "--out", out.path, "--combined", "--pre-roll", "0.4", "--post-roll",
                "0.2", "--merge-gap", "0.1", "--min-length", "1", "--json",
            ]
            let run = try GantryProgram.run(arguments)
            #expect(run.status == 0, "\(run.errors)")
            let document = try #require(JSONSerialization.jsonObject(with: run.output) as? [String: Any])
            let shifts = try #require(document["shifts"] as? [[String: Any]])
            #expect(shifts.map { $0["start"] as? Double } == [0.6, 8.6])
            #expect(shifts.map { $0["end"] as? Double } == [3.72, 12])
            #expect(shifts.map { $0["confidence"] as? Double } == [0.75, 0.75])
            #expect(abs((document["time_on_camera"] as? Double ?? 0) - 4.9) < 1e-9)
            let combined = try VideoSource(opening: out.path + "/combined.mp4")
            #expect(combined.facts.frameCount == 78 + 85)

            // The same command keeps what is there; its files are the same.
            let before = try clips(out)
            let again = try GantryProgram.run(Array(arguments.dropLast()))
            #expect(again.status == 0)
            #expect(String(decoding: again.output, as: UTF8.self).contains(", kept"))
            #expect(try clips(out) == before)
            // Another one does not touch it, unless it is told to.
            let other = ["cut", video, "--from", "1", "--to", "2", "--out", out.path]
            let refused = try GantryProgram.run(other)
            #expect(refused.status == 64 && refused.errors.contains("--overwrite"), "\(refused.errors)")
            #expect(try clips(out) == before)
            #expect(try GantryProgram.run(other + ["--overwrite"]).status == 0)
            #expect(try clips(out)["clips/clip_001.mp4"] != before["clips/clip_001.mp4"])
        }
    }

    @Test func `killed, the same command goes on and ends with the same bytes`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = try video(folder)
            let list = folder.appendingPathComponent("list.json").path
            try "[{\"start\":0,\"end\":4},{\"start\":3,\"end\":8},{\"start\":8,\"end\":12}]".write(
                toFile: list, atomically: true, encoding: .utf8)
            let (whole, broken) = (folder.appendingPathComponent("whole"), folder.appendingPathComponent("broken"))
            let arguments = ["cut", video, "--segments", list, "--combined", "--out"]
            #expect(try GantryProgram.run(arguments + [whole.path]).status == 0)
            let killed = try GantryProgram(arguments + [broken.path]).run(sending: SIGKILL, after: "50%")
            #expect(killed.status == 128 + SIGKILL)
            let last = try GantryProgram.run(arguments + [broken.path])
            #expect(last.status == 0, "\(last.errors)")
            #expect(try clips(whole) == clips(broken))
        }
    }

    @Test(
        arguments: [
            (["--from", "13", "--to", "14"], 64, "the video ends at 12.0 s"), (["--to", "12.5"], 64, "ends at 12.0 s"),
            (["--from", "3", "--to", "3"], 64, "has no length"), (["--from", "5", "--to", "4"], 64, "has no length"),
            (["--from", "1.001", "--to", "1.03"], 64, "holds no frame"), (["--from", "301f"], 64, "no frame 301"),
            ([], 64, "Say what to cut"), (["--from", "x"], 64, "--from"),
            (["--segments", "/nonexistent.csv"], 66, "nonexistent"),
            (["--from", "1", "--pre-roll", "-1"], 64, "--pre-roll"),
            (["--from", "1", "--to", "2", "--min-length", "2"], 64, "no segment is left"),
        ] as [([String], Int32, String)])
    func `what cannot be cut is said clearly`(_ arguments: [String], _ status: Int32, _ text: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = try video(folder)
            let run = try GantryProgram.run(["cut", video] + arguments)
            #expect(run.status == status && run.errors.contains(text), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/match.clips/clips/clip_001.mp4"))
        }
    }

    @Test func `a file without pictures is no video`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.path + "/sound.wav"
            // 44 bytes of header and a second of silence.
            var bytes = Array("RIFF".utf8) + [0x24, 0x3E, 0, 0] + Array("WAVEfmt ".utf8)
            bytes += [16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0]
            bytes += Array("data".utf8) + [0, 0x3E, 0, 0] + [UInt8](repeating: 0, count: 16000)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let run = try GantryProgram.run(["cut", path, "--from", "0", "--to", "1"])
            #expect(run.status == 66 && run.errors.contains("no video stream"), "\(run.errors)")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// What `gantry track` cannot do ends in one clear line, the documented exit status, and no result.
@Suite(.serialized) struct TrackFailureTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// `{folder}` stands for the scratch folder.
        var arguments: [String]
        var status: Int32
        var says: [String]
        var environment: [String: String] = [:]
        var shell: String?

        init(
            _ description: String, _ arguments: [String], _ status: Int32, _ says: String...,
            environment: [String: String] = [:], shell: String? = nil
        ) {
            testDescription = description
            self.arguments = arguments
            self.status = status
            self.says = says
            self.environment = environment
            self.shell = shell
        }
    }

    private static let vtest = TestEnvironment.vtest

    private static let inputs: [Case] = [
        Case("no such video", ["{folder}/none.mp4"], 66, "none.mp4"),
        Case("an empty name", [""], 66, "\"\": "),
        Case("an empty file", ["{folder}/empty.mp4"], 65, "empty.mp4"),
        Case("garbage", ["{folder}/garbage.mp4"], 65, "garbage.mp4"),
        Case("text", ["{folder}/notes.txt"], 65, "notes.txt"),
        Case("a playlist", ["{folder}/list.m3u8"], 67, "list.m3u8", "playlist"),
        Case("a folder", ["{folder}"], 64, "{folder}"),
        Case("a FIFO", ["{folder}/fifo"], 64, "fifo", shell: "mkfifo {folder}/fifo"),
        Case("a device", ["/dev/zero"], 64, "/dev/zero"),
        Case("sound only", ["{folder}/sound.wav"], 66, "sound.wav", "no video"),
        Case("a name that looks like an option", ["--", "-x.mp4"], 66, "-x.mp4"),
        Case("a name that is no text", ["none.mp4"], 64, "UTF-8", shell: "set -- $'bad\\xff.mp4'"),
        Case("a name that looks like a URL", ["http://127.0.0.1:9/x.mp4"], 66, "http://127.0.0.1:9/x.mp4"),
    ]

    private static let settings: [Case] = [
        Case("no video given", [], 64, "<video>"),
        Case("an unknown option", [vtest, "--frobnicate"], 64, "frobnicate"),
        Case("a stride of zero", [vtest, "--stride", "0"], 64, "--stride"),
        Case("tiles of no form", [vtest, "--tiles", "2x"], 64, "--tiles"),
        Case("a confidence above one", [vtest, "--confidence", "40"], 64, "--confidence"),
        Case("a start score of zero", [vtest, "--start-score", "0"], 64, "--start-score"),
        Case("an unknown engine", [vtest, "--engine", "tensorflow"], 64, "--engine"),
        Case("an unknown class", [vtest, "--classes", "person,dodo"], 64, "dodo", "person"),
        Case("an empty list of classes", [vtest, "--classes", ","], 64, "--classes all"),
        Case("an unknown model", [vtest, "--model", "yolo99"], 69, "yolo99", "picodet-s-416"),
        Case("a missing model file", [vtest, "--model", "{folder}/none.onnx"], 69, "none.onnx"),
        Case("a damaged model file", [vtest, "--model", "{folder}/damaged.onnx"], 65, "damaged.onnx"),
        Case("a GPU that is not there", [vtest, "--device", "cuda:63"], 69, "cuda:63"),
        Case("settings that do not exist", [vtest, "--tracking", "{folder}/wrong.json"], 65, "wrong.json", "patienc"),
        Case(
            "a model that was never fetched", [vtest], 69, "gantry models fetch",
            environment: ["GANTRY_CACHE": "{folder}/cache"]),
    ]

    private static let outputs: [Case] = [
        Case("an output that is a file", [vtest, "--out", "{folder}/notes.txt"], 64, "notes.txt"),
        Case("an output below a file", [vtest, "--out", "{folder}/notes.txt/deep"], 64, "notes.txt"),
        Case(
            "files limited to 8 KiB", [vtest, "--stride", "8"], 74, "chunk", shell: "ulimit -f 8"),
    ]

    private func prepare(_ folder: URL) throws {
        let write = { (name: String, data: Data) in try data.write(to: folder.appendingPathComponent(name)) }
        var noise = SplitMix64(seed: 7)
        let garbage = Data((0..<20_000).map { _ in UInt8.random(in: 0...255, using: &noise) })
        try write("empty.mp4", Data())
        try write("garbage.mp4", garbage)
        try write("damaged.onnx", garbage)
        try write("notes.txt", Data("not a video\n".utf8))
        try write("list.m3u8", Data("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n".utf8))
        try write("wrong.json", Data(#"{"patienc": 1}"#.utf8))
        try write("sound.wav", Self.silence)
    }

    /// One second of 8 kHz, 8-bit mono: a canonical RIFF header and its samples.
    private static var silence: Data {
        var wav = Data("RIFF".utf8)
        let put = { (value: UInt32, bytes: Int) in
            wav.append(contentsOf: (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) })
        }
        put(36 + 8000, 4)
        wav.append(Data("WAVEfmt ".utf8))
        for (value, bytes) in [(16, 4), (1, 2), (1, 2), (8000, 4), (8000, 4), (1, 2), (8, 2)] {
            put(UInt32(value), bytes)
        }
        wav.append(Data("data".utf8))
        put(8000, 4)
        wav.append(Data(repeating: 128, count: 8000))
        return wav
    }

    @Test(arguments: inputs + settings + outputs)
    func endsInOneLineAStatusAndNoResult(_ item: Case) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            try prepare(folder)
            let fill = { (text: String) in text.replacingOccurrences(of: "{folder}", with: folder.path) }
            let out = folder.appendingPathComponent("out")
            let hasOut = item.arguments.contains("--out")
            let run = try GantryProgram.run(
                ["track", "-q"] + (hasOut ? [] : ["--out", out.path]) + item.arguments.map(fill),
                environment: item.environment.mapValues(fill), directory: folder, shell: item.shell.map(fill))
            #expect(run.status == item.status, "\(run.errors)")
            #expect(run.output.isEmpty)
            for text in item.says { #expect(run.errors.contains(fill(text)), "\(run.errors)") }
            // Option errors come with the usage; everything else is one line.
            let lines = run.errors.split(separator: "\n")
            #expect(lines.count == 1 || run.errors.contains("Usage: "), "\(run.errors)")
            let results = try? FileManager.default.contentsOfDirectory(atPath: out.path)
            #expect((results ?? []).allSatisfy { $0.hasPrefix(".") }, "\(results ?? [])")
        }
    }

    @Test func aSecondRunOnTheSameFolderIsRefusedAndTheFirstGoesOn() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let out = folder.appendingPathComponent("out").path
            let arguments = ["track", Self.vtest, "--stride", "8", "--out", out]
            let second = Collected()
            let first = try GantryProgram(arguments).run(after: "25%") {
                second.outcome = try? GantryProgram.run(arguments)
            }
            #expect(first.status == 0)
            #expect(second.outcome?.status == 75)
            #expect(second.outcome?.errors.contains("another run") == true)
        }
    }

    @Test func aRunThatFailsLateLeavesNoSummaryOrOverlayOfTheRunBefore() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let arguments = ["track", Self.vtest, "-q", "--stride", "32", "--overlay", "--out", folder.path]
            #expect(try GantryProgram.run(arguments).status == 0)
            // Room for tracks and poster, not for the overlay.
            let late = try GantryProgram.run(arguments + ["--mode", "online"], shell: "ulimit -f 400")
            #expect(late.status == 74)
            #expect(late.errors.contains("\(folder.path)/overlay.mp4: "), "\(late.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(left) == [".gantry", "tracks.mot.txt", "tracks.json", "tracks.coco.json", "poster.jpg"])
        }
    }

    private final class Collected {
        var outcome: GantryProgram.Outcome?
    }
}

import Foundation
import TestSupport
import Testing

/// A hundred damaged videos through the whole of `gantry track`, with the real model: each ends in results or in one
/// clear line, none in a crash, a hang or a half-written result.
@Suite(.serialized) struct DamagedVideoTests {
    /// Three seconds of vtest in four containers and codecs.
    static let formats: [(name: String, codec: [String])] = [
        ("clip.avi", ["-c:v", "copy"]),
        ("clip.mp4", ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12"]),
        ("clip.mkv", ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"]),
        ("clip.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"]),
    ]

    private func damage(_ bytes: inout Data, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let count = bytes.count
        let place = { (random: inout SplitMix64) in Int.random(in: 0..<count, using: &random) }
        switch seed % 4 {
        case 0: bytes.removeLast(bytes.count - max(1, place(&random)))
        case 1:
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                bytes[place(&random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            }
        case 2:
            // The index and headers of these containers lie at the ends.
            let size = min(4096, bytes.count / 3)
            let (head, tail) = (bytes.prefix(size), bytes.suffix(size))
            bytes.replaceSubrange(0..<size, with: tail)
            bytes.replaceSubrange((bytes.count - size)..., with: head)
            if seed % 8 == 2 { bytes.replaceSubrange(0..<64, with: head.prefix(64)) }
        default:
            let start = place(&random)
            let end = min(bytes.count, start + Int.random(in: 1...20_000, using: &random))
            bytes.resetBytes(in: start..<end)
        }
    }

    @Test(.timeLimit(.minutes(15)), arguments: formats.map(\.name))
    func endsInResultsOrInOneLine(name: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let clip = folder.appendingPathComponent(name)
            let codec = Self.formats.first { $0.name == name }?.codec ?? []
            let ffmpeg = Process()
            ffmpeg.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            ffmpeg.arguments =
                ["ffmpeg", "-v", "error", "-y", "-i", TestEnvironment.vtest, "-t", "3"] + codec + [clip.path]
            ffmpeg.standardInput = FileHandle.nullDevice
            try ffmpeg.run()
            ffmpeg.waitUntilExit()
            let sound = try Data(contentsOf: clip)
            var statuses: [Int32: Int] = [:]
            for seed in UInt64(0)..<26 {
                var bytes = sound
                damage(&bytes, seed: seed)
                try bytes.write(to: clip)
                let out = folder.appendingPathComponent("out-\(seed)")
                let run = try GantryProgram.run(
                    ["track", clip.path, "--stride", "10", "-q", "--overlay", "--out", out.path])
                statuses[run.status, default: 0] += 1
                #expect([0, 65, 66, 67].contains(run.status), "seed \(seed): status \(run.status): \(run.errors)")
                let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("warning: ") }
                #expect(lines.count == (run.status == 0 ? 0 : 1), "seed \(seed): \(run.errors)")
                let results = (try? FileManager.default.contentsOfDirectory(atPath: out.path)) ?? []
                #expect(results.contains("summary.json") == (run.status == 0), "seed \(seed): \(results)")
            }
            #expect(statuses.count > 1, "damage of every kind ended alike: \(statuses)")
        }
    }
}

import Foundation
import TestSupport
import Testing

/// A small video that the `ffmpeg` program makes once and that stays in the cache.
struct Fixture: Sendable, CustomTestStringConvertible {
    var name: String
    /// Arguments between `ffmpeg -y` and the output path.
    var arguments: String

    var testDescription: String { name }

    /// Path of the file, made now if it is not there yet.
    var path: String {
        get throws {
            // A changed recipe is another file.
            let recipe = arguments.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
            let folder = TestEnvironment.cache.root + "/fixtures/" + String(recipe, radix: 36)
            let path = folder + "/" + name
            if FileManager.default.fileExists(atPath: path) { return path }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let temporary = folder + "/\(UUID().uuidString)-\(name)"
            // `{name}` stands for another fixture's path.
            let words = try arguments.split(separator: " ").map { word in
                try (Self.timed + Self.untimed).first { "{\($0.name)}" == word }?.path ?? String(word)
            }
            try Shell.run("ffmpeg", ["-v", "error", "-y"] + words + [temporary])
            try? FileManager.default.removeItem(atPath: path)  // a parallel test may have been first
            try FileManager.default.moveItem(atPath: temporary, toPath: path)
            return path
        }
    }

    static func pattern(_ size: String = "160x120", rate: String = "25", seconds: String = "4") -> String {
        "-f lavfi -i testsrc2=size=\(size):rate=\(rate):duration=\(seconds)"
    }
}

/// Programs that tests run.
enum Shell {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    @discardableResult
    static func run(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(
                description: "\(program) \(arguments.joined(separator: " ")): "
                    + String(decoding: complaint, as: UTF8.self))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Presentation times of the frames that ffprobe decodes, in ticks.
    static func frameTimes(_ path: String) throws -> [Int64?] {
        let text = try run(
            "ffprobe",
            [
                "-v", "quiet", "-select_streams", "v:0", "-show_entries", "frame=best_effort_timestamp", "-of",
                "csv=print_section=0", path,
            ])
        return text.split(separator: "\n").map { Int64($0.split(separator: ",")[0]) }
    }
}

extension Fixture {
    /// Videos whose packets time every frame.
    static let timed: [Fixture] = [
        Fixture(
            name: "closed.mp4",
            arguments: pattern() + " -c:v libx264 -preset fast -bf 3 -g 20 -x264-params scenecut=0:open-gop=0"),
        Fixture(
            name: "open.mkv",
            arguments: pattern()
                + " -c:v libx264 -preset fast -bf 3 -g 20 -x264-params scenecut=0:open-gop=1:b-pyramid=2"),
        Fixture(
            name: "open.ts",
            arguments: pattern() + " -c:v libx264 -preset fast -bf 3 -g 20 -x264-params scenecut=0:open-gop=1"),
        Fixture(
            name: "intra-refresh.mkv",
            arguments: pattern() + " -c:v libx264 -preset fast -bf 0 -g 20 -x264-params intra-refresh=1"),
        Fixture(
            name: "hevc-open.mkv",
            arguments: pattern()
                + " -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=20:bframes=3:open-gop=1:scenecut=0"
        ),
        Fixture(
            name: "hevc-main10.mp4",
            arguments: pattern(seconds: "2")
                + " -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:keyint=15"
        ),
        Fixture(
            name: "vp9.webm",
            arguments: pattern()
                + " -c:v libvpx-vp9 -deadline realtime -cpu-used 6 -g 25 -auto-alt-ref 1 -lag-in-frames 12"),
        Fixture(name: "vp8.webm", arguments: pattern() + " -c:v libvpx -deadline realtime -cpu-used 8 -g 25"),
        Fixture(name: "av1.mkv", arguments: pattern() + " -c:v libaom-av1 -cpu-used 8 -usage realtime -g 25"),
        Fixture(name: "prores.mov", arguments: pattern(seconds: "1") + " -c:v prores"),
        Fixture(
            name: "dnxhd.mxf", arguments: pattern("1280x720", seconds: "0.4") + " -c:v dnxhd -b:v 60M -pix_fmt yuv422p"),
        Fixture(name: "msmpeg4.avi", arguments: pattern() + " -c:v msmpeg4 -g 12"),
        Fixture(name: "mpeg2-open.ts", arguments: pattern() + " -c:v mpeg2video -bf 2 -g 12"),
        Fixture(name: "mpeg4-b.mp4", arguments: pattern() + " -c:v mpeg4 -bf 2 -g 12"),
        Fixture(name: "mjpeg.mov", arguments: pattern(seconds: "1") + " -c:v mjpeg -pix_fmt yuvj422p"),
        Fixture(name: "gray.mkv", arguments: pattern(seconds: "1") + " -pix_fmt gray -c:v ffv1"),
        Fixture(name: "rgb.mkv", arguments: pattern(seconds: "1") + " -pix_fmt bgr0 -c:v ffv1"),
        Fixture(
            name: "odd-size.mkv",
            arguments: "-f lavfi -i testsrc=size=161x121:rate=25:duration=4"
                + " -pix_fmt yuv444p -c:v libx264 -preset fast -g 20"),
        Fixture(name: "theora.ogv", arguments: pattern(seconds: "2") + " -c:v libtheora -g 12"),
        Fixture(name: "h263.flv", arguments: pattern(seconds: "2") + " -c:v flv -g 12"),
        Fixture(name: "wmv2.asf", arguments: pattern(seconds: "2") + " -c:v wmv2 -g 12"),
        Fixture(
            name: "interlaced.ts",
            arguments: pattern() + " -c:v libx264 -preset fast -g 20 -flags +ilme+ildct -x264-params tff=1"),
        Fixture(
            name: "vfr.mp4",
            arguments: pattern()
                + " -vf select='not(mod(n,3))+lt(mod(n,20),7)' -vsync vfr -c:v libx264 -preset fast -g 12 -bf 2"),
        Fixture(
            name: "edit-list.mp4",
            arguments: "-ss 0.5 -i {closed.mp4} -c copy"),
        Fixture(
            name: "late-start.mkv",
            arguments: pattern() + " -c:v libx264 -preset fast -g 20 -bf 2 -output_ts_offset 3.7"),
        Fixture(
            name: "negative-start.mkv",
            arguments: pattern() + " -c:v mpeg4 -g 12 -output_ts_offset -1 -avoid_negative_ts disabled"),
        Fixture(name: "open-cut.mkv", arguments: "-ss 1.3 -i {open.mkv} -c copy"),
        Fixture(name: "hevc-cut.mkv", arguments: "-ss 1.3 -i {hevc-open.mkv} -c copy"),
        Fixture(name: "mpeg2-cut.ts", arguments: "-ss 1.3 -i {mpeg2-open.ts} -c copy"),
        Fixture(
            name: "wrap.ts",
            arguments: pattern()
                + " -c:v libx264 -preset fast -g 20 -bf 2 -output_ts_offset 95442 -muxdelay 0 -muxpreload 0"),
    ]

    /// Videos whose packets do not: frames are counted by decoding.
    static let untimed: [Fixture] = [
        Fixture(name: "h264-b.avi", arguments: pattern() + " -c:v libx264 -preset fast -bf 3 -g 20"),
        Fixture(name: "mpeg4-packed.avi", arguments: pattern() + " -c:v libxvid -bf 2 -g 20"),
        Fixture(name: "dump.mpg", arguments: pattern() + " -c:v mpeg2video -bf 2 -g 12"),
        Fixture(name: "raw.h264", arguments: pattern() + " -c:v libx264 -preset fast -bf 3 -g 20"),
        Fixture(
            name: "raw.hevc",
            arguments: pattern() + " -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=20"),
    ]
}

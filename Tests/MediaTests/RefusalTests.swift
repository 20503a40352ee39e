import Foundation
import Model
import TestSupport
import Testing

@testable import Media

/// Files that are no videos, or that Gantry will not open, each end in one clear line.
@Suite(.serialized) struct RefusalTests {
    struct Playlist: Sendable, CustomTestStringConvertible {
        var name: String
        /// `{video}` stands for the name of a sound video in the same folder.
        var text: String
        var testDescription: String { name }
    }

    @Test(arguments: [
        Playlist(name: "list.m3u8", text: "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{video}\n#EXT-X-ENDLIST\n"),
        Playlist(name: "list.mp4", text: "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{video}\n#EXT-X-ENDLIST\n"),
        Playlist(name: "far.m3u8", text: "#EXTM3U\n#EXTINF:4,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"),
        Playlist(name: "secret.m3u8", text: "#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"),
        Playlist(name: "list.ffconcat", text: "ffconcat version 1.0\nfile '{video}'\n"),
        Playlist(name: "concat.mp4", text: "ffconcat version 1.0\nfile '/etc/passwd'\n"),
        Playlist(name: "list.txt", text: "file '{video}'\nfile '{video}'\n"),
        Playlist(name: "paths.txt", text: "/etc/passwd\n"),
        Playlist(name: "links.txt", text: "http://127.0.0.1:9/movie.mp4\n"),
        Playlist(name: "stream.sdp", text: "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n"),
        Playlist(name: "list.pls", text: "[playlist]\nFile1={video}\n"),
        Playlist(name: "list.asx", text: "<asx version=\"3.0\"><entry><ref href=\"{video}\"/></entry></asx>"),
        Playlist(
            name: "live.mpd",
            text: "<?xml version=\"1.0\"?>\n<MPD type=\"static\"><Period><BaseURL>{video}</BaseURL></Period></MPD>"),
    ])
    func `playlists are refused, also under another name`(_ playlist: Playlist) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("sound.mp4")
            try FileManager.default.copyItem(atPath: try Fixture.timed[0].path, toPath: video.path)
            let file = folder.appendingPathComponent(playlist.name)
            try Data(playlist.text.replacingOccurrences(of: "{video}", with: "sound.mp4").utf8).write(to: file)
            let failure = #expect(throws: MediaFailure.self) { _ = try VideoSource(opening: file.path) }
            #expect(failure?.code == .unsupported)
            #expect(failure?.message.hasPrefix("refused: playlist") == true, "\(failure?.description ?? "")")
        }
    }

    @Test func `a reference to media in another file is not followed`() throws {
        // A QuickTime data reference of type alias names /etc/passwd: only the file itself is read.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: try Fixture.timed[0].path))
        let reference = Data("url ".utf8) + Data([0, 0, 0, 1])
        guard let range = bytes.range(of: reference) else {
            Issue.record("the fixture has no data reference")
            return
        }
        bytes.replaceSubrange(range, with: Data("alis".utf8) + Data([0, 0, 0, 0]))
        try withFile(bytes) { path in
            // Either refused or read from the file itself, never from elsewhere.
            _ = try? VideoSource(opening: path)  // both outcomes are right; the point is that it returns
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var code: FailureCode
        var says: String
        var make: @Sendable (URL) throws -> Void
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "missing.mp4", code: .notFound, says: "No such file") { _ in },
        Case(name: "empty.mp4", code: .invalidData, says: "empty") { try Data().write(to: $0) },
        Case(name: "folder.mp4", code: .invalidArgument, says: "folder") {
            try FileManager.default.createDirectory(at: $0, withIntermediateDirectories: true)
        },
        Case(name: "pipe.mp4", code: .invalidArgument, says: "pipe") { unsafe mkfifo($0.path, 0o600) },
        Case(name: "device.mp4", code: .invalidArgument, says: "device") {
            try FileManager.default.createSymbolicLink(atPath: $0.path, withDestinationPath: "/dev/zero")
        },
        Case(name: "text.mp4", code: .invalidData, says: "not a video") {
            try Data(String(repeating: "All work and no play. ", count: 500).utf8).write(to: $0)
        },
        Case(name: "noise.mp4", code: .invalidData, says: "not a video") {
            var state: UInt64 = 42
            try Data(
                (0..<100_000).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1
                    return UInt8(state >> 56)
                }
            ).write(to: $0)
        },
        Case(name: "picture.mp4", code: .unsupported, says: "still picture") {
            try ffmpeg("-f lavfi -i testsrc2=size=64x64 -frames:v 1 -c:v png -f image2", to: $0)
        },
        Case(name: "photo.jpg", code: .unsupported, says: "still picture") {
            try ffmpeg("-f lavfi -i testsrc2=size=64x64 -frames:v 1 -c:v mjpeg -f image2", to: $0)
        },
        Case(name: "sound.wav", code: .noVideo, says: "sound only") {
            try ffmpeg("-f lavfi -i sine=duration=1", to: $0)
        },
        Case(name: "sound.m4a", code: .noVideo, says: "sound only") {
            try ffmpeg("-f lavfi -i sine=duration=1 -c:a aac", to: $0)
        },
        Case(name: "sound.webm", code: .noVideo, says: "sound only") {
            try ffmpeg("-f lavfi -i sine=duration=1 -c:a libopus", to: $0)
        },
        Case(name: "cover.m4a", code: .noVideo, says: "sound only") {
            try ffmpeg(
                "-f lavfi -i sine=duration=1 -f lavfi -i testsrc2=size=64x64:duration=0.04 -map 0 -map 1 -c:a aac "
                    + "-c:v mjpeg -disposition:v attached_pic", to: $0)
        },
        Case(name: "no-frames.mp4", code: .noVideo, says: "no") {
            try ffmpeg("-f lavfi -i testsrc2=size=64x64:duration=1 -c:v libx264 -vf select=0 -f mp4", to: $0)
        },
        Case(name: "no-frames.mkv", code: .invalidData, says: "ends too early") {
            try ffmpeg("-f lavfi -i testsrc2=size=64x64:duration=1 -c:v libx264 -vf select=0", to: $0)
        },
    ]

    @Test(.timeLimit(.minutes(1)), arguments: cases)
    func `what is no video is told in one clear line`(_ item: Case) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent(item.name)
            try item.make(file)
            let failure = #expect(throws: MediaFailure.self) { _ = try VideoSource(opening: file.path) }
            #expect(failure?.code == item.code, "\(failure?.description ?? "")")
            #expect(failure?.subject == file.path)
            #expect(failure?.description.contains(item.says) == true, "\(failure?.description ?? "")")
            #expect(failure?.description.contains(where: \.isNewline) == false)
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may read everything"))
    func `a file that may not be read is a matter of permission`() throws {
        try withFile(Data([1, 2, 3])) { path in
            unsafe chmod(path, 0)
            let failure = #expect(throws: MediaFailure.self) { _ = try VideoSource(opening: path) }
            #expect(failure?.code == .permissionDenied)
        }
    }

    @Test(arguments: [
        "-v.mp4", "a:b.mp4", "%03d.mp4", "http:x.mp4", "file:x.mp4", "spaced name.mp4", "ü.mp4", "a\nb.mp4",
    ])
    func `odd file names are only names`(_ name: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.path + "/" + name
            try FileManager.default.copyItem(atPath: try Fixture.timed[0].path, toPath: path)
            #expect(try VideoSource(opening: path).facts.frameCount == 100)
        }
    }

    @Test func `a cancelled or late opening stops`() throws {
        let path = try Fixture.timed[0].path
        let cancelled = Interrupt()
        cancelled.cancel()
        #expect(throws: MediaFailure.self) { _ = try VideoSource(opening: path, interrupt: cancelled) }
        let late = Interrupt(deadline: .zero)
        #expect(throws: MediaFailure.self) { _ = try VideoSource(opening: path, interrupt: late) }
        let patient = Interrupt(deadline: .seconds(60))
        #expect(try VideoSource(opening: path, interrupt: patient).facts.frameCount == 100)
    }

    @Test func `a file that changed after opening is noticed`() throws {
        try withFile(try Data(contentsOf: URL(fileURLWithPath: try Fixture.timed[0].path))) { path in
            let source = try VideoSource(opening: path)
            try Data(contentsOf: URL(fileURLWithPath: try Fixture.timed[1].path)).write(to: URL(fileURLWithPath: path))
            let failure = #expect(throws: MediaFailure.self) { _ = try FrameReader(source, frames: 0..<10) }
            #expect(failure?.message.contains("changed") == true)
        }
    }

    private static func ffmpeg(_ arguments: String, to url: URL) throws {
        try Shell.run(
            "ffmpeg", ["-v", "error", "-y"] + arguments.split(separator: " ").map(String.init) + [url.path])
    }

    private func withFile(_ bytes: Data, _ body: (String) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("file.mp4")
            try bytes.write(to: file)
            try body(file.path)
        }
    }
}

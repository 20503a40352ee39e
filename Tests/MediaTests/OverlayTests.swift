import Foundation
import Model
import TestSupport
import Testing

@testable import Media

@Suite(.serialized) struct OverlayTests {
    static let sound = Fixture(
        name: "sound.mp4",
        arguments: Fixture.pattern("320x240", seconds: "3")
            + " -f lavfi -i sine=frequency=440:duration=3 -c:v libx264 -preset fast -g 25 -c:a aac -shortest")
    private func marks(_ index: Int) -> [OverlayMark] {
        [
            OverlayMark(
                box: Box(x: 40 + Double(index), y: 40, width: 50, height: 60), id: 1, label: "1 person 0.93",
                trail: (0...index).map { OverlayMark.Point(x: 65 + Double($0), y: 100) }),
            OverlayMark(
                box: Box(x: 70, y: 60, width: 40, height: 50), id: 2, label: "2 person 0.51", isInterpolated: true),
        ]
    }

    private func render(
        _ fixture: Fixture, in folder: URL, name: String = "out.mp4", threads: Int = 1,
        marks: ((Int) -> [OverlayMark])? = nil
    ) throws -> (VideoSource, VideoSource, OverlayVideo.Summary) {
        let source = try VideoSource(opening: try fixture.path)
        let path = folder.appendingPathComponent(name).path
        let summary = try OverlayVideo(source: source, threads: threads).render(to: path, marks: marks ?? self.marks)
        return (source, try VideoSource(opening: path), summary)
    }

    @Test(arguments: [
        "closed.mp4", "vfr.mp4", "open.ts", "msmpeg4.avi", "vp9.webm", "edit-list.mp4", "late-start.mkv",
        "negative-start.mkv", "hevc-main10.mp4", "gray.mkv", "rgb.mkv", "odd-size.mkv", "mjpeg.mov", "wrap.ts",
    ])
    func `frames and their times are kept`(_ name: String) throws {
        let fixture = try #require(Fixture.timed.first { $0.name == name })
        try TestEnvironment.withTemporaryDirectory { folder in
            let (source, overlay, summary) = try render(fixture, in: folder)
            #expect(summary.frames == source.facts.frameCount)
            #expect(overlay.facts.frameCount == source.facts.frameCount)
            #expect(overlay.facts.codec == "h264" && overlay.facts.rotation == 0)
            #expect(overlay.facts.width == (source.facts.width + 1) / 2 * 2)
            let start = source.time(of: 0).seconds
            for (ours, theirs) in zip(overlay.frameTimes, source.frameTimes) {
                #expect(abs(ours.seconds - (theirs.seconds - start)) < 0.0001)
            }
            #expect(abs(overlay.facts.duration.seconds - source.facts.duration.seconds) < 0.06)
        }
    }

    @Test func `the header comes first, so that a browser starts at once`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            _ = try render(Self.sound, in: folder)
            let bytes = try Data(contentsOf: folder.appendingPathComponent("out.mp4"))
            let header = try #require(bytes.range(of: Data("moov".utf8)))
            let media = try #require(bytes.range(of: Data("mdat".utf8)))
            #expect(header.lowerBound < media.lowerBound)
        }
    }

    @Test func `the original sound is copied packet by packet`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let (source, overlay, summary) = try render(Self.sound, in: folder)
            #expect(summary.notes.isEmpty)
            #expect(overlay.facts.streams.map(\.codec) == ["h264", "aac"])
            func hash(_ path: String) throws -> String {
                try Shell.run("ffmpeg", ["-v", "error", "-i", path, "-map", "0:a", "-c", "copy", "-f", "hash", "-"])
            }
            #expect(try hash(overlay.path) == hash(source.path))
        }
    }

    @Test(arguments: ["pcm_s16le mov", "libvorbis mkv", "mp2 ts", "wmav2 asf"], [8000, 48000])
    func `sound that MP4 cannot hold is encoded anew and stays in time`(_ kind: String, _ rate: Int) throws {
        let (codec, suffix) = (String(kind.split(separator: " ")[0]), String(kind.split(separator: " ")[1]))
        let real = codec == "mp2" || codec == "wmav2" ? max(rate, 32000) : rate
        let fixture = Fixture(
            name: "\(codec)-\(real).\(suffix)",
            arguments: Fixture.pattern("64x48", seconds: "3")
                + " -f lavfi -i sine=frequency=440:sample_rate=\(real):duration=3 -c:v mpeg4 -c:a \(codec)")
        try TestEnvironment.withTemporaryDirectory { folder in
            let (_, overlay, summary) = try render(fixture, in: folder) { _ in [] }
            #expect(summary.notes.count == 1 && summary.notes[0].contains("AAC"))
            #expect(overlay.facts.streams.map(\.codec) == ["h264", "aac"])
            let length = try Shell.run(
                "ffprobe",
                [
                    "-v", "error", "-select_streams", "a", "-show_entries", "stream=duration", "-of", "csv=p=0",
                    overlay.path,
                ])
            let seconds = try #require(Double(length.filter { !$0.isWhitespace }))
            #expect(abs(seconds - 3) < 0.15)
        }
    }

    /// x264 must not code what an earlier use left in its memory, which shows in pictures whose width is no multiple of
    /// eight macroblocks (320 pixels are twenty). glibc fills memory with the given byte, so nothing is left to chance.
    @Test(arguments: [Self.sound] + Fixture.timed.filter { ["odd-size.mkv", "hevc-main10.mp4"].contains($0.name) })
    func `the same input gives the same bytes, whatever memory held before and with any number of threads`(
        _ fixture: Fixture
    ) throws {
        defer { try? setMemoryFill(0) }  // it worked before, or the test has failed already
        try TestEnvironment.withTemporaryDirectory { folder in
            var renders: Set<Data> = []
            for (index, fill) in ([0, 1, 37, 85, 170, 254, 0, 0] as [Int32]).enumerated() {
                try setMemoryFill(fill)
                _ = try render(fixture, in: folder, threads: 1 + index % 2)
                renders.insert(try Data(contentsOf: folder.appendingPathComponent("out.mp4")))
            }
            #expect(renders.count == 1)
        }
    }

    /// From now on glibc fills fresh memory with the complement of this byte, and freed memory with the byte; 0: neither.
    private func setMemoryFill(_ byte: Int32) throws {
        // Swift's Glibc module leaves malloc.h out: int mallopt(int option, int value), 1 for success.
        let mallopt = unsafe unsafeBitCast(
            try #require(unsafe dlsym(nil, "mallopt")), to: (@convention(c) (Int32, Int32) -> Int32).self)
        let fillOption: Int32 = -6
        #expect(mallopt(fillOption, byte) == 1)
    }

    @Test func `a rotated video becomes an upright one`() throws {
        let turned = Fixture(
            name: "turned.mp4", arguments: "-i \(try Self.sound.path) -c copy -metadata:s:v rotate=90")
        try TestEnvironment.withTemporaryDirectory { folder in
            let (source, overlay, _) = try render(turned, in: folder) { _ in [] }
            #expect(source.facts.rotation != 0 && overlay.facts.rotation == 0)
            #expect(overlay.facts.width == 240 && overlay.facts.height == 320)
            // The same picture, to within the encoder's losses.
            let images = try [source, overlay].map { video in
                let image = PlanarImage(width: 60, height: 80)
                let frame = try #require(try FrameReader(video, frames: 30..<31).next())
                try frame.scale(into: image, using: Scaler())
                return image
            }
            let (ours, theirs) = unsafe (Array(images[0].bytes), Array(images[1].bytes))
            let difference = zip(ours, theirs).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            #expect(Double(difference) / Double(ours.count) < 5)
        }
    }

    @Test func `marks are drawn where they are and nowhere else`() throws {
        let source = try VideoSource(opening: try Self.sound.path)
        let frame = try #require(try FrameReader(source, frames: 10..<11).next())
        let (plain, marked) = (try Canvas(like: frame), try Canvas(like: frame))
        try plain.paint(frame)
        try marked.paint(frame)
        let mark = OverlayMark(box: Box(x: 100, y: 100, width: 80, height: 60), id: 5, label: "5 person")
        try OverlayPainter(width: 320, height: 240).paint(OverlayScene(marks: [mark]), on: marked)
        let (before, after) = (try rows(of: plain), try rows(of: marked))
        let changed = (0..<240).flatMap { y in (0..<320).filter { before[y][$0] != after[y][$0] }.map { (x: $0, y: y) }
        }
        #expect(changed.count > 500)
        #expect(changed.allSatisfy { (90...195).contains($0.x) && (75...170).contains($0.y) })
        // The inside of the box stays as it is.
        #expect(!changed.contains { (110...170).contains($0.x) && (115...150).contains($0.y) })
    }

    @Test(arguments: [(320, 240), (768, 576), (1080, 1920), (3840, 2160), (6500, 1000), (17, 15)])
    func `marks beyond the picture and of odd shapes do no harm`(_ size: (Int, Int)) throws {
        let fixture = Fixture(
            name: "size-\(size.0).mkv",
            arguments: "-f lavfi -i testsrc=size=\(size.0)x\(size.1):rate=5:duration=0.4 -pix_fmt yuv420p -c:v mpeg4")
        let source = try VideoSource(opening: try fixture.path)
        let (w, h) = (Double(size.0), Double(size.1))
        let boxes = [
            Box(x: -50, y: -50, width: w + 100, height: h + 100), Box(x: w - 3, y: h - 3, width: 40, height: 40),
            Box(x: -1e9, y: 2, width: 1e9 + 5, height: 7), Box(x: 5, y: 5, width: 0, height: 0),
            Box(x: 1e300, y: 1e300, width: 1, height: 1), Box(x: .nan, y: 0, width: .infinity, height: 5),
            Box(x: 3, y: 3, width: 0.4, height: h), Box(x: 0, y: 0, width: w, height: 0.01),
        ]
        let marks = boxes.enumerated().map {
            OverlayMark(
                box: $1, id: $0 - 2, label: "\($0) péršon 😀 a very long label that cannot fit anywhere",
                isInterpolated: $0 % 2 == 0,
                trail: [.init(x: -1e12, y: 5), .init(x: w * 2, y: .infinity), .init(x: 3, y: 4), .init(x: w, y: h)])
        }
        let jpeg = try Poster.jpeg(of: source, frame: 1, marks: marks)
        #expect(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == [0xFF, 0xD9])
    }

    @Test func `the poster has the video's size and the frame that was asked for`() throws {
        let source = try VideoSource(opening: try #require(Fixture.timed.first { $0.name == "odd-size.mkv" }).path)
        try TestEnvironment.withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("poster.jpg")
            try Data(try Poster.jpeg(of: source, frame: 57, marks: [])).write(to: url)
            let text = try Shell.run(
                "ffprobe",
                ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", url.path])
            #expect(text.hasPrefix("mjpeg,161,121"))
        }
    }

    @Test func `a full disk and a missing folder are told clearly`() throws {
        let source = try VideoSource(opening: try Self.sound.path)
        let missing = #expect(throws: MediaFailure.self) {
            _ = try OverlayVideo(source: source).render(to: "/nonexistent/folder/out.mp4") { _ in [] }
        }
        #expect(missing?.subject == "/nonexistent/folder/out.mp4")
        let full = #expect(throws: MediaFailure.self) {
            _ = try OverlayVideo(source: source).render(to: "/dev/full") { _ in [] }
        }
        #expect(full?.code == .storageFull, "\(full?.description ?? "")")
    }

    @Test func `rendering stops on request`() throws {
        let source = try VideoSource(opening: try Self.sound.path)
        try TestEnvironment.withTemporaryDirectory { folder in
            let interrupt = Interrupt()
            let failure = #expect(throws: MediaFailure.self) {
                _ = try OverlayVideo(source: source).render(
                    to: folder.path + "/x.mp4", interrupt: interrupt, progress: { if $0 == 5 { interrupt.cancel() } }
                ) { _ in [] }
            }
            #expect(failure?.code == .cancelled)
        }
    }

    /// The canvas's pixels as JPEG-free luma rows, read back through the scaler.
    private func rows(of canvas: Canvas) throws -> [[UInt8]] {
        (0..<canvas.height).map { canvas.lumaRow($0) }
    }
}

struct LabelLayoutTests {
    @Test func `labels avoid each other, stay in the picture, and shorten where there is no room`() {
        let layout = LabelLayout(width: 400, height: 300, tagHeight: 20, padding: 4)
        let marks = (0..<6).map {
            OverlayMark(box: Box(x: 100 + Double($0) * 6, y: 60, width: 40, height: 120), id: $0, label: "\($0) person")
        }
        let placed = layout.place(marks) { Double($0.count) * 8 }
        #expect(placed.count == 6)
        for (index, label) in placed.enumerated() {
            #expect(label.frame.x >= 0 && label.frame.maxX <= 400 && label.frame.y >= 0 && label.frame.maxY <= 300)
            if index < 3 {
                #expect(placed[..<index].allSatisfy { $0.frame.intersectionArea(label.frame) == 0 })
            }
        }
        #expect(placed.contains { $0.text.count == 1 })
    }

    @Test func `colours are stable, and those of neighbouring ids far apart`() {
        func distance(_ a: IdentityColour, _ b: IdentityColour) -> Double {
            abs(a.red - b.red) + abs(a.green - b.green) + abs(a.blue - b.blue)
        }
        let colours = (0..<200).map { IdentityColour(id: $0) }
        #expect(colours == (0..<200).map { IdentityColour(id: $0) })
        for index in 1..<200 { #expect(distance(colours[index], colours[index - 1]) > 0.35) }
        for id in [Int.min, Int.max, -7] { _ = IdentityColour(id: id) }
    }
}

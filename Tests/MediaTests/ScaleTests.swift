import Foundation
import Model
import TestSupport
import Testing

@testable import Media

/// From decoded pictures to a model's input: colours, places, turning.
@Suite(.serialized) final class ScaleTests {
    /// For the videos that a test writes; readers open them again, so they stay as long as it runs.
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("gantry-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)  // a leftover scratch folder harms nothing
    }

    // MARK: - Colours

    @Test(arguments: [
        "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuv420p10le", "yuv422p10le", "gray", "bgr0", "gbrp",
        "yuva420p", "yuv410p", "nv12", "rgb24", "yuv444p16le",
    ])
    func `every pixel format gives the colour that was coded`(_ format: String) throws {
        for (name, red, green, blue) in [
            ("0xC83214", 200, 50, 20), ("0x1E78DC", 30, 120, 220), ("white", 255, 255, 255),
        ] {
            let codec = format.hasPrefix("yuvj") ? "mjpeg -q:v 1 -strict unofficial" : "ffv1"
            let stored = ["nv12", "rgb24"].contains(format) ? "rawvideo" : codec
            let fixture = Fixture(
                name: "colour-\(format)-\(red).\(stored == "rawvideo" ? "nut" : "mkv")",
                arguments:
                    "-f lavfi -i color=c=\(name):size=64x48:rate=5:duration=0.4 -pix_fmt \(format) -c:v \(stored)")
            let image = try first(fixture, width: 33, height: 21)
            if format == "gray" { continue }
            for (plane, expected) in [red, green, blue].enumerated() {
                let value = Int(pixel(image, 16, 10, plane))
                #expect(abs(value - expected) <= 6, "\(format) \(name) plane \(plane): \(value)")
            }
        }
    }

    @Test(arguments: ["bt709", "smpte170m", "bt2020nc"], ["tv", "pc"])
    func `the stream's own matrix and range decide`(_ matrix: String, _ range: String) throws {
        let fixture = Fixture(
            name: "matrix-\(matrix)-\(range).mkv",
            arguments: "-f lavfi -i color=c=0xC83214:size=64x48:rate=5:duration=0.4,format=gbrp"
                + " -vf scale=out_color_matrix=\(matrix == "bt2020nc" ? "bt2020" : matrix):out_range=\(range),format=yuv444p"
                + " -c:v ffv1 -colorspace \(matrix) -color_range \(range)")
        for format in [40, 64] {
            let image = try first(fixture, width: format, height: 48)
            for (plane, expected) in [200, 50, 20].enumerated() {
                #expect(abs(Int(pixel(image, 20, 20, plane)) - expected) <= 3, "\(matrix) \(range) \(plane)")
            }
        }
    }

    // MARK: - Places

    @Test(arguments: [(640, 480), (1280, 720), (163, 121), (100, 1000)], [(416, 416), (97, 61), (32, 640), (1, 1)])
    func `a ramp stays a ramp: nothing is shifted`(_ size: (Int, Int), _ target: (Int, Int)) throws {
        // Luma rises evenly from left to right and chroma is neutral.
        let source = try yuv4mpeg(width: size.0, height: size.1) { x, _ in Double(x) / Double(size.0) * 240 + 5 }
        let image = PlanarImage(width: target.0, height: target.1)
        let frame = try #require(try FrameReader(source, frames: 0..<1).next())
        try frame.scale(into: image, using: Scaler())
        for x in 1..<max(1, target.0 - 1) {
            let expected = (Double(x) + 0.5) / Double(target.0) * 240 + 5 - 120 / Double(size.0)
            let value = Double(pixel(image, x, target.1 / 2, 1))
            #expect(abs(value - expected) <= 1.6, "column \(x): \(value), not \(expected)")
        }
    }

    @Test func `a region lands where it is put and nothing else is touched`() throws {
        let source = try yuv4mpeg(width: 200, height: 100) { x, y in x < 100 ? 50 : (y < 50 ? 120 : 200) }
        let frame = try #require(try FrameReader(source, frames: 0..<1).next())
        let image = PlanarImage(width: 80, height: 60, fill: 114)
        let read = try frame.scale(
            Box(x: 100, y: 50, width: 100, height: 50), into: image, x: 7, y: 9, width: 41, height: 33, using: Scaler())
        #expect(read == Box(x: 100, y: 50, width: 100, height: 50))
        for y in 0..<60 {
            for x in 0..<80 {
                let inside = (7..<48).contains(x) && (9..<42).contains(y)
                #expect(abs(Int(pixel(image, x, y, 0)) - (inside ? 200 : 114)) <= (inside ? 2 : 0), "\(x),\(y)")
            }
        }
    }

    @Test func `a region beyond the picture is clipped`() throws {
        let source = try yuv4mpeg(width: 64, height: 64) { _, _ in 90 }
        let frame = try #require(try FrameReader(source, frames: 0..<1).next())
        let image = PlanarImage(width: 20, height: 20)
        for region in [
            Box(x: -50, y: -50, width: 500, height: 500), Box(x: 60, y: 60, width: 500, height: 2),
            Box(x: 1000, y: 1000, width: 5, height: 5), Box(x: .nan, y: 0, width: .infinity, height: 1),
            Box(x: 10, y: 10, width: 0, height: -4),
        ] {
            let read = try frame.scale(region, into: image, x: 0, y: 0, width: 20, height: 20, using: Scaler())
            #expect(read.x >= 0 && read.y >= 0 && read.maxX <= 64 && read.maxY <= 64 && read.area > 0)
            #expect(abs(Int(pixel(image, 10, 10, 0)) - 90) <= 2)
        }
    }

    // MARK: - Vector and portable code

    @Test(arguments: ["closed.mp4", "odd-size.mkv", "mjpeg.mov"])
    func `vector and portable code give the same bytes`(_ name: String) throws {
        let fixture = try #require(Fixture.timed.first { $0.name == name })
        let source = try VideoSource(opening: try fixture.path)
        let frame = try #require(try FrameReader(source, frames: 3..<4).next())
        let (vector, plain) = (Scaler(), Scaler())
        plain.usesVectors = false
        for (width, height) in [(416, 416), (64, 64), (33, 17), (95, 300), (20, 20), (160, 120)] {
            for region in [
                Box(x: 0, y: 0, width: 160, height: 120), Box(x: 31, y: 17, width: 77, height: 55),
                Box(x: 100, y: 80, width: 40, height: 33),
            ] {
                let (a, b) = (PlanarImage(width: width, height: height), PlanarImage(width: width, height: height))
                try frame.scale(region, into: a, x: 0, y: 0, width: width, height: height, using: vector)
                try frame.scale(region, into: b, x: 0, y: 0, width: width, height: height, using: plain)
                #expect(unsafe a.bytes.elementsEqual(b.bytes), "\(width)x\(height) of \(region)")
            }
        }
    }

    // MARK: - Turning

    @Test(arguments: [90, 180, 270], ["h264", "ffv1-rgb"])
    func `rotated video is upright, as players show it`(_ degrees: Int, _ codec: String) throws {
        let plain = Fixture(
            name: "plain-\(codec).mov",
            arguments: Fixture.pattern("192x108", seconds: "0.4")
                + (codec == "h264" ? " -c:v libx264 -qp 0 -pix_fmt yuv420p" : " -c:v png -pix_fmt rgb24"))
        let turned = Fixture(
            name: "turned-\(degrees)-\(codec).mov",
            arguments: "-i \(try plain.path) -c copy -metadata:s:v rotate=\(degrees)")
        let source = try VideoSource(opening: try turned.path)
        // The muxer takes the angle the other way round; the pictures below are what counts.
        #expect(source.facts.rotation == 360 - degrees)
        #expect(source.facts.width == (degrees == 180 ? 192 : 108))
        let image = PlanarImage(width: source.facts.width, height: source.facts.height)
        let frame = try #require(try FrameReader(source, frames: 2..<3).next())
        try frame.scale(into: image, using: Scaler())
        // The ffmpeg program turns by itself.
        try TestEnvironment.withTemporaryDirectory { folder in
            let raw = folder.appendingPathComponent("raw.rgb")
            try Shell.run(
                "ffmpeg",
                ["-v", "error", "-i", try turned.path, "-vf", "select=eq(n\\,2),format=gbrp", "-frames:v", "1"]
                    + ["-f", "rawvideo", raw.path])
            let expected = [UInt8](try Data(contentsOf: raw))
            let plane = image.width * image.height
            #expect(expected.count == 3 * plane)
            for (ours, theirs) in [(1, 0), (2, 1), (0, 2)] {
                let difference = (0..<plane).reduce(0) {
                    $0 + abs(Int(unsafe image.bytes[ours * plane + $1]) - Int(expected[theirs * plane + $1]))
                }
                #expect(Double(difference) / Double(plane) < 6)
            }
            // A part of the upright picture is the same part of the whole.
            let part = PlanarImage(width: 40, height: 30)
            try frame.scale(
                Box(x: 20, y: 40, width: 40, height: 30), into: part, x: 0, y: 0, width: 40, height: 30,
                using: Scaler())
            let difference = (0..<1200).reduce(0) {
                $0 + abs(Int(pixel(part, $1 % 40, $1 / 40, 0)) - Int(pixel(image, 20 + $1 % 40, 40 + $1 / 40, 0)))
            }
            #expect(Double(difference) / 1200 < 7)
        }
    }

    // MARK: -

    private func first(_ fixture: Fixture, width: Int, height: Int) throws -> PlanarImage {
        let source = try VideoSource(opening: try fixture.path)
        let image = PlanarImage(width: width, height: height)
        let frame = try #require(try FrameReader(source, frames: 0..<1).next())
        try frame.scale(into: image, using: Scaler())
        return image
    }

    private func pixel(_ image: PlanarImage, _ x: Int, _ y: Int, _ plane: Int) -> UInt8 {
        unsafe image.bytes[plane * image.width * image.height + y * image.width + x]
    }

    /// A one-frame full-range video with this luma and neutral chroma.
    private func yuv4mpeg(width: Int, height: Int, luma: (Int, Int) -> Double) throws -> VideoSource {
        var bytes = Data("YUV4MPEG2 W\(width) H\(height) F5:1 Ip C420jpeg XCOLORRANGE=FULL\nFRAME\n".utf8)
        for y in 0..<height { for x in 0..<width { bytes.append(UInt8(luma(x, y).rounded())) } }
        bytes.append(Data(repeating: 128, count: 2 * ((width + 1) / 2) * ((height + 1) / 2)))
        let file = folder.appendingPathComponent("ramp.y4m")
        try bytes.write(to: file)
        return try VideoSource(opening: file.path)
    }
}

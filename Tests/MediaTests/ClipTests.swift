import Foundation
import Model
import TestSupport
import Testing

@testable import Media

/// Clips against their source, as `ffmpeg` decodes both: what was copied is the same to the bit, what was encoded is close,
/// and every frame is there at its time.
@Suite(.serialized) struct ClipTests {
    /// Real pictures: 30 seconds of the pedestrians, with a tone.
    private static func real(_ name: String, _ arguments: String, sound: String = "-c:a aac") -> Fixture {
        Fixture(
            name: name,
            arguments: "-i \(TestEnvironment.vtest) -f lavfi -i sine=frequency=440:sample_rate=48000:duration=30"
                + " -t 30 -map 0:v -map 1:a \(sound) -shortest \(arguments)")
    }

    private static let small = "-vf scale=384:288"
    private static let long = real("long.mp4", "\(small) -c:v libx264 -preset fast -bf 3 -g 100")
    private static let copied: [Fixture] = [
        long,
        real("short.ts", "\(small) -c:v libx264 -preset fast -bf 3 -g 25"),
        real(
            "vfr.mp4",
            "-vf scale=384:288,select='not(mod(n,3))+lt(mod(n,20),7)' -vsync vfr -c:v libx264 -preset fast -g 12 -bf 2"),
        real("baseline.mov", "\(small) -c:v libx264 -preset fast -profile:v baseline -g 30", sound: "-c:a pcm_s16le"),
        real("silent.mkv", "\(small) -an -c:v libx264 -preset fast -g 30 -x264-params bframes=5:b-adapt=0:b-pyramid=2"),
        real("444.mkv", "-vf scale=385:289 -pix_fmt yuv444p -c:v libx264 -preset fast -g 30"),
        real(
            "hevc-open.mp4",
            "\(small) -c:v libx265 -preset ultrafast -tag:v hvc1 -x265-params log-level=none:keyint=30:bframes=3:open-gop=1"
        ),
        real(
            "hevc-10.mkv",
            "\(small) -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=30:bframes=4",
            sound: "-c:a libopus"),
    ]
    private static let encoded: [Fixture] = [
        real("open.mkv", "\(small) -c:v libx264 -preset fast -bf 3 -g 25 -x264-params open-gop=1:b-pyramid=2"),
        real("mpeg4.mp4", "\(small) -c:v mpeg4 -q:v 3 -g 25 -bf 2", sound: "-c:a mp3"),
        real("h264.avi", "\(small) -an -c:v libx264 -preset fast -bf 2 -g 25"),
        real("mjpeg.mov", "\(small) -c:v mjpeg -q:v 3 -pix_fmt yuvj422p", sound: "-c:a pcm_s16le"),
    ]

    private struct Decoded {
        var time: Double
        var hash: String
    }

    private func decoded(_ path: String) throws -> [Decoded] {
        let text = try Shell.run(
            "ffmpeg",
            [
                "-v", "error", "-noautorotate", "-i", path, "-map", "0:v:0", "-copyts", "-fps_mode", "passthrough",
                "-f",
                "framehash", "-hash", "md5", "-",
            ])
        var tick = 0.0
        var frames: [Decoded] = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("#tb 0: ") {
                let parts = line.dropFirst(7).split(separator: "/").compactMap { Double($0) }
                tick = parts[0] / parts[1]
            } else if !line.hasPrefix("#") {
                let fields = line.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                frames.append(Decoded(time: try #require(Double(fields[2])) * tick, hash: fields[5]))
            }
        }
        return frames
    }

    /// The worst luma PSNR, in dB, of the clip against the frames that it was made of; nil where all are the same.
    private func worst(_ clip: String, _ source: String, _ ranges: [Range<Int>]) throws -> Double? {
        let kept = ranges.map { "between(n,\($0.lowerBound),\($0.upperBound - 1))" }.joined(separator: "+")
        let text = try Shell.run(
            "ffmpeg",
            [
                "-v", "error", "-noautorotate", "-i", clip, "-noautorotate", "-i", source, "-filter_complex",
                "[0:v:0]format=yuv420p,settb=1/1000,setpts=N*40[a];[1:v:0]select='\(kept)',format=yuv420p,settb=1/1000,setpts=N*40[b];"
                    + "[a][b]psnr=stats_file=-", "-f", "null", "-",
            ])
        let values = text.split(whereSeparator: \.isWhitespace).compactMap { word in
            word.hasPrefix("psnr_y:") ? Double(word.dropFirst(7)) : nil
        }
        return values.filter(\.isFinite).min()
    }

    /// Writes the clip and compares; ranges ascend.
    @discardableResult
    private func check(
        _ fixture: Fixture, _ ranges: [Range<Int>], _ folder: URL, mayCopy: Bool = true
    ) throws -> ClipVideo.Summary {
        let source = try VideoSource(opening: try fixture.path)
        let path = folder.appendingPathComponent("clip.mp4").path
        let summary = try ClipVideo(source: source, mayCopy: mayCopy).write(ranges, to: path)
        let (theirs, ours) = (try decoded(source.path), try decoded(path))
        let wanted = ranges.flatMap { $0.map { $0 } }
        #expect(ours.count == wanted.count && summary.frames == wanted.count, "\(fixture.name) \(ranges)")
        var base = 0.0
        var place = 0
        var same = 0
        for range in ranges {
            for rank in range where ours.indices.contains(place) {
                let time = base + source.seconds(of: rank) - source.seconds(of: range.lowerBound)
                #expect(abs(ours[place].time - time) < 0.0002, "\(fixture.name) frame \(rank)")
                if ours[place].hash == theirs[rank].hash { same += 1 }
                place += 1
            }
            base += source.seconds(of: range.upperBound) - source.seconds(of: range.lowerBound)
        }
        #expect(
            same >= summary.copied, "\(fixture.name) \(ranges): \(same) of \(summary.copied) copied frames are the same"
        )
        if let psnr = try worst(path, source.path, ranges) { #expect(psnr > 38, "\(fixture.name) \(ranges)") }
        return summary
    }

    @Test(arguments: copied)
    func `copied frames are the same to the bit, the others close, all at their times`(_ fixture: Fixture) throws {
        let count = try VideoSource(opening: try fixture.path).facts.frameCount
        try TestEnvironment.withTemporaryDirectory { folder in
            for range in [37..<151, 0..<1, 0..<50, count - 60..<count, count - 1..<count, 0..<count] {
                let summary = try check(fixture, [range], folder)
                if range.count > 110 || range.lowerBound == 0 {
                    #expect(summary.copied > 0 && summary.wholeBecause == nil, "\(range)")
                }
            }
            let summary = try check(fixture, [33..<61, 62..<63, 90..<140], folder)
            #expect(summary.copied > 0 || fixture.name == "long.mp4")
        }
    }

    @Test(arguments: encoded)
    func `what cannot be copied is encoded whole, and says why`(_ fixture: Fixture) throws {
        let count = try VideoSource(opening: try fixture.path).facts.frameCount
        try TestEnvironment.withTemporaryDirectory { folder in
            for range in [37..<81, count - 1..<count] {
                let summary = try check(fixture, [range], folder)
                #expect(summary.copied == 0 && summary.wholeBecause != nil && summary.codec == "h264")
            }
        }
    }

    @Test func `on demand nothing is copied`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let summary = try check(Self.copied[1], [20..<90], folder, mayCopy: false)
            #expect(summary.copied == 0)
        }
    }

    /// The sound of the clip, decoded, begins with the very samples of the source.
    @Test(arguments: ["long.mp4", "baseline.mov", "short.ts"])
    func `sound stays where it was`(_ name: String) throws {
        let sweep = Fixture(
            name: "sweep-\(name)",
            arguments: "-i \(try #require(Self.copied.first { $0.name == name }).path) -f lavfi -i"
                + " aevalsrc='0.4*sin(2*PI*(300+37*t)*t)':s=48000:d=30 -map 0:v -map 1:a -c:v copy"
                + (name == "baseline.mov" ? " -c:a pcm_s16le" : " -c:a aac"))
        let source = try VideoSource(opening: try sweep.path)
        try TestEnvironment.withTemporaryDirectory { folder in
            let path = folder.appendingPathComponent("clip.mp4").path
            _ = try ClipVideo(source: source).write([37..<81, 120..<160], to: path)
            let samples = try self.samples(path)
            // Of both ranges, a second after the begin: where in the sweep are we?
            for (at, time) in [(1.0, 3.7 + 1), (4.4 + 1, 12.0 + 1)] {
                let from = Int(at * 48000)
                let piece = Array(samples[from..<from + 2400])
                let offset = try #require(
                    (-1440...1440).min { a, b in error(piece, time, a) < error(piece, time, b) })
                // Half a packet of AAC is 512 samples; a single clip's are exact.
                let limit = at > 4 ? 530 : name == "long.mp4" ? 2 : 60
                #expect(abs(offset) <= limit, "\(name) at \(at): \(offset) samples")
            }
            let length = Double(samples.count) / 48000
            #expect(abs(length - 8.4) < 0.03, "\(length)")
        }
    }

    private func samples(_ path: String) throws -> [Float] {
        try TestEnvironment.withTemporaryDirectory { folder in
            let raw = folder.appendingPathComponent("sound.raw").path
            try Shell.run(
                "ffmpeg", ["-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "f32le", raw])
            let data = try Data(contentsOf: URL(fileURLWithPath: raw))
            return stride(from: 0, to: data.count - 3, by: 4).map { index in
                var bits: UInt32 = 0
                for byte in (0..<4).reversed() { bits = bits << 8 | UInt32(data[index + byte]) }
                return Float(bitPattern: bits)
            }
        }
    }

    /// How far the samples are from the sweep at `time`, moved by `offset` samples.
    private func error(_ samples: [Float], _ time: Double, _ offset: Int) -> Double {
        var sum = 0.0
        for index in stride(from: 0, to: samples.count, by: 24) {
            let t: Double = time + Double(index + offset) / 48000
            let wanted: Double = 0.4 * sin(2 * Double.pi * (300 + 37 * t) * t)
            sum += abs(Double(samples[index]) - wanted)
        }
        return sum
    }

    @Test func `rotation, shape and colours are kept`() throws {
        let coloured = Fixture(
            name: "coloured.mp4",
            arguments: "-i \(try Self.long.path) -t 15 -c:a copy -c:v libx264 -preset fast -g 30 -vf setsar=4/3"
                + " -color_primaries bt709 -color_trc bt709 -colorspace bt709")
        let turned = Fixture(
            name: "turned.mp4", arguments: "-i \(try coloured.path) -c copy -metadata:s:v rotate=90")
        try TestEnvironment.withTemporaryDirectory { folder in
            for range in [35..<95, 40..<50] {
                try check(turned, [range], folder)
                func facts(_ path: String) throws -> String {
                    try Shell.run(
                        "ffprobe",
                        [
                            "-v", "error", "-select_streams", "v", "-show_entries",
                            "stream=width,height,sample_aspect_ratio,color_space,color_transfer,color_primaries"
                                + ":stream_side_data=rotation", "-of", "csv", path,
                        ])
                }
                let clip = folder.appendingPathComponent("clip.mp4").path
                let (ours, theirs) = (try facts(clip), try facts(try turned.path))
                #expect(ours == theirs)
                let source = try VideoSource(opening: try turned.path)
                #expect(source.facts.rotation != 0)
                #expect(try VideoSource(opening: clip).facts.rotation == source.facts.rotation)
            }
        }
    }

    @Test func `a file that ends early is cut as far as it goes`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let whole = try Data(contentsOf: URL(fileURLWithPath: try Self.copied[1].path))
            let path = folder.appendingPathComponent("cut.ts").path
            try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
            let source = try VideoSource(opening: path)
            let count = source.facts.frameCount
            #expect(count > 80 && count < 200)
            let clip = folder.appendingPathComponent("clip.mp4").path
            let summary = try ClipVideo(source: source).write([10..<count], to: clip)
            #expect(summary.frames == count - 10 && summary.copied > 0)
            #expect(try decoded(clip).count == count - 10)
        }
    }

    @Test func `the same clip has the same bytes`() throws {
        let source = try VideoSource(opening: try Self.copied[6].path)
        try TestEnvironment.withTemporaryDirectory { folder in
            let clips = try (1...3).map { threads in
                let path = folder.appendingPathComponent("\(threads).mp4").path
                _ = try ClipVideo(source: source, threads: threads).write([20..<75, 100..<130], to: path)
                return try Data(contentsOf: URL(fileURLWithPath: path))
            }
            #expect(Set(clips).count == 1)
        }
    }

    @Test func `cutting stops on request, and a full disk is told`() throws {
        let source = try VideoSource(opening: try Self.long.path)
        try TestEnvironment.withTemporaryDirectory { folder in
            let interrupt = Interrupt()
            let stopped = #expect(throws: MediaFailure.self) {
                _ = try ClipVideo(source: source).write(
                    [37..<200], to: folder.path + "/x.mp4", interrupt: interrupt,
                    progress: { if $0 == 5 { interrupt.cancel() } })
            }
            #expect(stopped?.code == .cancelled)
            let full = #expect(throws: MediaFailure.self) {
                _ = try ClipVideo(source: source).write([37..<200], to: "/dev/full")
            }
            #expect(full?.code == .storageFull, "\(full?.description ?? "")")
        }
    }
}

struct UnitTests {
    @Test func `units are found in both framings`() {
        let marked: [UInt8] = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 9, 0, 0, 0, 1, 0x65, 0, 0, 3, 1]
        let places = unsafe marked.withUnsafeBytes { unsafe CodedUnits.marked($0) }
        #expect(places == [4..<7, 10..<12, 16..<21])
        let units = CodedUnits(codec: .h264, headers: [1, 0, 0, 0, 0xFF, 0xE0, 0])
        func measured(_ bytes: [UInt8]) -> [Range<Int>]? {
            unsafe bytes.withUnsafeBytes { unsafe units.places(in: $0) }
        }
        #expect(measured([0, 0, 0, 2, 0x67, 1, 0, 0, 0, 1, 0x65]) == [4..<6, 10..<11])
        #expect(measured([0, 0, 0, 3, 0x67, 1]) == nil)
        #expect(measured([0, 0]) == nil)
    }

    @Test func `numbers in Exp-Golomb code come back, and so do units with zeros`() {
        for value in [0, 1, 2, 3, 15, 30, 31, 254, 65535] {
            var bits = UnitBits(UnitBits([]).replacing(from: 0, with: UnitBits.golomb(value) + [true]).unit)
            #expect(bits.golomb() == value)
        }
        var random = SplitMix64(seed: 7)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 1...40, using: &random)).map { _ in UInt8.random(in: 0...4, using: &random)
            }
            #expect(UnitBits.unescaped(UnitBits.escaped(bytes)) == bytes)
        }
    }

    @Test func `a slice gets another picture set's number and is otherwise the same`() throws {
        let sets = ParameterSets(codec: .hevc)
        let numbers = try #require(SetNumbers(besides: sets, codec: .hevc))
        var random = SplitMix64(seed: 9)
        for type in [UInt8(1), 19, 21] {
            let before = type >= 16 ? 2 : 1
            let flags: [Bool] = before == 2 ? [true, false] : [true]
            let rest = (0..<90).map { _ in Bool.random(using: &random) } + [true]
            let header = UnitBits.fixed(Int(type) << 9 | 1, count: 16)
            func slice(_ number: Int) -> [UInt8] {
                UnitBits([]).replacing(from: 0, with: header + flags + UnitBits.golomb(number) + rest).unit
            }
            #expect(numbers.renumbered(slice(0)) == slice(numbers.picture))
        }
    }

    @Test func `a plan copies from the first keyframe to the last frame that stands alone`() {
        var index = VideoIndex(
            order: .byTime, ticks: Array(0..<12), lastDuration: 1,
            entries: [
                .init(rank: 0, pts: 0, dts: 0, resets: true), .init(rank: 5, pts: 5, dts: 5, resets: true),
            ], keyframeCount: 2)
        // I0 P3 B1 B2 P4 | I5 P8 B6 B7 P11 B9 B10
        index.codingOrder = [0, 3, 1, 2, 4, 5, 8, 6, 7, 11, 9, 10]
        func pieces(_ frames: Range<Int>) -> [Range<Int>] {
            CutPlan(frames: frames, index: index, mayCopy: true).pieces.map(\.frames)
        }
        #expect(pieces(0..<12) == [0..<12])
        #expect(pieces(2..<11) == [2..<5, 5..<9, 9..<11])
        #expect(pieces(1..<4) == [1..<4])
        #expect(pieces(0..<3) == [0..<1, 1..<3])
        #expect(CutPlan.reordering(of: index) == 1)
    }
}

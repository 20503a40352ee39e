import Foundation
import Testing

@testable import Media

/// Pictures that strangers send.
@Suite struct StillPictureTests {
    static let formats: [(name: String, arguments: String)] = [
        ("rgb24.png", "-pix_fmt rgb24"), ("rgba.png", "-pix_fmt rgba"), ("gray.png", "-pix_fmt gray"),
        ("gray16.png", "-pix_fmt gray16be"), ("rgb48.png", "-pix_fmt rgb48be"), ("palette.png", "-pix_fmt pal8"),
        ("mono.png", "-pix_fmt monob"), ("420.jpg", "-pix_fmt yuvj420p -q:v 2"),
        ("422.jpg", "-pix_fmt yuvj422p -q:v 2"),
        ("444.jpg", "-pix_fmt yuvj444p -q:v 2"), ("gray.jpg", "-pix_fmt gray -q:v 2"),
    ]

    static func file(_ name: String, _ arguments: String = "", size: String = "67x45") throws -> [UInt8] {
        let fixture = Fixture(
            name: name, arguments: "-f lavfi -i testsrc=size=\(size):rate=1:duration=1 -frames:v 1 \(arguments)")
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture.path)))
    }

    @Test(arguments: formats)
    func `a picture of any usual kind shows what ffmpeg shows`(format: (name: String, arguments: String)) throws {
        let picture = try StillPicture(decoding: Self.file(format.name, format.arguments))
        #expect(picture.width == 67 && picture.height == 45 && picture.rgb8.count == 3 * 67 * 45)
        let fixture = Fixture(
            name: format.name,
            arguments: "-f lavfi -i testsrc=size=67x45:rate=1:duration=1 -frames:v 1 \(format.arguments)")
        let raw = Fixture(
            name: format.name + ".raw",
            arguments:
                "-i \(try fixture.path) -sws_flags bilinear+accurate_rnd+full_chroma_int -pix_fmt rgb24 -f rawvideo")
        let expected = [UInt8](try Data(contentsOf: URL(fileURLWithPath: raw.path)))
        try #require(expected.count == picture.rgb8.count)
        let worst = zip(expected, picture.rgb8).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(worst <= 2)
    }

    @Test(arguments: ["rgb24.png", "420.jpg"])
    func `a file that is cut short anywhere is refused`(name: String) throws {
        let file = try Self.file(name, name.hasSuffix("jpg") ? "-pix_fmt yuvj420p -q:v 2" : "-pix_fmt rgb24")
        for count in 0..<file.count {
            #expect(throws: MediaFailure.self) { try StillPicture(decoding: Array(file.prefix(count))) }
        }
    }

    @Test func `a PNG with any bit turned is refused or unchanged`() throws {
        let file = try Self.file("rgb24.png", "-pix_fmt rgb24")
        let sound = try StillPicture(decoding: file)
        for index in file.indices {
            var damaged = file
            damaged[index] ^= 1 << UInt8(index % 8)
            if let picture = try? StillPicture(decoding: damaged) { #expect(picture == sound, "byte \(index)") }
        }
    }

    @Test func `a JPEG with any byte changed is refused or has its size`() throws {
        let file = try Self.file("420.jpg", "-pix_fmt yuvj420p -q:v 2")
        for index in file.indices {
            var damaged = file
            damaged[index] = damaged[index] &+ 0x55
            if let picture = try? StillPicture(decoding: damaged) {
                #expect(picture.rgb8.count == 3 * picture.width * picture.height)
            }
        }
    }

    @Test(arguments: 1...8, [true, false])
    func `a picture is upright whichever way the camera was held`(orientation: Int, isLittle: Bool) throws {
        // 0x0112, SHORT, one value; before it a tag that does not matter.
        func number(_ value: Int, _ count: Int) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isLittle ? bytes : bytes.reversed()
        }
        let tiff =
            (isLittle ? [0x49, 0x49] : [0x4D, 0x4D]) + number(42, 2) + number(8, 4) + number(2, 2) + number(0x0100, 2)
            + number(4, 2) + number(1, 4) + number(67, 4) + number(0x0112, 2) + number(3, 2) + number(1, 4)
            + number(orientation, 2) + number(0, 2) + number(0, 4)
        let file = try Self.file("420.jpg", "-pix_fmt yuvj420p -q:v 2")
        let segment = Array("Exif".utf8) + [0, 0] + tiff
        let length = segment.count + 2
        let noted = file[..<2] + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + segment + file[2...]
        let (coded, upright) = (try StillPicture(decoding: file), try StillPicture(decoding: Array(noted)))
        let isTurned = orientation >= 5
        #expect(upright.width == (isTurned ? 45 : 67) && upright.height == (isTurned ? 67 : 45))
        let (right, bottom) = (coded.width - 1, coded.height - 1)
        for y in 0..<upright.height {
            for x in 0..<upright.width {
                let (column, row) =
                    switch orientation {
                    case 2: (right - x, y)
                    case 3: (right - x, bottom - y)
                    case 4: (x, bottom - y)
                    case 5: (y, x)
                    case 6: (y, bottom - x)
                    case 7: (right - y, bottom - x)
                    case 8: (right - y, x)
                    default: (x, y)
                    }
                let (to, from) = (3 * (y * upright.width + x), 3 * (row * coded.width + column))
                guard upright.rgb8[to..<to + 3] == coded.rgb8[from..<from + 3] else {
                    Issue.record("pixel \(x), \(y)")
                    return
                }
            }
        }
        // Cut anywhere, a note is none, and the picture is there all the same.
        for count in 0..<tiff.count { #expect((1...8).contains(ExifOrientation.read(tiff: tiff[..<count]))) }
    }

    @Test func `what a phone puts behind the picture does not matter`() throws {
        let file = try Self.file("420.jpg", "-pix_fmt yuvj420p -q:v 2")
        #expect(try StillPicture(decoding: file + [0xFF, 0xDA, 1, 2, 3]) == StillPicture(decoding: file))
    }

    @Test func `a picture larger than the cap is refused by its header`() throws {
        var file = try Self.file("rgb24.png", "-pix_fmt rgb24")
        file.replaceSubrange(16..<24, with: [0, 1, 0, 0, 0, 1, 0, 0])
        let failure = #expect(throws: MediaFailure.self) { try StillPicture(decoding: file) }
        #expect(failure?.code == .unsupported && failure?.message.contains("65536x65536") == true)
    }

    @Test(arguments: [
        "GIF89a.......", "<svg xmlns='http://www.w3.org/2000/svg'/>", "#EXTM3U\nhttp://example.org/", "RIFF",
    ])
    func `other formats are refused by name`(text: String) {
        let failure = #expect(throws: MediaFailure.self) { try StillPicture(decoding: Array(text.utf8)) }
        #expect(failure?.code == .unsupported && failure?.message.contains("neither a JPEG nor a PNG") == true)
    }

    @Test func `a PNG whose rows are missing is refused`() throws {
        // One row's worth of deflated data, in chunks whose checksums are right.
        let file = try Self.file("short.png", "-pix_fmt rgb24", size: "67x1")
        var tall = file
        tall.replaceSubrange(20..<24, with: [0, 0, 0, 45])
        let crc = Self.crc(tall[12..<29])
        tall.replaceSubrange(29..<33, with: (0..<4).map { UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * $0)) })
        #expect(throws: MediaFailure.self) { try StillPicture(decoding: tall) }
    }

    private static func crc(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = crc & 1 == 1
                crc >>= 1
                if isOdd { crc ^= 0xEDB8_8320 }
            }
        }
        return ~crc
    }
}

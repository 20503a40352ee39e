import Model

/// What a picture's file says of itself, read without decoding: format, size, and where the file really ends.
struct StillPictureHeader: Hashable {
    enum Kind: Hashable { case jpeg, png }

    let kind: Kind
    let width: Int
    let height: Int
    /// As ``ExifOrientation`` says.
    let orientation: Int
    /// Bytes of the picture; phones put films behind theirs.
    let length: Int

    /// Progressive pictures come in a dozen scans; each more costs a pass over all pixels.
    private static let mostScans = 100

    /// - Throws: `unsupported` where it is neither JPEG nor PNG; `invalidData` where it is damaged or cut short.
    init(_ file: [UInt8]) throws(MediaFailure) {
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        var reader = Reader(bytes: file)
        if file.starts(with: signature) {
            kind = .png
            (width, height) = try reader.png()
        } else if file.starts(with: [0xFF, 0xD8, 0xFF]) {
            kind = .jpeg
            (width, height) = try reader.jpeg(mostScans: Self.mostScans)
        } else if file.isEmpty {
            throw Self.damaged("there is nothing in it")
        } else {
            throw MediaFailure(
                code: .unsupported, message: "the picture is neither a JPEG nor a PNG file",
                hint: "Convert it to one of them")
        }
        guard width > 0, height > 0 else { throw Self.damaged("it has no pixels") }
        orientation = reader.orientation
        length = reader.at
    }

    private static func damaged(_ what: String) -> MediaFailure {
        MediaFailure(code: .invalidData, message: "the picture is damaged: \(what)", hint: "Send or save it again")
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0
        var orientation = ExifOrientation.upright

        /// A number of `count` bytes, most significant first.
        private mutating func number(_ count: Int) throws(MediaFailure) -> Int {
            guard count <= bytes.count - at else { throw StillPictureHeader.damaged("its file ends too early") }
            defer { at += count }
            return bytes[at..<at + count].reduce(0) { $0 << 8 | Int($1) }
        }

        private mutating func skip(_ count: Int) throws(MediaFailure) {
            guard count >= 0 else { throw StillPictureHeader.damaged("a length in it is wrong") }
            guard count <= bytes.count - at else { throw StillPictureHeader.damaged("its file ends too early") }
            at += count
        }

        /// Chunks up to IEND (ISO/IEC 15948, 5.3).
        mutating func png() throws(MediaFailure) -> (width: Int, height: Int) {
            at = 8
            guard try number(4) == 13, try number(4) == 0x4948_4452 else {
                throw StillPictureHeader.damaged("it does not begin with its header")
            }
            let size = (width: try number(4), height: try number(4))
            try skip(5 + 4)
            while true {
                let (length, type) = (try number(4), try number(4))
                let start = at
                try skip(length)
                if type == 0x6558_4966 { orientation = ExifOrientation.read(tiff: bytes[start..<at]) }
                try skip(4)
                if type == 0x4945_4E44 { return size }
            }
        }

        /// Segments up to the end of the image (ITU-T T.81, annex B).
        mutating func jpeg(mostScans: Int) throws(MediaFailure) -> (width: Int, height: Int) {
            at = 2
            var size: (width: Int, height: Int)?
            var scans = 0
            while true {
                guard try number(1) == 0xFF else { throw StillPictureHeader.damaged("a segment does not begin") }
                var marker = try number(1)
                while marker == 0xFF { marker = try number(1) }
                switch marker {
                case 0xD9:
                    guard let size, scans > 0 else { throw StillPictureHeader.damaged("it holds no picture") }
                    return size
                case 0x01, 0xD0...0xD7: continue
                case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
                    let end = at + (try number(2))
                    _ = try number(1)
                    let found = (height: try number(2), width: try number(2))
                    guard size == nil else { throw StillPictureHeader.damaged("it has two headers") }
                    size = (found.width, found.height)
                    try skip(end - at)
                case 0xDA:
                    scans += 1
                    guard scans <= mostScans else {
                        throw StillPictureHeader.damaged("it has more than \(mostScans) scans")
                    }
                    try skip(try number(2) - 2)
                    try skipScan()
                case 0xE1:
                    let end = at + (try number(2))
                    let start = at
                    try skip(end - at)
                    let mark = Array("Exif".utf8) + [0, 0]
                    if bytes[start..<at].starts(with: mark) {
                        orientation = ExifOrientation.read(tiff: bytes[(start + mark.count)..<at])
                    }
                default: try skip(try number(2) - 2)
                }
            }
        }

        /// Entropy-coded data ends where a marker begins that is no restart and no stuffed 0xFF.
        private mutating func skipScan() throws(MediaFailure) {
            while let next = bytes[at...].firstIndex(of: 0xFF) {
                guard next + 1 < bytes.count else { break }
                switch bytes[next + 1] {
                case 0, 0xD0...0xD7: at = next + 2
                case 0xFF: at = next + 1
                default:
                    at = next
                    return
                }
            }
            throw StillPictureHeader.damaged("its file ends too early")
        }
    }
}

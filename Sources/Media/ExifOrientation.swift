/// How a camera was held, as it noted in the picture's file (Exif 2.32, tag 0x0112): 1 upright, 2 to 8 mirrored or turned.
enum ExifOrientation {
    static let upright = 1
    /// From here on width and height change places.
    static let firstTurned = 5

    /// The orientation in the first directory of a TIFF structure; upright where it says none or is damaged: pictures are
    /// shown without what surrounds them.
    static func read(tiff bytes: ArraySlice<UInt8>) -> Int {
        let tiff = Array(bytes)
        let isLittle = tiff.starts(with: [0x49, 0x49, 0x2A, 0])
        guard isLittle || tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) else { return upright }
        func number(at start: Int, _ count: Int) -> Int? {
            guard start >= 0, start <= tiff.count - count else { return nil }
            let field = tiff[start..<start + count]
            return (isLittle ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, 4), let entries = number(at: directory, 2) else { return upright }
        for entry in 0..<entries {
            let start = directory + 2 + 12 * entry
            guard let tag = number(at: start, 2) else { return upright }
            guard tag == 0x0112 else { continue }
            // One value of two bytes, at the front of the field for values.
            guard number(at: start + 2, 2) == 3, number(at: start + 4, 4) == 1, let value = number(at: start + 8, 2),
                (1...8).contains(value)
            else { return upright }
            return value
        }
        return upright
    }
}

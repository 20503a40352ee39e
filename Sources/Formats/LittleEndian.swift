extension [UInt8] {
    package mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        var rest = value
        for _ in 0..<(value.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }
}

/// Takes integers off the front of bytes whose number the caller has checked.
package struct LittleEndianReader {
    package let bytes: [UInt8]
    package private(set) var position = 0

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package mutating func skip(_ count: Int) { position += count }

    package mutating func next<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer {
        let size = Integer.bitWidth / 8
        var value: Integer = 0
        for index in (0..<size).reversed() {
            value = value << 8 | Integer(truncatingIfNeeded: bytes[position + index])
        }
        position += size
        return value
    }

    package mutating func nextFloat() -> Double { Double(Float(bitPattern: next(UInt32.self))) }
}

/// Writes JSON (RFC 8259) from front to back: no tree in memory, keys in the order they are written, the same bytes for
/// the same values.
///
/// Numbers are printed with the fewest digits that read back as the same `Double`, whole ones without a point. NaN and
/// infinities have no spelling in JSON: they are written as `null` and remembered in ``hasUnprintable``, so that the
/// document's writer refuses the whole document once, instead of handling an error at each number.
package struct JSONWriter: ~Copyable {
    package private(set) var bytes: [UInt8] = []
    /// Whether any number was NaN or infinite.
    package private(set) var hasUnprintable = false
    /// Whether the current object or array has an element already.
    private var needsComma = false

    package init() {}

    /// Hands out what has been written, and starts over with an empty buffer within the same document.
    package mutating func drain() -> [UInt8] {
        var drained: [UInt8] = []
        swap(&drained, &bytes)
        bytes.reserveCapacity(drained.count)
        return drained
    }

    package mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        begin("{")
        try body(&self)
        end("}")
    }

    package mutating func array(_ body: (inout JSONWriter) throws -> Void) rethrows {
        begin("[")
        try body(&self)
        end("]")
    }

    /// `begin` and `end` serve documents that are drained between elements; elsewhere the closures read better.
    package mutating func begin(_ bracket: Unicode.Scalar) {
        separate()
        append(bracket)
        needsComma = false
    }

    package mutating func end(_ bracket: Unicode.Scalar) {
        append(bracket)
        needsComma = true
    }

    /// Starts the next element on a new line, for people and for line-based tools.
    package mutating func newLine() {
        if needsComma { append(",") }
        append("\n")
        needsComma = false
    }

    package mutating func key(_ name: String) {
        string(name)
        append(":")
        needsComma = false
    }

    package mutating func string(_ value: String) {
        separate()
        append("\"")
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                for digit in [byte >> 4, byte & 15] {
                    bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                }
            default: bytes.append(byte)
            }
        }
        append("\"")
        needsComma = true
    }

    package mutating func integer(_ value: some BinaryInteger) {
        separate()
        DecimalText.append(Int64(value), to: &bytes)
        needsComma = true
    }

    package mutating func number(_ value: Double) {
        guard value.isFinite else {
            hasUnprintable = true
            return null()
        }
        // Up to 2⁵³ every whole number is exact, and prints shorter as an integer.
        if value == value.rounded(), value.magnitude < 9_007_199_254_740_992, !(value == 0 && value.sign == .minus) {
            return integer(Int64(value))
        }
        separate()
        bytes.append(contentsOf: value.description.utf8)
        needsComma = true
    }

    package mutating func boolean(_ value: Bool) { literal(value ? "true" : "false") }

    package mutating func null() { literal("null") }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { append(",") }
    }

    private mutating func append(_ scalar: Unicode.Scalar) { bytes.append(UInt8(ascii: scalar)) }
}

extension JSONWriter {
    package mutating func field(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func field(_ name: String, _ value: Int) {
        key(name)
        integer(value)
    }

    package mutating func field(_ name: String, _ value: Double) {
        key(name)
        number(value)
    }

    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        boolean(value)
    }
}

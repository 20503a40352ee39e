/// The bits of a small unit, without the bytes that keep start codes out of it.
///
/// A bit an element: parameter sets have a few hundred.
struct UnitBits {
    private(set) var bits: [Bool]
    private var position = 0

    init(_ unit: [UInt8]) {
        bits = Self.unescaped(unit).flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 == 1 } }
    }

    private init(bits: [Bool]) { self.bits = bits }

    mutating func skip(_ count: Int) { position += count }

    /// The next `count` bits as a number; `nil` beyond the end.
    mutating func number(_ count: Int) -> Int? {
        guard count <= 32, position + count <= bits.count else { return nil }
        defer { position += count }
        return bits[position..<position + count].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }

    /// The next number in Exp-Golomb code, `ue(v)` of the standards.
    mutating func golomb() -> Int? {
        var zeros = 0
        while position < bits.count, !bits[position] {
            zeros += 1
            position += 1
        }
        guard zeros < 32, let value = number(zeros + 1) else { return nil }
        return value - 1
    }

    /// The bits before the position, then `replacement`, then what follows.
    func replacing(from start: Int, with replacement: [Bool]) -> UnitBits {
        UnitBits(bits: Array(bits[..<start]) + replacement + bits[position...])
    }

    var place: Int { position }

    /// The unit again: ended by a one and zeros up to a whole byte.
    var unit: [UInt8] {
        let end = (bits.lastIndex(of: true) ?? -1) + 1
        var bytes = [UInt8](repeating: 0, count: (end + 7) / 8)
        for index in 0..<end where bits[index] { bytes[index / 8] |= 0x80 >> UInt8(index % 8) }
        return Self.escaped(bytes)
    }

    static func fixed(_ value: Int, count: Int) -> [Bool] { (0..<count).map { value >> (count - 1 - $0) & 1 == 1 } }

    static func golomb(_ value: Int) -> [Bool] {
        let count = Int.bitWidth - (value + 1).leadingZeroBitCount
        return [Bool](repeating: false, count: count - 1) + fixed(value + 1, count: count)
    }

    /// Takes out each 3 that follows two zeros.
    static func unescaped(_ unit: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(unit.count)
        var zeros = 0
        for byte in unit {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            bytes.append(byte)
        }
        return bytes
    }

    /// Puts a 3 between two zeros and a byte up to 3.
    static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        var unit: [UInt8] = []
        unit.reserveCapacity(bytes.count + 16)
        var zeros = 0
        for byte in bytes {
            if zeros >= 2, byte <= 3 {
                unit.append(3)
                zeros = 0
            }
            zeros = byte == 0 ? zeros + 1 : 0
            unit.append(byte)
        }
        return unit
    }
}

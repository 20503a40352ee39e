/// The parameter sets of one stream: what its pictures refer to by kind and number.
struct ParameterSets {
    enum Kind: Int { case video, sequence, picture }

    struct Key: Hashable {
        var kind: Kind
        var number: Int
    }

    private let codec: CodedUnits.Codec
    private(set) var sets: [(key: Key, unit: [UInt8])] = []

    init(codec: CodedUnits.Codec) { self.codec = codec }

    /// Adds a set; `false` where another one has its kind and number, or where it cannot be read.
    mutating func add(_ unit: [UInt8]) -> Bool {
        guard let key = Self.key(of: unit, codec: codec) else { return false }
        if let known = sets.first(where: { $0.key == key }) { return known.unit == unit }
        sets.append((key, unit))
        return true
    }

    /// Sets of two streams in one; `nil` where they use the same numbers.
    func joined(with other: ParameterSets) -> ParameterSets? {
        var all = self
        for (_, unit) in other.sets where !all.add(unit) { return nil }
        return all
    }

    func numbers(_ kind: Kind) -> Set<Int> { Set(sets.filter { $0.key.kind == kind }.map(\.key.number)) }

    func first(_ kind: Kind) -> [UInt8]? { sets.first { $0.key.kind == kind }?.unit }

    /// All sets by kind, each after a start code.
    var headers: [UInt8] {
        [Kind.video, .sequence, .picture].flatMap { kind in
            sets.filter { $0.key.kind == kind }.flatMap { [0, 0, 0, 1] + $0.unit }
        }
    }

    /// ITU-T H.264, 7.3.2.1 and 7.3.2.2; H.265, 7.3.2.1 to 7.3.2.3.
    static func key(of unit: [UInt8], codec: CodedUnits.Codec) -> Key? {
        guard let first = unit.first else { return nil }
        var bits = UnitBits(unit)
        let kind: Kind
        let number: Int?
        switch codec {
        case .h264:
            kind = first & 31 == 7 ? .sequence : .picture
            bits.skip(kind == .sequence ? 32 : 8)
            number = bits.golomb()
        case .hevc:
            bits.skip(16)
            switch first >> 1 & 63 {
            case 32: (kind, number) = (.video, bits.number(4))
            case 33:
                kind = .sequence
                guard bits.skipToSequenceNumber() else { return nil }
                number = bits.golomb()
            default: (kind, number) = (.picture, bits.golomb())
            }
        }
        return number.map { Key(kind: kind, number: $0) }
    }
}

extension UnitBits {
    /// From after the header of a sequence parameter set of HEVC to before its number (H.265, 7.3.2.2.1 and 7.3.3).
    mutating func skipToSequenceNumber() -> Bool {
        skip(4)
        guard let layers = number(3) else { return false }
        skip(1 + 96)
        guard layers > 0 else { return true }
        var present: [(profile: Bool, level: Bool)] = []
        for _ in 0..<layers {
            guard let flags = number(2) else { return false }
            present.append((flags & 2 != 0, flags & 1 != 0))
        }
        skip(2 * (8 - layers))
        for layer in present { skip((layer.profile ? 88 : 0) + (layer.level ? 8 : 0)) }
        return true
    }
}

/// Numbers for an encoder's parameter sets that a stream does not use yet, so that pictures of both can follow each other
/// in one file.
struct SetNumbers: Hashable {
    let video: Int
    let sequence: Int
    let picture: Int

    /// `nil` where the stream uses them all.
    init?(besides sets: ParameterSets, codec: CodedUnits.Codec) {
        let (videos, sequences, pictures) = (sets.numbers(.video), sets.numbers(.sequence), sets.numbers(.picture))
        switch codec {
        case .h264:
            // x264 gives both its sets one number.
            guard let free = (0..<32).last(where: { !sequences.contains($0) && !pictures.contains($0) }) else {
                return nil
            }
            (video, sequence, picture) = (0, free, free)
        case .hevc:
            // A number of nine bits, see `renumbered(slice:)`.
            guard let video = (0..<16).last(where: { !videos.contains($0) }),
                let sequence = (0..<16).last(where: { !sequences.contains($0) }),
                let picture = (15...30).last(where: { !pictures.contains($0) })
            else { return nil }
            (self.video, self.sequence, self.picture) = (video, sequence, picture)
        }
    }

    /// A unit of x265, which numbers all its sets 0, with these numbers; `nil` where it is not what x265 makes.
    func renumbered(_ unit: [UInt8]) -> [UInt8]? {
        guard unit.count > 3 else { return unit }
        var bits: UnitBits
        switch unit[0] >> 1 & 63 {
        case 0..<32: return renumbered(slice: unit)
        case 32:
            bits = UnitBits(unit)
            bits.skip(20)
            return bits.replacing(from: 16, with: UnitBits.fixed(video, count: 4)).unit
        case 33:
            bits = UnitBits(unit)
            bits.skip(20)
            bits = bits.replacing(from: 16, with: UnitBits.fixed(video, count: 4))
            bits.skip(16)
            guard bits.skipToSequenceNumber() else { return nil }
            let start = bits.place
            guard bits.golomb() == 0 else { return nil }
            return bits.replacing(from: start, with: UnitBits.golomb(sequence)).unit
        case 34:
            bits = UnitBits(unit)
            bits.skip(16)
            guard bits.golomb() == 0, bits.golomb() == 0 else { return nil }
            return bits.replacing(from: 16, with: UnitBits.golomb(picture) + UnitBits.golomb(sequence)).unit
        default: return unit
        }
    }

    /// A slice names its picture parameter set in Exp-Golomb code near its begin (H.265, 7.3.6.1). Number 0 takes one
    /// bit and 15 to 30 take nine: what follows moves by a whole byte, so neither the rest of the header nor the
    /// alignment of the data after it needs to be known.
    private func renumbered(slice unit: [UInt8]) -> [UInt8]? {
        let isAccessPoint = (16..<24).contains(unit[0] >> 1 & 63)
        let before = isAccessPoint ? 2 : 1
        var bytes = UnitBits.unescaped(unit)
        let byte = Int(bytes[2])
        let after = 7 - before
        guard byte >> after & 1 == 1 else { return nil }
        let both = (byte >> (after + 1)) << (16 - before) | (picture + 1) << after | byte & ((1 << after) - 1)
        bytes[2] = UInt8(both & 255)
        bytes.insert(UInt8(both >> 8), at: 2)
        return UnitBits.escaped(bytes)
    }
}

/// The units (NAL) that a picture of H.264 or HEVC is made of, in either framing.
struct CodedUnits {
    enum Codec: String { case h264, hevc }

    let codec: Codec
    /// Bytes of the length before each unit, as in MP4; 0: start codes, as in MPEG-TS.
    let lengthSize: Int

    /// - Parameter headers: the codec's, as the container has them.
    init(codec: Codec, headers: [UInt8]) {
        self.codec = codec
        let isRecord = headers.first == 1
        lengthSize =
            switch codec {
            case .h264 where isRecord && headers.count > 6: Int(headers[4] & 3) + 1
            case .hevc where isRecord && headers.count > 22: Int(headers[21] & 3) + 1
            default: 0
            }
    }

    /// The places of a picture's units; `nil` where lengths do not fit.
    func places(in bytes: UnsafeRawBufferPointer) -> [Range<Int>]? {
        lengthSize > 0 ? unsafe measured(bytes) : unsafe Self.marked(bytes)
    }

    private func measured(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>]? {
        var places: [Range<Int>] = []
        var at = 0
        while at < bytes.count {
            guard bytes.count - at > lengthSize else { return nil }
            var length = 0
            for offset in 0..<lengthSize { length = unsafe length << 8 | Int(bytes[at + offset]) }
            at += lengthSize
            guard length <= bytes.count - at else { return nil }
            if length > 0 { places.append(at..<at + length) }
            at += length
        }
        return places
    }

    /// Units between start codes; zeros at a unit's end belong to the next start code.
    static func marked(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var start: Int?
        var at = 0
        let count = bytes.count
        func close(at end: Int) {
            guard let first = start else { return }
            var last = end
            while unsafe last > first && bytes[last - 1] == 0 { last -= 1 }
            if last > first { places.append(first..<last) }
        }
        while at + 2 < count {
            // Only a third byte of 0 or 1 leaves room for a start code here or next.
            let third = unsafe bytes[at + 2]
            if third > 1 {
                at += 3
            } else if unsafe third == 1 && bytes[at] == 0 && bytes[at + 1] == 0 {
                close(at: at)
                at += 3
                start = at
            } else {
                at += 1
            }
        }
        close(at: count)
        return places
    }

    /// What the unit beginning with `byte` is.
    func type(_ byte: UInt8) -> Int {
        switch codec {
        case .h264: Int(byte & 31)
        case .hevc: Int(byte >> 1 & 63)
        }
    }

    /// Whether units of this type are parameter sets, which an MP4 file keeps in its header.
    func isParameterSet(_ type: Int) -> Bool {
        switch codec {
        case .h264: type == 7 || type == 8
        case .hevc: (32...34).contains(type)
        }
    }

    /// The parameter sets in the codec's headers, in their order.
    func parameterSets(inHeaders headers: [UInt8]) -> [[UInt8]] {
        guard lengthSize > 0 else {
            return unsafe headers.withUnsafeBytes { bytes in
                unsafe Self.marked(bytes).map { unsafe [UInt8](bytes[$0]) }.filter { isParameterSet(type($0[0])) }
            }
        }
        var rest = headers[...]
        /// Takes `count` units, each after its length in two bytes.
        func units(_ count: Int) -> [[UInt8]] {
            (0..<count).compactMap { _ in
                guard rest.count >= 2, let first = rest.popFirst(), let second = rest.popFirst() else { return nil }
                let unit = [UInt8](rest.prefix(Int(first) << 8 | Int(second)))
                rest = rest.dropFirst(unit.count)
                return unit.isEmpty || !isParameterSet(type(unit[0])) ? nil : unit
            }
        }
        switch codec {
        case .h264:
            // ISO/IEC 14496-15, 5.3.3.1: sequence sets, then picture sets.
            rest = rest.dropFirst(5)
            let sequences = units(Int((rest.popFirst() ?? 0) & 31))
            return sequences + units(Int(rest.popFirst() ?? 0))
        case .hevc:
            // ISO/IEC 14496-15, 8.3.3.1: arrays by type.
            rest = rest.dropFirst(22)
            let arrays = Int(rest.popFirst() ?? 0)
            return (0..<arrays).flatMap { _ in
                rest = rest.dropFirst()
                let count = Int(rest.popFirst() ?? 0) << 8 | Int(rest.popFirst() ?? 0)
                return units(count)
            }
        }
    }
}

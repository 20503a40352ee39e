/// Values as Python pickles them, protocol 2: what RQ keeps a job's call, its `meta` and its result in.
enum Pickle {
    static func text(_ text: String) -> [UInt8] { framed(content(text)) }

    /// A dictionary.
    static func texts(_ entries: [(name: String, value: String)]) -> [UInt8] {
        framed(
            [UInt8(ascii: "}"), UInt8(ascii: "(")] + entries.flatMap { content($0.name) + content($0.value) }
                + [UInt8(ascii: "u")])
    }

    /// `(function, None, (argument,), {})`: a call, as RQ keeps it.
    static func call(_ function: String, _ argument: String) -> [UInt8] {
        framed(
            [UInt8(ascii: "(")] + content(function) + [UInt8(ascii: "N")] + content(argument)
                + [0x85, UInt8(ascii: "}"), UInt8(ascii: "t")])
    }

    private static func framed(_ content: [UInt8]) -> [UInt8] { [0x80, 2] + content + [UInt8(ascii: ".")] }

    private static func content(_ text: String) -> [UInt8] {
        let length = UInt32(text.utf8.count)
        return [UInt8(ascii: "X")] + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(text.utf8)
    }
}

/// A zlib stream (RFC 1950) that holds its content as it is: RQ inflates what it reads, and what is written here is short.
enum StoredZlib {
    static func stream(_ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        var rest = content[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            bytes.append(rest.isEmpty ? 1 : 0)
            for number in [length, ~length] { bytes += [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)] }
            bytes += block
        } while !rest.isEmpty
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in content {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return bytes + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: (high << 16 | low) >> $0) }
    }
}

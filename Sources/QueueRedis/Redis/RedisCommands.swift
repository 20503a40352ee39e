/// Commands on their way to Redis, in its protocol (RESP 2: an array of byte strings each), sent in one go.
struct RedisCommands: Sendable {
    enum Word: Sendable, ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
        case text(String)
        case bytes([UInt8])

        init(stringLiteral text: String) { self = .text(text) }
    }

    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ words: Word...) { add(words) }

    mutating func add(_ words: [Word]) {
        head("*", words.count)
        for word in words {
            switch word {
            case .text(let text):
                head("$", text.utf8.count)
                bytes.append(contentsOf: text.utf8)
            case .bytes(let content):
                head("$", content.count)
                bytes.append(contentsOf: content)
            }
            bytes.append(contentsOf: [13, 10])
        }
        count += 1
    }

    mutating func add(_ other: RedisCommands) {
        bytes.append(contentsOf: other.bytes)
        count += other.count
    }

    /// The same as one step that others see whole or not at all; answered by one reply more at each end.
    var asTransaction: RedisCommands {
        var whole = RedisCommands()
        whole.add("MULTI")
        whole.add(self)
        whole.add("EXEC")
        return whole
    }

    private mutating func head(_ kind: Unicode.Scalar, _ count: Int) {
        bytes.append(UInt8(ascii: kind))
        bytes.append(contentsOf: "\(count)".utf8)
        bytes.append(contentsOf: [13, 10])
    }
}

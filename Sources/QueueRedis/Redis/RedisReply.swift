import CHiredis

/// What Redis answered to one command.
enum RedisReply: Hashable, Sendable {
    case nothing
    case integer(Int64)
    /// `OK`, and what a key holds.
    case bytes([UInt8])
    case list([RedisReply])
    case error(String)

    /// A copy of hiredis' own.
    @unsafe init(_ reply: UnsafePointer<redisReply>) {
        let content = unsafe reply.pointee
        switch unsafe content.type {
        case REDIS_REPLY_INTEGER: self = unsafe .integer(content.integer)
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = unsafe .bytes(Self.bytes(content))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: Self.bytes(content), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            self = unsafe .list(
                (0..<content.elements).map { index in
                    guard let element = unsafe content.element?[index] else { return .nothing }
                    return unsafe RedisReply(element)
                })
        default: self = .nothing
        }
    }

    @unsafe private static func bytes(_ content: redisReply) -> [UInt8] {
        guard let text = unsafe content.str else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: text, count: content.len))
    }

    var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    var integer: Int? {
        guard case .integer(let value) = self else { return nil }
        return Int(value)
    }

    /// The members of a list; of an error, or of nothing, none.
    var elements: [RedisReply] {
        guard case .list(let elements) = self else { return [] }
        return elements
    }

    /// Redis' words, also where the error is that of a step within a transaction.
    var error: String? {
        switch self {
        case .error(let text): text
        case .list(let elements): elements.lazy.compactMap(\.error).first
        case .nothing, .integer, .bytes: nil
        }
    }
}

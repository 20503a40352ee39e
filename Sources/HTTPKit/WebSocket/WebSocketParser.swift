import NIOCore

/// Takes a client's bytes apart into messages (RFC 6455): a pure state machine.
///
/// Clients must mask, must not use extensions that nobody agreed on, must end their control frames, and must send
/// valid UTF-8 as text; a length is refused before anything of it is waited for.
struct WebSocketParser {
    enum Event: Equatable {
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong
        case close(WebSocketCloseCode?)
        case failure(WebSocketCloseCode, String)
    }

    private struct Violation: Error {
        var code: WebSocketCloseCode
        var text: String
    }

    private let messageBytes: Int
    private var fragments: [UInt8] = []
    private var fragmentKind: UInt8?
    /// Empty fragments cost nothing but time; only so many belong to a message.
    private var fragmentCount = 0
    private var hasFailed = false

    init(messageBytes: Int) { self.messageBytes = messageBytes }

    /// The next event, taken off the front of `input`; nil when more bytes are needed or the stream has failed.
    mutating func next(_ input: inout ByteBuffer) -> Event? {
        guard !hasFailed else { return nil }
        do throws(Violation) {
            while let frame = try nextFrame(&input) {
                if let event = try take(frame) { return event }
            }
            return nil
        } catch {
            hasFailed = true
            fragments = []
            return .failure(error.code, error.text)
        }
    }

    private struct Frame {
        var isFinal: Bool
        var kind: UInt8
        var payload: [UInt8]
    }

    private func nextFrame(_ input: inout ByteBuffer) throws(Violation) -> Frame? {
        let start = input.readerIndex
        guard let first = input.getInteger(at: start, as: UInt8.self),
            let second = input.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        let kind = first & 0x0F
        let isControl = kind & 0x08 != 0
        guard first & 0x70 == 0 else { throw protocolError("reserved bits are set") }
        guard [0, 1, 2, 8, 9, 10].contains(kind) else { throw protocolError("unknown opcode") }
        guard second & 0x80 != 0 else { throw protocolError("a client's frame is not masked") }
        var header = 2
        var length = Int(second & 0x7F)
        if isControl {
            guard first & 0x80 != 0, length <= 125 else { throw protocolError("a control frame is fragmented or long") }
        }
        if length == 126 {
            guard let long = input.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            guard long > 125 else { throw protocolError("a length is not written the short way") }
            (length, header) = (Int(long), 4)
        } else if length == 127 {
            guard let long = input.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            guard long > 65535, long <= UInt64(Int.max) else { throw protocolError("a length is not written rightly") }
            (length, header) = (Int(long), 10)
        }
        guard isControl || length <= messageBytes - fragments.count else {
            throw Violation(code: .messageTooLarge, text: "the message is larger than \(messageBytes) bytes")
        }
        guard input.readableBytes >= header + 4 + length, let mask = input.getBytes(at: start + header, length: 4),
            var payload = input.getBytes(at: start + header + 4, length: length)
        else { return nil }
        input.moveReaderIndex(forwardBy: header + 4 + length)
        for index in payload.indices { payload[index] ^= mask[index & 3] }
        return Frame(isFinal: first & 0x80 != 0, kind: kind, payload: payload)
    }

    private mutating func take(_ frame: Frame) throws(Violation) -> Event? {
        switch frame.kind {
        case 8: return try close(frame.payload)
        case 9: return .ping(frame.payload)
        case 10: return .pong
        case 0:
            guard let kind = fragmentKind else { throw protocolError("a continuation of nothing") }
            fragmentCount += 1
            guard fragmentCount <= 16384 else { throw protocolError("a message has too many fragments") }
            fragments += frame.payload
            guard frame.isFinal else { return nil }
            defer { (fragments, fragmentKind, fragmentCount) = ([], nil, 0) }
            return .message(try message(kind, fragments))
        default:
            guard fragmentKind == nil else { throw protocolError("a message inside another") }
            guard !frame.isFinal else { return .message(try message(frame.kind, frame.payload)) }
            (fragments, fragmentKind, fragmentCount) = (frame.payload, frame.kind, 1)
            return nil
        }
    }

    private func message(_ kind: UInt8, _ payload: [UInt8]) throws(Violation) -> WebSocketMessage {
        guard kind == 1 else { return .binary(payload) }
        guard let text = String(validating: payload, as: UTF8.self) else {
            throw Violation(code: .invalidText, text: "a text is not UTF-8")
        }
        return .text(text)
    }

    private func close(_ payload: [UInt8]) throws(Violation) -> Event {
        guard !payload.isEmpty else { return .close(nil) }
        guard payload.count >= 2 else { throw protocolError("a close frame of one byte") }
        let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isValidOnWire else { throw protocolError("a close code that may not be sent") }
        guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else {
            throw Violation(code: .invalidText, text: "a close reason is not UTF-8")
        }
        return .close(code)
    }

    private func protocolError(_ text: String) -> Violation { Violation(code: .protocolError, text: text) }
}

/// Writes the server's frames: whole, unmasked.
enum WebSocketFrame {
    static func encode(kind: UInt8, _ payload: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(payload.count + 10)
        buffer.writeInteger(0x80 | kind)
        switch payload.count {
        case ...125: buffer.writeInteger(UInt8(payload.count))
        case ...65535:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(payload.count))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(payload.count))
        }
        buffer.writeBytes(payload)
        return buffer
    }

    static func close(_ code: WebSocketCloseCode, _ reason: String) -> ByteBuffer {
        var text = ""
        for character in reason where text.utf8.count + character.utf8.count <= 120 { text.append(character) }
        return encode(kind: 8, [UInt8(code.rawValue >> 8), UInt8(code.rawValue & 0xFF)] + text.utf8)
    }
}

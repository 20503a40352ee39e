import NIOCore

/// Writes response heads. The only place that decides how a body is framed.
enum ResponseEncoder {
    enum Framing: Equatable {
        case length(Int)
        case chunked
        /// HTTP/1.0: the end of the connection is the end of the body.
        case untilClose
        /// 1xx, 204, 304.
        case none
    }

    static func framing(of response: HTTPResponse, isHTTP10: Bool) -> Framing {
        guard response.status.allowsBody else { return .none }
        switch response.body {
        case .bytes(let bytes): return .length(bytes.count)
        case .stream(let length?, _): return .length(length)
        case .stream(nil, _): return isHTTP10 ? .untilClose : .chunked
        case .webSocket: return .none
        }
    }

    /// Appends the head. The headers must be sendable (`HTTPHeaders.areSendable`).
    static func write(
        _ response: HTTPResponse, framing: Framing, isHTTP10: Bool, closes: Bool, date: String,
        to buffer: inout ByteBuffer
    ) {
        // Put together as an array, whose appends are cheaper than a buffer's.
        var head: [UInt8] = []
        head.reserveCapacity(768)
        switch response.status.code {
        case 200: head += "HTTP/1.1 200 OK\r\n".utf8
        default: head += "HTTP/1.1 \(response.status.code) \(response.status.reason)\r\n".utf8
        }
        for field in response.headers {
            switch field.name {
            case "content-length", "transfer-encoding", "date": continue
            case "connection", "upgrade": guard response.status.code == 101 else { continue }
            default: break
            }
            line(field.name, field.value, &head)
        }
        line("date", date, &head)
        switch framing {
        case .length(let length): line("content-length", String(length), &head)
        case .chunked: line("transfer-encoding", "chunked", &head)
        case .untilClose, .none: break
        }
        if closes {
            line("connection", "close", &head)
        } else if isHTTP10 {
            line("connection", "keep-alive", &head)
        }
        head += [0x0D, 0x0A]
        buffer.writeBytes(head)
    }
    private static func line(_ name: String, _ value: String, _ head: inout [UInt8]) {
        head += name.utf8
        head.append(0x3A)
        head.append(0x20)
        head += value.utf8
        head.append(0x0D)
        head.append(0x0A)
    }
}

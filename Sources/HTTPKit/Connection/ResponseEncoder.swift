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
        switch response.status.code {
        case 200: buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        default: buffer.writeString("HTTP/1.1 \(response.status.code) \(response.status.reason)\r\n")
        }
        for field in response.headers {
            switch field.name {
            case "content-length", "transfer-encoding", "date": continue
            case "connection", "upgrade": guard response.status.code == 101 else { continue }
            default: break
            }
            buffer.writeString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeString(field.value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("date: ")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
        switch framing {
        case .length(let length):
            buffer.writeStaticString("content-length: ")
            buffer.writeString(String(length))
            buffer.writeStaticString("\r\n")
        case .chunked: buffer.writeStaticString("transfer-encoding: chunked\r\n")
        case .untilClose, .none: break
        }
        if closes {
            buffer.writeStaticString("connection: close\r\n")
        } else if isHTTP10 {
            buffer.writeStaticString("connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
    }
}

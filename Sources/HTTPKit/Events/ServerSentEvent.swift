/// One event of a stream (WHATWG HTML, section 9.2).
package struct ServerSentEvent: Sendable, Equatable {
    /// What a client that comes back names as the last it has seen.
    package var id: String?
    package var event: String?
    package var data: String
    /// How long the client should wait before it comes back.
    package var retry: Duration?

    package init(data: String, event: String? = nil, id: String? = nil, retry: Duration? = nil) {
        self.data = data
        self.event = event
        self.id = id
        self.retry = retry
    }

    /// As it is sent. Line ends inside the data start a new `data` line; in the other fields they are left out.
    var encoded: [UInt8] {
        var text = ""
        if let id { text += "id: \(Self.line(id))\n" }
        if let event { text += "event: \(Self.line(event))\n" }
        if let retry {
            text +=
                "retry: \(max(0, retry.components.seconds * 1000 + retry.components.attoseconds / 1_000_000_000_000_000))\n"
        }
        var bytes = Array(text.utf8)
        bytes += "data: ".utf8
        var previous: UInt8 = 0
        for byte in data.utf8 {
            switch byte {
            case 0x0A where previous == 0x0D: break
            case 0x0A, 0x0D: bytes += "\ndata: ".utf8
            default: bytes.append(byte)
            }
            previous = byte
        }
        bytes += [0x0A, 0x0A]
        return bytes
    }

    private static func line(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\n" && $0 != "\r" && $0 != "\0" }))
    }
}

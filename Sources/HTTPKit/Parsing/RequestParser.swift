import NIOCore

/// Takes a connection's bytes apart into heads and body pieces: a pure state machine, no I/O and no clock.
///
/// It looks at every byte once, however they arrive, and holds no more than one head's worth of them back.
struct RequestParser {
    enum Event: Equatable {
        case head(RequestHead)
        case body(ByteBuffer)
        case end
        /// A TLS handshake on a plain port: there is nothing to say that the client would understand.
        case notHTTP
        case failure(HTTPFailure)
    }

    private enum State {
        case head
        case fixed(remaining: Int)
        case chunked(ChunkedBody)
        case end
        case failed
    }

    private let limits: HTTPLimits
    private var state = State.head
    /// Bytes of the head looked at so far, and the lines found in them.
    private var scanned = 0
    private var lines: [Range<Int>] = []

    init(limits: HTTPLimits) { self.limits = limits }

    /// Whether a head has begun and is not complete.
    func isInsideHead(_ input: ByteBuffer) -> Bool {
        if case .head = state { return input.readableBytes > 0 }
        return false
    }

    /// The next event, taken off the front of `input`; nil when more bytes are needed.
    mutating func next(_ input: inout ByteBuffer) -> Event? {
        do throws(HTTPFailure) {
            switch state {
            case .head: return try nextHead(&input)
            case .fixed(let remaining):
                guard remaining > 0 else { return ended() }
                guard let piece = input.readSlice(length: min(remaining, input.readableBytes)),
                    piece.readableBytes > 0
                else { return nil }
                state = .fixed(remaining: remaining - piece.readableBytes)
                return .body(piece)
            case .chunked(var body):
                state = .failed
                let step = try body.next(&input)
                state = .chunked(body)
                switch step {
                case .piece(let piece): return .body(piece)
                case .end: return ended()
                case nil: return nil
                }
            case .end:
                return ended()
            case .failed: return nil
            }
        } catch {
            state = .failed
            return .failure(error)
        }
    }

    private mutating func ended() -> Event {
        state = .head
        return .end
    }

    private mutating func nextHead(_ input: inout ByteBuffer) throws(HTTPFailure) -> Event? {
        let view = input.readableBytesView
        if scanned == 0, let first = view.first {
            guard first != 0x16 else {
                state = .failed
                return .notHTTP
            }
            guard first == 0x0D || first.isTokenCharacter else {
                throw .fatal(.badRequest, "This is not an HTTP request")
            }
        }
        while true {
            let start = view.startIndex
            guard let feed = view[(start + scanned)...].firstIndex(of: 0x0A) else {
                try checkUnfinished(view)
                return nil
            }
            let lineStart = lines.last.map { $0.upperBound + 2 } ?? 0
            let end = feed - start - 1
            guard end >= lineStart, view[start + end] == 0x0D else {
                throw .fatal(.badRequest, "A line does not end with CR LF")
            }
            scanned = feed - start + 1
            guard scanned <= limits.headBytes else { throw tooLarge }
            if end > lineStart {
                guard lines.count <= limits.headerCount else {
                    throw .fatal(.headersTooLarge, "The request has more than \(limits.headerCount) headers")
                }
                lines.append(lineStart..<end)
            } else if lines.isEmpty {
                // One empty line before a request is a habit of old clients (RFC 9112, section 2.2).
                input.moveReaderIndex(forwardBy: scanned)
                scanned = 0
                guard let next = input.readableBytesView.first else { return nil }
                guard next.isTokenCharacter else { throw .fatal(.badRequest, "This is not an HTTP request") }
                return try nextHead(&input)
            } else {
                return try complete(&input)
            }
        }
    }

    private mutating func complete(_ input: inout ByteBuffer) throws(HTTPFailure) -> Event? {
        guard let bytes = input.readBytes(length: scanned) else { return nil }
        defer {
            scanned = 0
            lines.removeAll(keepingCapacity: true)
        }
        if bytes.starts(with: "PRI * HTTP/2.0\r\n".utf8) {
            throw .fatal(.versionNotSupported, "This server speaks HTTP/1.1, not HTTP/2")
        }
        let head = try RequestHeadParser(limits: limits).parse(bytes, lines: lines)
        switch head.framing {
        case .none: state = .end
        case .length(let length): state = .fixed(remaining: length)
        case .chunked: state = .chunked(ChunkedBody(limits: limits))
        }
        return .head(head)
    }

    /// No line end has come yet: remember how far was looked, and whether it can still become a head.
    private mutating func checkUnfinished(_ view: ByteBufferView) throws(HTTPFailure) {
        let count = view.count
        if lines.isEmpty, count > limits.targetBytes + 64 {
            throw .fatal(.targetTooLong, "The request target is longer than \(limits.targetBytes) bytes")
        }
        guard count <= limits.headBytes else { throw tooLarge }
        // The last byte may be a CR whose LF is still to come.
        scanned = max(scanned, count - 1)
    }

    private var tooLarge: HTTPFailure {
        .fatal(.headersTooLarge, "The request's head is larger than \(limits.headBytes) bytes")
    }
}

extension HTTPFailure: Equatable {
    package static func == (left: HTTPFailure, right: HTTPFailure) -> Bool {
        left.status == right.status && left.message == right.message && left.headers == right.headers
    }
}

import NIOCore

/// A WebSocket's side of the connection: frames in and out, pings, the closing handshake. On its event loop only.
final class WebSocketLink: @unchecked Sendable {
    // @unchecked: touched on the connection's event loop only.
    let session: WebSocketSession
    private unowned let connection: HTTPConnection
    private let limits: WebSocketLimits
    private var parser: WebSocketParser
    private var heardAt = NIODeadline.now()
    private var pingedAt = NIODeadline.now()
    private var closeSentAt: NIODeadline?
    private var hasEnded = false

    init(connection: HTTPConnection, limits: WebSocketLimits) {
        self.connection = connection
        self.limits = limits
        parser = WebSocketParser(messageBytes: limits.messageBytes)
        session = WebSocketSession(connection: connection, inbox: limits.inbox)
    }

    /// Takes what came; false when nothing more should be read for now.
    func process(_ input: inout ByteBuffer) -> Bool {
        while !hasEnded, !session.isFull {
            guard let event = parser.next(&input) else { return true }
            heardAt = .now()
            take(event)
        }
        if hasEnded { input.clear() }
        return hasEnded
    }

    private func take(_ event: WebSocketParser.Event) {
        switch event {
        case .message(let message):
            guard closeSentAt == nil else { return }
            if !session.receive(message) { close(.policyViolation, "Too many messages wait") }
        case .ping(let payload):
            // A client that does not take its pongs gets none.
            guard closeSentAt == nil, connection.pendingWrites < 4 else { return }
            connection.write(WebSocketFrame.encode(kind: 10, payload))
        case .pong: break
        case .close(let code):
            if closeSentAt == nil { connection.write(WebSocketFrame.close(code ?? .normal, "")) }
            end()
        case .failure(let code, let text):
            if closeSentAt == nil { connection.write(WebSocketFrame.close(code, text)) }
            end()
        }
    }

    func send(_ message: WebSocketMessage, then: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        guard !hasEnded, closeSentAt == nil else { return then(.failure(HTTPFailure.disconnected)) }
        switch message {
        case .text(let text): connection.write(WebSocketFrame.encode(kind: 1, Array(text.utf8)), then: then)
        case .binary(let bytes): connection.write(WebSocketFrame.encode(kind: 2, bytes), then: then)
        }
    }

    func close(_ code: WebSocketCloseCode, _ reason: String) {
        guard !hasEnded, closeSentAt == nil else { return }
        closeSentAt = .now()
        connection.write(WebSocketFrame.close(code, reason))
        session.end()
        connection.process()
    }

    func inputClosed() { end() }

    func disconnected() {
        hasEnded = true
        session.end()
    }

    private func end() {
        guard !hasEnded else { return }
        disconnected()
        connection.linger()
    }

    func tick(_ now: NIODeadline) {
        if let closeSentAt {
            if now.isPast(limits.closeDeadline, after: closeSentAt) { end() }
            return
        }
        // Not reading is the session's doing, not the client's silence.
        if session.isFull { heardAt = now }
        if now.isPast(limits.silenceDeadline, after: heardAt) { return connection.close() }
        if now.isPast(limits.pingInterval, after: max(heardAt, pingedAt)), connection.pendingWrites < 4 {
            pingedAt = now
            connection.write(WebSocketFrame.encode(kind: 9, []))
        }
    }
}

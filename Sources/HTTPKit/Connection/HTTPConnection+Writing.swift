import NIOCore

/// Bytes to the client, and the end of the connection.
extension HTTPConnection {
    /// Writes, and knows when the system has taken it.
    func write(_ buffer: ByteBuffer, then: (@Sendable (Result<Void, any Error>) -> Void)? = nil) {
        guard let context else {
            then?(.failure(HTTPFailure.disconnected))
            return
        }
        if pendingWrites == 0 { writeProgressAt = .now() }
        pendingWrites += 1
        let promise = eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [self] result in
            pendingWrites -= 1
            writeProgressAt = .now()
            then?(result)
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: promise)
    }

    /// One piece of a streamed body, from the handler's task; returns when the system has taken it.
    func send(_ bytes: [UInt8], _ number: UInt64) async throws {
        guard !bytes.isEmpty else { return }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            onLoop { connection in
                guard let exchange = connection.exchange, exchange.number == number, exchange.answer == .begun,
                    case .http = connection.mode
                else { return continuation.resume(throwing: HTTPFailure.disconnected) }
                var buffer: ByteBuffer
                switch exchange.framing {
                case .chunked:
                    buffer = ByteBuffer()
                    buffer.reserveCapacity(bytes.count + 20)
                    buffer.writeString(String(bytes.count, radix: 16))
                    buffer.writeStaticString("\r\n")
                    buffer.writeBytes(bytes)
                    buffer.writeStaticString("\r\n")
                case .length:
                    guard bytes.count <= exchange.remaining else {
                        connection.close()
                        return continuation.resume(
                            throwing: HTTPFailure(.internalServerError, "More was written than the response's length"))
                    }
                    exchange.remaining -= bytes.count
                    buffer = ByteBuffer(bytes: bytes)
                case .untilClose: buffer = ByteBuffer(bytes: bytes)
                case .none: return continuation.resume()
                }
                exchange.sentBytes += bytes.count
                connection.write(buffer) { continuation.resume(with: $0) }
            }
        }
    }

    /// The producer of a streamed body has ended; whether that is the body's end too, its length says.
    func streamEnded(_ number: UInt64, isComplete: Bool) {
        guard let exchange, exchange.number == number, exchange.answer == .begun, case .http = mode else { return }
        guard isComplete, exchange.remaining == 0 else {
            report(exchange, isComplete: false)
            // Without its end the client knows that the body is incomplete.
            return close()
        }
        if exchange.framing == .chunked { write(ByteBuffer(staticString: "0\r\n\r\n")) }
        ended(exchange)
    }

    /// Ends the connection so that the last response arrives: closing while input waits would reset it.
    func linger() {
        switch mode {
        case .lingering, .closed: return
        case .http, .webSocket: break
        }
        mode = .lingering(since: .now(), discarded: 0)
        input.clear()
        // After the writes before it; it carries nothing itself.
        write(ByteBuffer()) { [self] result in
            guard case .lingering = mode, case .success = result else { return close() }
            guard inputClosedSince == nil, let context else { return close() }
            context.close(mode: .output, promise: nil)
            mode = .lingering(since: .now(), discarded: 0)
            read()
        }
    }
}

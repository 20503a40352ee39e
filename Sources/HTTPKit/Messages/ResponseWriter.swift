/// Writes a streamed body. Every call returns when the client's side has taken what was written, so a slow client
/// slows its producer and nothing piles up.
package struct ResponseWriter: Sendable {
    private let send: @Sendable ([UInt8]) async throws -> Void
    private let pieceBytes: Int

    init(pieceBytes: Int, send: @escaping @Sendable ([UInt8]) async throws -> Void) {
        self.pieceBytes = pieceBytes
        self.send = send
    }

    /// - Throws: When the client has gone, is too slow, or more is written than the response's length.
    package func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        guard bytes.count > pieceBytes else { return try await send(bytes) }
        var start = 0
        while start < bytes.count {
            let end = min(start + pieceBytes, bytes.count)
            try await send(Array(bytes[start..<end]))
            start = end
        }
    }

    /// Bytes that no other writer's may come between.
    func writeWhole(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        try await send(bytes)
    }

    package func write(_ text: String) async throws { try await write(Array(text.utf8)) }
}

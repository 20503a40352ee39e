import Foundation

extension RequestBody {
    /// The whole body, for small ones.
    ///
    /// - Parameter arriving: Is told the bytes of each piece before it is kept, and may refuse it.
    /// - Throws: 413 when it is longer than `cap`; whatever the stream or `arriving` throws.
    package func collect(
        upTo cap: Int, arriving: (_ bytes: Int) throws -> Void = { _ in }
    ) async throws -> [UInt8] {
        if let declaredLength, declaredLength > cap { throw HTTPFailure.bodyTooLarge(cap) }
        var whole: [UInt8] = []
        while let piece = try await next() {
            guard whole.count + piece.count <= cap else { throw HTTPFailure.bodyTooLarge(cap) }
            try arriving(piece.count)
            if whole.isEmpty { whole = piece } else { whole += piece }
        }
        return whole
    }

    /// The body as JSON.
    ///
    /// - Throws: 400 when it is not JSON of that shape, with where and why; 413 over `cap`.
    package func json<Value: Decodable>(
        _ type: Value.Type, upTo cap: Int, decoder: JSONDecoder = JSONDecoder()
    ) async throws -> Value {
        let bytes = try await collect(upTo: cap)
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw HTTPFailure(.badRequest, "The request body is not the expected JSON: \(error.place)")
        }
    }
}

extension DecodingError {
    /// Where and what, in a sentence that holds nothing but the caller's own keys.
    fileprivate var place: String {
        func path(_ context: Context) -> String {
            let keys = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            return keys.isEmpty ? "the document" : keys.joined(separator: ".")
        }
        switch self {
        case .keyNotFound(let key, let context): return "\(path(context)) lacks \(key.stringValue)"
        case .typeMismatch(_, let context): return "\(path(context)) has the wrong type"
        case .valueNotFound(_, let context): return "\(path(context)) is null"
        case .dataCorrupted(let context): return "\(path(context)) cannot be read"
        @unknown default: return "it cannot be read"
        }
    }
}

/// Reads a `multipart/form-data` request part by part as it arrives: nothing is held in memory but what the caller
/// collects. Used by one task.
package final class MultipartReader {
    private var parser: MultipartParser
    private let body: RequestBody
    private var isInsidePart = false
    private var hasEnded = false

    /// - Throws: 415 when the request is none, 400 when it names no boundary.
    package init(_ request: HTTPRequest, limits: MultipartLimits = MultipartLimits()) throws(HTTPFailure) {
        parser = MultipartParser(
            boundary: try MultipartParser.boundary(of: request.headers["content-type"]), limits: limits)
        body = request.body
    }

    /// The next part; what was not read of the one before is thrown away. nil at the end.
    ///
    /// - Throws: 400 or 431 for a malformed body, and whatever the request's body throws (413, 408, 499).
    package func nextPart() async throws -> MultipartPart? {
        while isInsidePart { _ = try await nextData() }
        guard !hasEnded else { return nil }
        switch try await nextEvent() {
        case .part(let headers):
            isInsidePart = true
            return try MultipartPart(headers: headers, reader: self)
        case .end:
            hasEnded = true
            // What follows the last boundary means nothing; reading it keeps the connection usable.
            while try await body.next() != nil {}
            return nil
        case .data, .partEnd: throw HTTPFailure(.badRequest, "The multipart body is malformed")
        }
    }

    /// All parts in memory by their names, for small bodies.
    ///
    /// - Parameter arriving: Is told the bytes of each piece before it is kept, and may refuse it.
    /// - Throws: 413 when their contents are longer than `cap` together, 400 when two have one name.
    package func collect(
        upTo cap: Int, arriving: (_ bytes: Int) throws -> Void = { _ in }
    ) async throws -> [String: [UInt8]] {
        var parts: [String: [UInt8]] = [:]
        var left = cap
        while let part = try await nextPart() {
            guard parts[part.name] == nil else {
                throw HTTPFailure(
                    .badRequest, "Two parts of the body are called \(String(part.name.prefix(100)).debugDescription)")
            }
            let bytes = try await part.collect(upTo: left, arriving: arriving)
            left -= bytes.count
            parts[part.name] = bytes
        }
        return parts
    }

    func nextData() async throws -> [UInt8]? {
        guard isInsidePart else { return nil }
        if case .data(let bytes) = try await nextEvent() { return bytes }
        isInsidePart = false
        return nil
    }

    private func nextEvent() async throws -> MultipartParser.Event {
        while true {
            if let event = try parser.next() { return event }
            guard let piece = try await body.next() else {
                try parser.checkEnd()
                return .end
            }
            parser.append(piece)
        }
    }
}

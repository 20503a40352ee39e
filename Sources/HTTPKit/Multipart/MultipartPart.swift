import Foundation

/// One part of a multipart body: a field or a file. Read before the next part is asked for.
package final class MultipartPart {
    /// The field's name.
    package let name: String
    /// The file's name as the client sent it, any text at all: to be shown, never to be used as a path.
    package let fileName: String?
    /// The media type that the client says it is; nil where it says none.
    package let contentType: String?
    package let headers: HTTPHeaders
    private let reader: MultipartReader

    init(headers: HTTPHeaders, reader: MultipartReader) throws(HTTPFailure) {
        guard let disposition = headers["content-disposition"].flatMap(HeaderParameters.init),
            disposition.value == "form-data", let name = disposition["name"]
        else { throw HTTPFailure(.badRequest, "A part of the body has no Content-Disposition: form-data with a name") }
        self.name = name
        fileName = disposition["filename"]
        contentType = headers["content-type"]
        self.headers = headers
        self.reader = reader
    }

    /// The next bytes; nil at the part's end.
    package func next() async throws -> [UInt8]? { try await reader.nextData() }

    /// The whole part, for small ones.
    ///
    /// - Parameter arriving: Is told the bytes of each piece before it is kept, and may refuse it.
    /// - Throws: 413 when it is longer than `cap`.
    package func collect(
        upTo cap: Int, arriving: (_ bytes: Int) throws -> Void = { _ in }
    ) async throws -> [UInt8] {
        var whole: [UInt8] = []
        while let piece = try await next() {
            guard whole.count + piece.count <= cap else { throw tooLarge(cap) }
            try arriving(piece.count)
            whole += piece
        }
        return whole
    }

    /// Writes the part to a file.
    ///
    /// - Parameters:
    ///   - descriptor: Open for writing; stays the caller's.
    ///   - observing: Is shown every piece before it is written, for a hash or a look at the format.
    /// - Returns: The bytes written.
    /// - Throws: 413 over `cap`; 507 when the disk or a quota is full; 500 for other errors of writing.
    package func save(
        to descriptor: Int32, upTo cap: Int, observing: ([UInt8]) throws -> Void = { _ in }
    ) async throws -> Int {
        var written = 0
        while let piece = try await next() {
            guard written + piece.count <= cap else { throw tooLarge(cap) }
            try observing(piece)
            try Self.write(piece, to: descriptor)
            written += piece.count
        }
        return written
    }

    private func tooLarge(_ cap: Int) -> HTTPFailure {
        HTTPFailure(.contentTooLarge, "The part \"\(name.prefix(100))\" is larger than \(cap) bytes")
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(HTTPFailure) {
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // Safe: `done` is below the count, so the range lies inside the array.
                unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
            }
            if count > 0 {
                done += count
                continue
            }
            let number = errno
            switch number {
            case EINTR: continue
            case ENOSPC, EDQUOT, EFBIG:
                throw HTTPFailure(.insufficientStorage, "The server has no room for this upload (errno \(number))")
            default:
                throw HTTPFailure(.internalServerError, "The upload could not be written (errno \(number))")
            }
        }
    }
}

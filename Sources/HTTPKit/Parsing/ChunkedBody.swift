import NIOCore

/// The chunked transfer coding (RFC 9112, section 7.1), strictly: hexadecimal sizes, CR LF everywhere, bounded
/// extensions and trailers. Both of these are checked and thrown away.
struct ChunkedBody {
    enum Step { case piece(ByteBuffer), end }

    private enum State { case size, data(remaining: Int), dataEnd, trailers }

    private let limits: HTTPLimits
    private var state = State.size
    private var overhead = 0
    private var scanned = 0
    private var trailerCount = 0

    init(limits: HTTPLimits) { self.limits = limits }

    mutating func next(_ input: inout ByteBuffer) throws(HTTPFailure) -> Step? {
        while true {
            switch state {
            case .size:
                guard let line = try nextLine(&input) else { return nil }
                let digits = line.prefix { $0.hexDigit != nil }
                let size = digits.reduce(0) { $0 << 4 | Int($1.hexDigit ?? 0) }
                guard !digits.isEmpty, digits.count <= 15 else { throw malformed }
                // An extension is `;` and anything printable.
                let rest = line.dropFirst(digits.count)
                guard rest.isEmpty || rest.first == 0x3B, rest.allSatisfy(\.isFieldValueCharacter) else {
                    throw malformed
                }
                // A line's worth of overhead for every byte of body is somebody playing; whole chunks earn it back.
                overhead = max(0, overhead + line.count - size / 16)
                guard overhead <= limits.chunkOverheadBytes else { throw malformed }
                state = size == 0 ? .trailers : .data(remaining: size)
            case .data(let remaining):
                guard let piece = input.readSlice(length: min(remaining, input.readableBytes)),
                    piece.readableBytes > 0
                else { return nil }
                let left = remaining - piece.readableBytes
                state = left == 0 ? .dataEnd : .data(remaining: left)
                return .piece(piece)
            case .dataEnd:
                guard input.readableBytes >= 2 else {
                    guard input.readableBytesView.first ?? 0x0D == 0x0D else { throw malformed }
                    return nil
                }
                guard input.readInteger(as: UInt16.self) == 0x0D0A else { throw malformed }
                state = .size
            case .trailers:
                guard let line = try nextLine(&input) else { return nil }
                if line.isEmpty { return .end }
                trailerCount += 1
                overhead += line.count
                guard trailerCount <= limits.headerCount, overhead <= limits.chunkOverheadBytes else {
                    throw .fatal(.headersTooLarge, "The request's trailers are too large")
                }
                _ = try RequestHeadParser.field(line[...])
            }
        }
    }

    /// A line without its CR LF; nil when it has not come to its end.
    private mutating func nextLine(_ input: inout ByteBuffer) throws(HTTPFailure) -> [UInt8]? {
        let view = input.readableBytesView
        guard let feed = view[(view.startIndex + scanned)...].firstIndex(of: 0x0A) else {
            guard view.count <= limits.chunkOverheadBytes else { throw malformed }
            scanned = max(0, view.count - 1)
            return nil
        }
        scanned = 0
        let length = feed - view.startIndex
        guard length > 0, view[feed - 1] == 0x0D, length - 1 <= limits.chunkOverheadBytes,
            let line = input.readBytes(length: length - 1)
        else { throw malformed }
        input.moveReaderIndex(forwardBy: 2)
        return line
    }

    private var malformed: HTTPFailure { .fatal(.badRequest, "The chunked request body is malformed") }
}

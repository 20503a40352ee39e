import Foundation

/// Takes a `multipart/form-data` body apart (RFC 7578, RFC 2046 section 5.1): a pure state machine.
///
/// However the bytes arrive, it holds back no more than a part's headers or a boundary's length of them.
struct MultipartParser {
    enum Event: Equatable {
        case part(HTTPHeaders)
        case data([UInt8])
        case partEnd
        case end
    }

    private enum State { case preamble, afterBoundary, headers, data, end }

    private let limits: MultipartLimits
    private let delimiter: [UInt8]
    private var state = State.preamble
    // The first boundary may stand at the very beginning: as if a line had ended before it.
    private var buffer: [UInt8] = [0x0D, 0x0A]
    private var start = 0
    private var skipped = 0
    private var partCount = 0
    private var isPartOpen = false

    init(boundary: String, limits: MultipartLimits) {
        self.limits = limits
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// The boundary that a Content-Type names.
    static func boundary(of contentType: String?) throws(HTTPFailure) -> String {
        guard let contentType, let fields = HeaderParameters(contentType), fields.value == "multipart/form-data" else {
            throw HTTPFailure(.unsupportedMediaType, "The body must be multipart/form-data")
        }
        guard let boundary = fields["boundary"], (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F || $0 == 0x20 }), boundary.utf8.last != 0x20
        else { throw HTTPFailure(.badRequest, "The Content-Type names no valid boundary") }
        return boundary
    }

    mutating func append(_ bytes: [UInt8]) {
        guard state != .end else { return }
        if start == buffer.count {
            // As it comes: a large part passes through without being copied.
            buffer = bytes
        } else {
            buffer.removeFirst(start)
            buffer += bytes
        }
        start = 0
    }

    /// The next event; nil when more bytes are needed.
    mutating func next() throws(HTTPFailure) -> Event? {
        while true {
            switch state {
            case .preamble:
                let found = find(delimiter)
                let end = found ?? max(start, buffer.count - (delimiter.count - 1))
                skipped += end - start
                start = end
                guard skipped <= limits.preambleBytes else { throw malformed("no boundary comes") }
                guard found != nil else { return nil }
                start += delimiter.count
                state = .afterBoundary
            case .afterBoundary:
                if isPartOpen {
                    isPartOpen = false
                    return .partEnd
                }
                let rest = buffer[start...]
                guard rest.count >= 2 else { return nil }
                if rest.starts(with: [0x2D, 0x2D]) {
                    state = .end
                    (buffer, start) = ([], 0)
                    return .end
                }
                let padding = rest.prefix { $0 == 0x20 || $0 == 0x09 }.count
                guard padding <= 64 else { throw malformed("a boundary line is too long") }
                guard rest.count >= padding + 2 else { return nil }
                guard rest.dropFirst(padding).starts(with: [0x0D, 0x0A]) else {
                    throw malformed("a boundary line does not end with CR LF")
                }
                start += padding + 2
                partCount += 1
                guard partCount <= limits.parts else {
                    throw HTTPFailure(.badRequest, "The body has more than \(limits.parts) parts")
                }
                state = .headers
            case .headers:
                guard let headers = try nextHeaders() else { return nil }
                state = .data
                isPartOpen = true
                return .part(headers)
            case .data:
                if let found = find(delimiter) {
                    let piece = Array(buffer[start..<found])
                    start = found + delimiter.count
                    state = .afterBoundary
                    if !piece.isEmpty { return .data(piece) }
                } else {
                    let end = beginOfDelimiterAtEnd
                    guard end > start else { return nil }
                    if start == 0, end == buffer.count {
                        defer { buffer = [] }
                        return .data(buffer)
                    }
                    defer { start = end }
                    return .data(Array(buffer[start..<end]))
                }
            case .end: return nil
            }
        }
    }

    /// To be called at the body's end.
    func checkEnd() throws(HTTPFailure) {
        guard state == .end else { throw malformed("it ends before its last boundary") }
    }

    private mutating func nextHeaders() throws(HTTPFailure) -> HTTPHeaders? {
        let rest = buffer[start...]
        // No headers at all: an empty line at once.
        let end: Int
        if rest.starts(with: [0x0D, 0x0A]) {
            start += 2
            return HTTPHeaders()
        } else if let found = find([0x0D, 0x0A, 0x0D, 0x0A]) {
            end = found
        } else {
            guard rest.count <= limits.headBytes else { throw headTooLarge }
            return nil
        }
        guard end - start <= limits.headBytes else { throw headTooLarge }
        var headers = HTTPHeaders()
        var line = start
        while line < end {
            let feed = buffer[line..<end].firstIndex(of: 0x0D) ?? end
            guard feed == end || feed + 1 < end && buffer[feed + 1] == 0x0A else {
                throw malformed("a header line does not end with CR LF")
            }
            let field = try RequestHeadParser.field(buffer[line..<feed])
            headers.add(field.name, field.value)
            guard headers.count <= limits.headerCount else { throw headTooLarge }
            line = feed + 2
        }
        start = end + 4
        return headers
    }

    /// Where a boundary begins that the bytes to come may complete; the buffer's end where none does.
    private var beginOfDelimiterAtEnd: Int {
        let last = max(start, buffer.count - (delimiter.count - 1))
        return (last..<buffer.count).first { delimiter.starts(with: buffer[$0...]) } ?? buffer.count
    }

    private func find(_ needle: [UInt8]) -> Int? {
        guard let first = needle.first else { return nil }
        return unsafe buffer.withUnsafeBytes { bytes -> Int? in
            // Safe: `position` and the bytes compared stay below `bytes.count`, which is checked in every round.
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while bytes.count - position >= needle.count,
                let found = unsafe memchr(base + position, Int32(first), bytes.count - position - needle.count + 1)
            {
                position = unsafe UnsafeRawPointer(found) - base
                if unsafe bytes[position..<(position + needle.count)].elementsEqual(needle) { return position }
                position += 1
            }
            return nil
        }
    }

    private var headTooLarge: HTTPFailure {
        HTTPFailure(.headersTooLarge, "The headers of a part are larger than \(limits.headBytes) bytes")
    }

    private func malformed(_ why: String) -> HTTPFailure {
        HTTPFailure(.badRequest, "The multipart body is malformed: \(why)")
    }
}

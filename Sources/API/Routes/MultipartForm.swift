/// A `multipart/form-data` body (RFC 7578) that fits the memory: its parts by name.
package struct MultipartForm: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package var fileName: String?
        package var contentType: String?
        package var bytes: [UInt8]
    }

    /// More parts than this are refused.
    static let mostParts = 64
    private static let mostHeaderBytes = 8 << 10

    package private(set) var parts: [String: Part] = [:]

    /// The boundary of a `Content-Type`; nil where there is none or it is not allowed.
    package static func boundary(of contentType: String) -> String? {
        let fields = contentType.split(separator: ";")
        guard let type = fields.first, trimmed(type).lowercased() == "multipart/form-data" else { return nil }
        for field in fields.dropFirst() {
            let halves = field.split(separator: "=", maxSplits: 1)
            guard halves.count == 2, trimmed(halves[0]).lowercased() == "boundary" else { continue }
            var value = trimmed(halves[1])
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = String(value.dropFirst().dropLast())
            }
            guard (1...70).contains(value.utf8.count), value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
                return nil
            }
            return value
        }
        return nil
    }

    /// - Throws: 400 for what is none: no first boundary, no last one, a part without a name, a name twice.
    package init(_ body: [UInt8], boundary: String) throws(ErrorEnvelope) {
        let delimiter = Array("--\(boundary)".utf8)
        func broken(_ what: String) -> ErrorEnvelope {
            ErrorEnvelope(.invalidRequest, "The multipart body is broken: \(what)")
        }
        // What stands before the first boundary means nothing.
        guard var position = Self.find(delimiter, in: body, from: 0) else {
            throw broken("its boundary is not in it")
        }
        while true {
            position += delimiter.count
            if body[position...].starts(with: "--".utf8) { return }
            while position < body.count, body[position] == 0x20 || body[position] == 0x09 { position += 1 }
            guard body[position...].starts(with: "\r\n".utf8) else { throw broken("a boundary's line goes on") }
            position += 2
            let headers = try Self.headers(body, &position, broken)
            guard let end = Self.find(delimiter, in: body, from: position) else {
                throw broken("it ends within a part")
            }
            let (name, fileName) = Self.disposition(headers["content-disposition"] ?? "")
            guard let name else { throw broken("a part has no name") }
            guard parts[name] == nil else { throw broken("two parts are called \(name.debugDescription)") }
            guard parts.count < Self.mostParts else { throw broken("it has more than \(Self.mostParts) parts") }
            parts[name] = Part(
                fileName: fileName, contentType: headers["content-type"],
                bytes: Array(body[position..<max(position, end - 2)]))
            position = end
        }
    }

    private static func headers(
        _ body: [UInt8], _ position: inout Int, _ broken: (String) -> ErrorEnvelope
    ) throws(ErrorEnvelope) -> [String: String] {
        var headers: [String: String] = [:]
        let limit = min(body.count, position + mostHeaderBytes)
        while true {
            guard let end = body[position..<limit].firstIndex(of: 0x0A), end > position, body[end - 1] == 0x0D else {
                throw broken("a part's headers do not end")
            }
            let line = body[position..<end - 1]
            position = end + 1
            if line.isEmpty { return headers }
            guard let text = String(validating: line, as: UTF8.self), let colon = text.firstIndex(of: ":") else {
                throw broken("a part's header is none")
            }
            headers[text[..<colon].lowercased()] = trimmed(text[text.index(after: colon)...])
        }
    }

    /// The name and the file name of `form-data; name="image"; filename="a.png"`. Browsers write a quote as `%22`.
    private static func disposition(_ text: String) -> (name: String?, fileName: String?) {
        func value(_ key: String) -> String? {
            guard let start = text.firstRange(of: "; \(key)=\"") ?? text.firstRange(of: ";\(key)=\"") else {
                return nil
            }
            let rest = text[start.upperBound...]
            return rest.firstIndex(of: "\"").map { String(rest[..<$0]) }
        }
        guard text.lowercased().hasPrefix("form-data") else { return (nil, nil) }
        return (value("name"), value("filename"))
    }

    private static func find(_ needle: [UInt8], in body: [UInt8], from start: Int) -> Int? {
        unsafe body.withUnsafeBufferPointer { body in
            let last = body.count - needle.count
            guard last >= start else { return nil }
            var index = start
            while index <= last {
                guard let dash = unsafe body[index...last].firstIndex(of: 0x2D) else { return nil }
                index = dash
                let isAtLineStart =
                    unsafe index == 0 || index >= 2 && body[index - 1] == 0x0A && body[index - 2] == 0x0D
                if isAtLineStart, unsafe body[index..<index + needle.count].elementsEqual(needle) { return index }
                index += 1
            }
            return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return String(start.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

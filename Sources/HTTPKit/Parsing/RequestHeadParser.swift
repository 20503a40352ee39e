/// Parses a complete head, strictly by RFC 9112: whatever two implementations could read differently is refused.
///
/// A pure function of its bytes. Line ends are checked by `RequestParser`, which finds them.
struct RequestHeadParser {
    let limits: HTTPLimits

    /// - Parameter lines: The head's lines without their CRLF and without the empty last one; at least one.
    func parse(_ bytes: [UInt8], lines: [Range<Int>]) throws(HTTPFailure) -> RequestHead {
        let (method, target, isHTTP10) = try requestLine(bytes[lines[0]])
        guard lines.count - 1 <= limits.headerCount else {
            throw .fatal(.headersTooLarge, "The request has more than \(limits.headerCount) headers")
        }
        var fields: [HTTPHeaders.Field] = []
        fields.reserveCapacity(lines.count - 1)
        for line in lines.dropFirst() { fields.append(try Self.field(bytes[line])) }

        let host = try self.host(fields, isRequired: !isHTTP10)
        let (path, query) = try split(target, method: method, host: host)
        var head = RequestHead(
            method: method, path: path, query: query, headers: HTTPHeaders(lowercased: fields),
            framing: try framing(fields, isHTTP10: isHTTP10), isHTTP10: isHTTP10, keepsAlive: !isHTTP10,
            awaitsContinue: false)
        for field in fields {
            switch field.name {
            case "connection":
                let options = HTTPHeaders(lowercased: [field]).list("connection")
                if options.contains("close") { head.keepsAlive = false }
                if isHTTP10, options.contains("keep-alive") { head.keepsAlive = true }
            case "expect":
                guard field.value.lowercased() == "100-continue" else {
                    throw .fatal(.expectationFailed, "The only expectation that is met is 100-continue")
                }
                head.awaitsContinue = !isHTTP10 && head.framing != .none
            default: break
            }
        }
        return head
    }

    private typealias Line = ArraySlice<UInt8>

    private func requestLine(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> (HTTPMethod, Line, isHTTP10: Bool) {
        let malformed = HTTPFailure.fatal(.badRequest, "The request line is not METHOD TARGET HTTP/1.1")
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last else {
            throw malformed
        }
        let (method, target, version) = (line[..<first], line[(first + 1)..<last], line[(last + 1)...])
        guard !method.isEmpty, method.count <= 32, method.allSatisfy(\.isTokenCharacter), !target.isEmpty else {
            throw malformed
        }
        guard target.count <= limits.targetBytes else {
            throw .fatal(.targetTooLong, "The request target is longer than \(limits.targetBytes) bytes")
        }
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .fatal(.badRequest, "The request target holds characters that must be percent-encoded")
        }
        let isHTTP10: Bool
        if version.elementsEqual("HTTP/1.1".utf8) {
            isHTTP10 = false
        } else if version.elementsEqual("HTTP/1.0".utf8) {
            isHTTP10 = true
        } else if version.count == 8, version.starts(with: "HTTP/".utf8), version[version.startIndex + 6] == 0x2E,
            [5, 7].allSatisfy({ (0x30...0x39).contains(version[version.startIndex + $0]) })
        {
            throw .fatal(.versionNotSupported, "This server speaks HTTP/1.1")
        } else {
            throw malformed
        }
        return (HTTPMethod(rawValue: String(decoding: method, as: UTF8.self)), target, isHTTP10)
    }

    /// One field line: a token, a colon at once, a value without control characters.
    static func field(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> HTTPHeaders.Field {
        guard let first = line.first, first != 0x20, first != 0x09 else {
            throw .fatal(.badRequest, "A header is folded over several lines, which HTTP/1.1 has abolished")
        }
        guard let colon = line.firstIndex(of: 0x3A), colon > line.startIndex else {
            throw .fatal(.badRequest, "A header line has no name and colon")
        }
        var name = Array(line[..<colon])
        for index in name.indices {
            guard name[index].isTokenCharacter else {
                throw .fatal(.badRequest, "A header name holds a character that is not allowed in names")
            }
            if (0x41...0x5A).contains(name[index]) { name[index] |= 0x20 }
        }
        var value = line[(colon + 1)...]
        while let byte = value.first, byte == 0x20 || byte == 0x09 { value.removeFirst() }
        while let byte = value.last, byte == 0x20 || byte == 0x09 { value.removeLast() }
        guard value.allSatisfy(\.isFieldValueCharacter), let text = String(validating: value, as: UTF8.self) else {
            throw .fatal(.badRequest, "A header value holds control characters or invalid UTF-8")
        }
        return HTTPHeaders.Field(name: String(decoding: name, as: UTF8.self), value: text)
    }

    private func host(_ fields: [HTTPHeaders.Field], isRequired: Bool) throws(HTTPFailure) -> String? {
        var host: String?
        for field in fields where field.name == "host" {
            guard host == nil else { throw .fatal(.badRequest, "The request has more than one Host header") }
            host = field.value
        }
        guard let host else {
            guard isRequired else { return nil }
            throw .fatal(.badRequest, "The request has no Host header")
        }
        // reg-name, IPv4, [IPv6], and a port.
        let isValid = host.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x3A, 0x5B, 0x5D, 0x25, 0x21, 0x24,
                0x26...0x2B, 0x3B, 0x3D:
                true
            default: false
            }
        }
        guard isValid, !host.isEmpty else { throw .fatal(.badRequest, "The Host header is not a host and port") }
        return host
    }

    /// Path and query of the target (RFC 9112, section 3.2).
    private func split(
        _ target: ArraySlice<UInt8>, method: HTTPMethod, host: String?
    ) throws(HTTPFailure) -> (String, HTTPQuery) {
        var origin = target
        if method.rawValue == "CONNECT" {
            throw .fatal(.notImplemented, "This server is not a proxy")
        }
        if target.elementsEqual([0x2A]) {
            guard method == .options else { throw .fatal(.badRequest, "The target * belongs to OPTIONS only") }
            return ("*", .empty)
        }
        if target.first != 0x2F {
            // absolute-form: must name this server as the Host header does.
            let scheme = "http://"
            guard target.count > scheme.count,
                String(decoding: target.prefix(scheme.count), as: UTF8.self).lowercased() == scheme
            else { throw .fatal(.badRequest, "The request target is not a path") }
            let rest = target.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
            guard String(decoding: rest[..<end], as: UTF8.self).lowercased() == host?.lowercased() else {
                throw .fatal(.badRequest, "The request target names another host than the Host header")
            }
            origin = rest[end...]
            if origin.first != 0x2F { origin = [0x2F] + origin }
        }
        guard !origin.contains(0x23) else { throw .fatal(.badRequest, "The request target has a fragment") }
        guard let mark = origin.firstIndex(of: 0x3F) else {
            return (String(decoding: origin, as: UTF8.self), .empty)
        }
        var query: HTTPQuery
        do {
            query = try HTTPQuery(encoded: Substring(String(decoding: origin[(mark + 1)...], as: UTF8.self)))
        } catch { throw .fatal(error.status, error.message) }
        return (String(decoding: origin[..<mark], as: UTF8.self), query)
    }

    private func framing(_ fields: [HTTPHeaders.Field], isHTTP10: Bool) throws(HTTPFailure) -> RequestHead.Framing {
        var length: Int?
        var isChunked = false
        for field in fields {
            switch field.name {
            case "content-length":
                guard length == nil else {
                    throw .fatal(.badRequest, "The request has more than one Content-Length")
                }
                guard !field.value.isEmpty, field.value.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw .fatal(.badRequest, "Content-Length is not a number")
                }
                guard let number = Int(field.value) else {
                    throw .fatal(.contentTooLarge, "The request body is larger than any this server takes")
                }
                length = number
            case "transfer-encoding":
                guard !isHTTP10 else { throw .fatal(.badRequest, "HTTP/1.0 has no Transfer-Encoding") }
                guard !isChunked else { throw .fatal(.badRequest, "The request has more than one Transfer-Encoding") }
                guard field.value.lowercased() == "chunked" else {
                    throw .fatal(.notImplemented, "The only transfer coding this server takes is chunked")
                }
                isChunked = true
            default: break
            }
        }
        guard !(isChunked && length != nil) else {
            throw .fatal(.badRequest, "The request has both Content-Length and Transfer-Encoding")
        }
        if isChunked { return .chunked }
        return length.map { $0 == 0 ? .none : .length($0) } ?? .none
    }
}

extension HTTPResponse {
    /// A file, or the part of it that the request asks for: 200, 206, 304, 412 or 416 (RFC 9110, sections 13 and 14).
    ///
    /// - Parameters:
    ///   - path: A regular file; not a symbolic link. Never a client's text.
    ///   - etag: A strong validator with its quotes; nil for one out of the file's inode, size and time.
    ///   - fileName: What a browser saves it as; nil to show it.
    /// - Throws: 404 or 403.
    package static func file(
        _ path: String, contentType: String, for request: HTTPRequest, etag: String? = nil, fileName: String? = nil
    ) throws(HTTPFailure) -> HTTPResponse {
        try file(FileContent(path: path), contentType, request, etag, fileName)
    }

    /// The same of a file that is open for reading.
    ///
    /// - Parameter descriptor: Becomes the response's own.
    package static func file(
        descriptor: Int32, contentType: String, for request: HTTPRequest, fileName: String? = nil
    ) throws(HTTPFailure) -> HTTPResponse {
        try file(FileContent(descriptor: descriptor), contentType, request, nil, fileName)
    }

    private static func file(
        _ content: FileContent, _ contentType: String, _ request: HTTPRequest, _ etag: String?, _ fileName: String?
    ) throws(HTTPFailure) -> HTTPResponse {
        let tag = etag ?? content.etag
        let modified = HTTPDate.text(seconds: content.modified)
        var headers: HTTPHeaders = ["etag": tag, "last-modified": modified, "accept-ranges": "bytes"]
        switch Preconditions(request).outcome(etag: tag, modified: content.modified) {
        case .failed: return HTTPResponse(.preconditionFailed, headers: headers)
        case .notModified: return HTTPResponse(.notModified, headers: headers)
        case .go: break
        }
        headers["content-type"] = contentType
        if let fileName { headers["content-disposition"] = disposition(fileName) }
        // A range of an older representation would be a part of something else.
        let holds = request.headers["if-range"].map { $0 == tag || $0 == modified } ?? true
        let asked = holds && request.method == .get ? ByteRange(request.headers["range"], size: content.size) : .whole
        switch asked {
        case .unsatisfiable:
            return HTTPResponse(.rangeNotSatisfiable, headers: ["content-range": "bytes */\(content.size)"])
        case .whole: return sending(content, 0..<content.size, .ok, headers)
        case .part(let range):
            headers["content-range"] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.size)"
            return sending(content, range, .partialContent, headers)
        }
    }

    private static func sending(
        _ content: FileContent, _ range: Range<Int>, _ status: HTTPStatus, _ headers: HTTPHeaders
    ) -> HTTPResponse {
        HTTPResponse(
            status, headers: headers,
            body: .stream(length: range.count) { writer in
                var offset = range.lowerBound
                while offset < range.upperBound {
                    let piece = try content.read(min(64 * 1024, range.upperBound - offset), at: offset)
                    guard !piece.isEmpty else {
                        throw HTTPFailure(.internalServerError, "The file became shorter while it was sent")
                    }
                    try await writer.write(piece)
                    offset += piece.count
                }
            })
    }

    /// `attachment` with the name twice: plain for old clients, and in UTF-8 (RFC 6266).
    private static func disposition(_ name: String) -> String {
        let plain = String(
            decoding: name.utf8.map { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C ? $0 : 0x5F }, as: UTF8.self)
        return "attachment; filename=\"\(plain)\"; filename*=UTF-8''\(PercentEncoding.encode(name))"
    }
}

/// Which web pages of other origins may use the API from a browser (fetch.spec.whatwg.org, "CORS protocol").
///
/// Tokens travel in headers, never in cookies, so that credentials mode is not needed and not allowed.
package struct CORSPolicy: Sendable, Hashable {
    /// `https://lab.example:8443`: scheme, host and port, nothing after them.
    package var origins: Set<String>
    /// `*` was asked for.
    package var allowsAll: Bool

    /// What a page may send besides the headers that any page may send.
    static let requestHeaders =
        "Authorization, X-API-Key, Content-Type, Idempotency-Key, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, X-Request-ID, If-None-Match, Range"
    /// What a page may read besides the headers that any page may read.
    static let responseHeaders = "X-Request-ID, ETag, Content-Range, Accept-Ranges, Retry-After, WWW-Authenticate"
    static let methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS"

    /// - Parameter text: Origins with commas between them; `*` for all.
    package init(_ text: String) throws(APIFailure) {
        var origins: Set<String> = []
        var allowsAll = false
        for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            if part == "*" {
                allowsAll = true
            } else {
                // Some write the slash; browsers never send it.
                let origin = (part.hasSuffix("/") ? part.dropLast() : part).lowercased()
                guard Self.isOrigin(origin) else {
                    throw APIFailure(
                        code: .invalidArgument, message: "is no origin", subject: "ALLOWED_ORIGINS: \(part)",
                        hint: "Write scheme, host and port, such as http://localhost:19011, with commas between several"
                    )
                }
                origins.insert(origin)
            }
        }
        self.origins = origins
        self.allowsAll = allowsAll
    }

    package func allows(_ origin: String) -> Bool { allowsAll || origins.contains(origin.lowercased()) }

    /// The headers for an answer to a request from `origin`. One without an origin still has the first of them: the
    /// answer depends on the origin, and a cache must know.
    package func headers(origin: String) -> [(name: String, value: String)] {
        var headers = [(name: "Vary", value: "Origin")]
        guard allows(origin) else { return headers }
        headers.append(("Access-Control-Allow-Origin", origin))
        headers.append(("Access-Control-Expose-Headers", Self.responseHeaders))
        return headers
    }

    /// The additional headers that a preflight's answer has.
    package func preflightHeaders(origin: String?) -> [(name: String, value: String)] {
        guard let origin, allows(origin) else { return [] }
        return [
            ("Access-Control-Allow-Methods", Self.methods), ("Access-Control-Allow-Headers", Self.requestHeaders),
            ("Access-Control-Max-Age", "600"),
        ]
    }

    private static func isOrigin(_ text: String) -> Bool {
        guard let colon = text.firstRange(of: "://"), colon.lowerBound > text.startIndex else { return false }
        let rest = text[colon.upperBound...]
        return !rest.isEmpty && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\"<>\\".utf8.contains($0) }
    }
}

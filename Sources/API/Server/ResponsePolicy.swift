import HTTPKit

/// What every answer has, also those that HTTPKit makes itself: CORS, a request id, and headers that keep browsers from
/// guessing. Answers preflights.
struct ResponsePolicy: RequestFilter {
    let cors: CORSPolicy

    func before(_ request: inout HTTPRequest) throws -> HTTPResponse? {
        // "CORS-preflight request" of the Fetch standard; any other OPTIONS is the router's.
        guard request.method == .options, request.headers["access-control-request-method"] != nil,
            let origin = request.headers["origin"]
        else { return nil }
        var response = HTTPResponse(.noContent)
        for (name, value) in cors.preflightHeaders(origin: origin) { response.headers.add(name, value) }
        return response
    }

    func after(_ request: HTTPRequest?, _ response: inout HTTPResponse) {
        for (name, value) in cors.headers(origin: request?.headers["origin"]) { response.headers.add(name, value) }
        response.headers["X-Request-ID"] = request.map(Self.id)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        if response.headers["Content-Security-Policy"] == nil {
            response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        }
        if response.headers["Cache-Control"] == nil { response.headers["Cache-Control"] = "no-store" }
    }

    /// The client's own id where it is a harmless word, else the server's.
    static func id(of request: HTTPRequest) -> String {
        guard let own = request.headers["x-request-id"], (1...64).contains(own.utf8.count),
            own.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            })
        else { return request.id }
        return own
    }
}

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
        if let origin = request?.headers["origin"] {
            for (name, value) in cors.headers(origin: origin) { response.headers.add(name, value) }
        } else {
            response.headers.add("vary", "Origin")
        }
        if let request { response.headers.add("x-request-id", Self.id(of: request)) }
        response.headers.add(Self.always)
        if response.headers["content-security-policy"] == nil {
            response.headers.add("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
        }
        if response.headers["cache-control"] == nil { response.headers.add("cache-control", "no-store") }
    }

    /// Headers that no route sets itself.
    private static let always: HTTPHeaders = [
        "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer",
    ]

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

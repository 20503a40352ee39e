/// What a request's head says, checked: nothing in it is ambiguous any more.
struct RequestHead: Sendable, Equatable {
    /// How the end of the body is found (RFC 9112, section 6.3).
    enum Framing: Sendable, Equatable { case none, length(Int), chunked }

    var method: HTTPMethod
    /// Percent-encoded, begins with a slash; "*" for `OPTIONS *`.
    var path: String
    var query: HTTPQuery
    var headers: HTTPHeaders
    var framing: Framing
    /// HTTP/1.0: no chunked responses, no 100 Continue.
    var isHTTP10: Bool
    var keepsAlive: Bool
    var awaitsContinue: Bool
}

/// An answer thrown: the status and the one sentence that the client may read.
///
/// Handlers and middleware throw it; the connection turns it into a response through the server's `errorResponse`.
package struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    package var status: HTTPStatus
    /// What failed and what to do about it. Never holds anything the client may not know.
    package var message: String
    /// Headers the answer must have: `allow` of a 405, `retry-after` of a 503.
    package var headers: HTTPHeaders
    /// Whether the connection is unusable afterwards.
    var closesConnection = false

    package init(_ status: HTTPStatus, _ message: String, headers: HTTPHeaders = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    package var description: String { "\(status): \(message)" }

    /// The request cannot be read to its end, or must not be: the answer is the connection's last.
    static func fatal(_ status: HTTPStatus, _ message: String) -> HTTPFailure {
        var failure = HTTPFailure(status, message)
        failure.closesConnection = true
        return failure
    }

    /// Nobody is there any more to answer.
    static let disconnected = fatal(HTTPStatus(499), "The client closed the connection")
    static func bodyTooLarge(_ cap: Int) -> HTTPFailure {
        fatal(.contentTooLarge, "The request body is larger than \(cap) bytes")
    }
}

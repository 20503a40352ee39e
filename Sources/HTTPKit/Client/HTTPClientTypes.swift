/// A request to one server.
package struct ClientRequest: Sendable {
    package var method: HTTPMethod
    /// Path and query.
    package var target: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(_ method: HTTPMethod, _ target: String, headers: HTTPHeaders = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }
}

/// What the server answered, whatever the status.
package struct ClientResponse: Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// There is no answer.
package struct HTTPClientFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// Nobody listens there, or it cannot be reached.
        case notConnected
        /// The connection ended before the answer did.
        case lost
        /// No answer within the deadline.
        case late
        /// The answer is larger than the client takes, or no HTTP.
        case unreadable
        /// The caller gave up.
        case cancelled
    }

    package var reason: Reason
    package var message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }
}

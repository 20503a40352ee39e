/// Answers a request, in a task of its own.
package typealias Handler = @Sendable (HTTPRequest) async throws -> HTTPResponse

/// Answers a request at once, on the event loop: from memory, without waiting, in microseconds. Whatever else it did
/// would hold up every other connection of that loop. nil: not this time, the route's handler answers.
package typealias ImmediateHandler = @Sendable (HTTPRequest) throws -> HTTPResponse?

/// Stands around the handlers of a route or a group of routes: authentication that may wait, limits, logging.
package protocol Middleware: Sendable {
    func respond(to request: HTTPRequest, next: Handler) async throws -> HTTPResponse
}

/// Sees every request and every response of the server, also those of immediate handlers and the answers that the
/// server makes itself. Runs on the event loop, so it must not wait: CORS, security headers, tokens held in memory.
package protocol RequestFilter: Sendable {
    /// Before routing. A response ends it here: a preflight, a 401. What is thrown is answered as from a handler.
    func before(_ request: inout HTTPRequest) throws -> HTTPResponse?
    /// Before the response is sent. `request` is nil when none could be parsed.
    func after(_ request: HTTPRequest?, _ response: inout HTTPResponse)
}

extension RequestFilter {
    package func before(_ request: inout HTTPRequest) throws -> HTTPResponse? { nil }
    package func after(_ request: HTTPRequest?, _ response: inout HTTPResponse) {}
}

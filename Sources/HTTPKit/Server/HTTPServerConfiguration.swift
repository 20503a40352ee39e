import Logging

/// Everything about a server that is decided before it starts.
package struct HTTPServerConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 for one that the system chooses; `HTTPServer.start` says which it is.
    package var port = 0
    package var limits = HTTPLimits()
    package var logger = Logger(label: "gantry.http")
    /// See and change every request before its handler and every response before it is sent; the first is outermost.
    package var filters: [any RequestFilter] = []
    /// Makes the response of a failure, thrown by a handler or the server's own. Runs on the event loop.
    ///
    /// The failure's status and headers are put into the response afterwards. `request` is nil when none could be read.
    package var errorResponse: @Sendable (_ request: HTTPRequest?, _ failure: HTTPFailure) -> HTTPResponse = {
        .text("\($1.message)\n", status: $1.status)
    }
    /// What an error that is no `HTTPFailure` means to the client; nil for a 500 that tells nothing. Both are logged.
    package var failure: @Sendable (_ error: any Error) -> HTTPFailure? = { _ in nil }
    /// Told once of every response, when the last of it was handed to the system, or when it never will be. Runs on
    /// the event loop.
    package var completed: @Sendable (HTTPCompletion) -> Void = { _ in }

    package init() {}
}

/// How a request went.
package struct HTTPCompletion: Sendable {
    /// nil when none could be read.
    package let request: HTTPRequest?
    /// The status sent; 499 when the client had gone before.
    package let status: HTTPStatus
    /// Bytes of the response's body.
    package let bytes: Int
    /// From the request's head to the response's end.
    package let duration: Duration
    /// Whether the response came to its end.
    package let isComplete: Bool
}

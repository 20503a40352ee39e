import NIOCore

/// One request and its response on a connection. Lives on the connection's event loop.
final class Exchange {
    enum Answer: Equatable {
        /// The response has not begun.
        case awaited
        /// Its head is written.
        case begun
        /// Its last byte is written.
        case done
    }

    let head: RequestHead
    let number: UInt64
    let startedAt: NIODeadline
    var request: HTTPRequest
    /// Whether the request's body has come to its end, or is not waited for any more.
    var bodyEnded: Bool
    /// The handler's buffer is full.
    var bodyPaused = false
    var awaitsContinue: Bool
    /// The window of the body's progress: since when the server is willing to read, and what has come.
    var windowStart: NIODeadline
    var windowBytes = 0
    /// Bytes of the body thrown away after the response.
    var discardedBytes = 0

    var answer = Answer.awaited
    var status = HTTPStatus(499)
    var framing = ResponseEncoder.Framing.none
    /// Bytes of the body that the head promised and that are not written yet.
    var remaining = 0
    var sentBytes = 0
    var closes = false
    /// Ends by itself never: cancelled when the server shuts down.
    var isOpenEnded = false
    var task: Task<Void, Never>?
    /// How long the handler may be silent, and since when it is.
    var deadline: Duration?
    var silentSince: NIODeadline
    /// Told once.
    var isReported = false

    init(head: RequestHead, request: HTTPRequest, number: UInt64, now: NIODeadline) {
        self.head = head
        self.request = request
        self.number = number
        startedAt = now
        windowStart = now
        silentSince = now
        bodyEnded = head.framing == .none
        awaitsContinue = head.awaitsContinue
    }

    var body: RequestBody { request.body }
}

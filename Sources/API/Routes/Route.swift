import HTTPKit

/// A route: what it promises and what it does.
package struct Route: Sendable {
    package enum Work: Sendable {
        /// Answered at once on the connection's own thread: from memory, without waiting for anything.
        case immediate(@Sendable (APIRequest) throws(ErrorEnvelope) -> APIAnswer)
        case waiting(@Sendable (APIRequest) async throws(ErrorEnvelope) -> APIAnswer)
        /// A WebSocket: checked first, then handed its session.
        case socket(@Sendable (APIRequest) throws(ErrorEnvelope) -> LiveStream)
        /// Works with HTTP itself: bodies and answers that are streams. What it throws besides envelopes is answered by
        /// what it means, and as a fault of the server's own, which is logged, where it means nothing.
        case streaming(@Sendable (HTTPRequest, AccessToken?) async throws -> HTTPResponse)
    }

    package var description: RouteDescription
    package var work: Work
    /// Where it is open to everybody: the scope that some requests need all the same.
    package var scopeOf: @Sendable (HTTPRequest) -> TokenScope? = { _ in nil }
    /// Whether the last parameter of its path stands for all that follows, slashes and all.
    package var takesRest = false
    /// Bytes of the body that it takes; nil for the common limit.
    package var bodyBytes: Int?

    package init(
        _ description: RouteDescription, immediate: @escaping @Sendable (APIRequest) throws(ErrorEnvelope) -> APIAnswer
    ) {
        self.description = description
        work = .immediate(immediate)
    }

    package init(
        _ description: RouteDescription,
        waiting: @escaping @Sendable (APIRequest) async throws(ErrorEnvelope) -> APIAnswer
    ) {
        self.description = description
        work = .waiting(waiting)
    }

    package init(
        _ description: RouteDescription, socket: @escaping @Sendable (APIRequest) throws(ErrorEnvelope) -> LiveStream
    ) {
        self.description = description
        work = .socket(socket)
    }

    package init(
        _ description: RouteDescription, bodyBytes: Int? = nil,
        streaming: @escaping @Sendable (HTTPRequest, AccessToken?) async throws -> HTTPResponse
    ) {
        self.description = description
        self.bodyBytes = bodyBytes
        work = .streaming(streaming)
    }
}

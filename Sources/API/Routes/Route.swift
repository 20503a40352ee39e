/// A route: what it promises and what it does.
package struct Route: Sendable {
    package enum Work: Sendable {
        /// Answered at once on the connection's own thread: from memory, without waiting for anything.
        case immediate(@Sendable (APIRequest) throws(ErrorEnvelope) -> APIAnswer)
        case waiting(@Sendable (APIRequest) async throws(ErrorEnvelope) -> APIAnswer)
        /// A WebSocket: checked first, then handed its session.
        case socket(@Sendable (APIRequest) throws(ErrorEnvelope) -> LiveStream)
    }

    package var description: RouteDescription
    package var work: Work

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
}

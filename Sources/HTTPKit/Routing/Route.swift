/// What is bounded differently for one route.
package struct RouteOptions: Sendable {
    /// Bytes of the request body; nil for the server's limit.
    package var bodyBytes: Int?
    package enum Deadline: Sendable { case server, none, after(Duration) }
    /// How long until the response must begin.
    package var deadline = Deadline.server
    /// Whether the body is read ahead of the handler. Without it nothing is read before the handler asks for it, so that
    /// a handler that waits for something holds a connection and no more.
    package var readsAhead = true

    package init(bodyBytes: Int? = nil, deadline: Deadline = .server, readsAhead: Bool = true) {
        self.bodyBytes = bodyBytes
        self.deadline = deadline
        self.readsAhead = readsAhead
    }
}

struct Route: Sendable {
    let pattern: String
    /// Asked first; where there is none or it passes, the handler answers.
    let immediate: ImmediateHandler?
    let handler: Handler?
    let options: RouteOptions
}

/// What is bounded differently for one route.
package struct RouteOptions: Sendable {
    /// Bytes of the request body; nil for the server's limit.
    package var bodyBytes: Int?
    package enum Deadline: Sendable { case server, none, after(Duration) }
    /// How long until the response must begin.
    package var deadline = Deadline.server

    package init(bodyBytes: Int? = nil, deadline: Deadline = .server) {
        self.bodyBytes = bodyBytes
        self.deadline = deadline
    }
}

struct Route: Sendable {
    let pattern: String
    /// Asked first; where there is none or it passes, the handler answers.
    let immediate: ImmediateHandler?
    let handler: Handler?
    let options: RouteOptions
}

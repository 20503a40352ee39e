import HTTPKit
import Jobs
import PluginWire

/// `/api/v1/events/stream`: what happens to jobs, as server-sent events out of the store's log, so that a client that
/// was away misses nothing.
struct EventRoutes: Sendable {
    let store: any JobStore
    let heartbeat: Duration

    init(store: any JobStore, heartbeat: Duration = .seconds(15)) {
        self.store = store
        self.heartbeat = heartbeat
    }

    /// Entries read at a time.
    private static let pageLength = 200

    var routes: [Route] { [stream] }

    private var stream: Route {
        Route(
            RouteDescription(
                .get, "/api/v1/events/stream", tag: "Events", summary: "What happens to jobs, as it happens",
                about: """
                    Server-sent events called `job`, each with the change as JSON: `type` (submitted, started, progress, \
                    requeued, completed, failed, cancelled, deleted), `status`, and for progress `stage`, `progress` \
                    0 to 1, `frames_per_second` and `remaining_seconds`. With `job_id`: that job's history, then what \
                    follows, to its end, where the stream ends; without: what happens to all jobs from now on. A client \
                    that comes back with `Last-Event-ID` gets what it missed. Of what is too old to be told one by one, \
                    and where the number is of no event yet, it gets where things stand: an event of the type `state` for a \
                    job, an event called `gap` for all. \
                    A job whose end the client has seen is answered with 204, which tells browsers to stop. A comment \
                    is sent where nothing happens for \(heartbeat.components.seconds) s.
                    """,
                parameters: [
                    RouteDescription.Parameter("job_id", in: .query, .text, "Only this job"),
                    RouteDescription.Parameter(
                        "Last-Event-ID", in: .header, .integer(minimum: 0), "The last event that the client has seen"),
                ],
                answers: [
                    RouteDescription.Answer(
                        200, "The events", [RouteDescription.Content("text/event-stream", .text)]),
                    RouteDescription.Answer(204, "The client has seen the job's end"),
                ],
                scope: .read, errors: [.jobNotFound, .validationError, .serviceUnavailable]),
            streaming: { request, _ in try await answer(request) })
    }

    private func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
        let seen = try Self.seen(request)
        guard let name = request.query["job_id"], !name.isEmpty else {
            return .events(heartbeat: heartbeat) { stream in try await follow(after: seen, to: stream) }
        }
        guard let id = JobID(name), let job = try await store.job(id) else { throw ErrorEnvelope.noJob(name) }
        if let seen {
            let newest = try await newest()
            // Of another server's log, or of one that was brought back from a backup: what it saw is not known here.
            if seen > newest {
                return .events(heartbeat: heartbeat) { stream in
                    let state = JobEvent(state: job, at: newest)
                    try await stream.send(state.sent)
                    if !state.isLast { try await follow(id, after: newest, to: stream) }
                }
            }
        }
        if job.state.isTerminal, let seen {
            let page = try await store.log(after: seen, of: id, limit: 1)
            if page.entries.isEmpty, !page.hasGap { return HTTPResponse(.noContent) }
        }
        return .events(heartbeat: heartbeat) { stream in try await follow(id, after: seen ?? 0, to: stream) }
    }

    /// One job, to its end.
    private func follow(_ id: JobID, after seen: Int64, to stream: EventStream) async throws {
        var after = seen
        // Before the first look: what happens in between is told by it.
        var changes = store.changes().makeAsyncIterator()
        while true {
            let page = try await store.log(after: after, of: id, limit: Self.pageLength)
            if page.hasGap, page.entries.first.map({ $0.change != .submitted }) ?? true {
                // What is missing may have been anything; where the job stands says it all.
                guard let job = try await store.job(id) else { return }
                let state = JobEvent(state: job, at: max(after, page.last))
                try await stream.send(state.sent)
                if state.isLast { return }
            } else {
                for entry in page.entries {
                    let event = JobEvent(entry)
                    try await stream.send(event.sent)
                    if event.isLast { return }
                }
            }
            after = max(after, page.last)
            if page.entries.count >= Self.pageLength { continue }
            guard await changes.next() != nil else { return }
        }
    }

    /// All jobs, for ever.
    private func follow(after seen: Int64?, to stream: EventStream) async throws {
        var changes = store.changes().makeAsyncIterator()
        var after: Int64
        let newest = try await newest()
        if let seen, seen > newest {
            try await stream.send(Self.gap("The last event seen is not of this log", at: newest))
        }
        after = min(seen ?? newest, newest)
        while true {
            let page = try await store.log(after: after, of: nil, limit: Self.pageLength)
            if page.hasGap {
                try await stream.send(Self.gap("Older events are gone"))
            }
            for entry in page.entries { try await stream.send(JobEvent(entry).sent) }
            after = max(after, page.last)
            if page.entries.count >= Self.pageLength { continue }
            guard await changes.next() != nil else { return }
        }
    }

    /// Tells that something may have happened of which no event tells.
    ///
    /// - Parameter sequence: Where the client goes on; nil: where it was.
    private static func gap(_ message: String, at sequence: Int64? = nil) -> ServerSentEvent {
        let gap: WireValue = [
            "message": .string(message), "hint": "Look at the jobs themselves: GET /api/v1/jobs",
        ]
        return ServerSentEvent(
            data: String(decoding: gap.json, as: UTF8.self), event: "gap", id: sequence.map { "\($0)" })
    }

    /// The number of the log's newest entry, by asking for entries of a job that cannot be.
    private func newest() async throws -> Int64 {
        guard let nobody = JobID("ffffffffffff") else { return 0 }
        return try await store.log(after: 0, of: nobody, limit: 1).last
    }

    private static func seen(_ request: HTTPRequest) throws(ErrorEnvelope) -> Int64? {
        guard let text = request.lastEventID, !text.isEmpty else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw ErrorEnvelope(
                .validationError, "\"Last-Event-ID\" is no number of an event", field: "Last-Event-ID")
        }
        return number
    }
}

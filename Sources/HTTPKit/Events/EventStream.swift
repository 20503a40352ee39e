import Synchronization

/// Sends events to one client. Every call returns when the client's side has taken the event.
package final class EventStream: Sendable {
    private let writer: ResponseWriter
    private let isBusy = Mutex((sending: 0, hasSent: false))

    /// Bytes of one event. More is a fault of the program's: 500 before, a broken stream after the first.
    package static let eventBytes = 4 * 1024 * 1024

    init(writer: ResponseWriter) { self.writer = writer }

    /// - Throws: When the client has gone or takes nothing any more.
    package func send(_ event: ServerSentEvent) async throws {
        let bytes = event.encoded
        guard bytes.count <= Self.eventBytes else {
            throw HTTPFailure(.internalServerError, "An event is larger than \(Self.eventBytes) bytes")
        }
        isBusy.withLock { $0 = ($0.sending + 1, true) }
        defer { isBusy.withLock { $0.sending -= 1 } }
        try await writer.writeWhole(bytes)
    }

    /// A comment, if nothing was sent since the last one.
    fileprivate func beat() async throws {
        let isQuiet = isBusy.withLock { state in
            defer { state.hasSent = false }
            return state.sending == 0 && !state.hasSent
        }
        if isQuiet { try await writer.writeWhole([0x3A, 0x0A, 0x0A]) }
    }
}

extension HTTPResponse {
    /// A stream of server-sent events. A comment is sent whenever `heartbeat` passes without an event, so that
    /// proxies keep the connection and a client that has gone is noticed.
    ///
    /// The closure's task is cancelled when the client goes or the server shuts down.
    package static func events(
        heartbeat: Duration = .seconds(15), _ produce: @escaping @Sendable (EventStream) async throws -> Void
    ) -> HTTPResponse {
        var response = HTTPResponse(
            .ok,
            headers: [
                "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache",
                "x-accel-buffering": "no",
            ],
            body: .stream(length: nil) { writer in
                let stream = EventStream(writer: writer)
                try await withThrowingTaskGroup { group in
                    group.addTask { try await produce(stream) }
                    group.addTask {
                        while true {
                            try await Task.sleep(for: heartbeat)
                            try await stream.beat()
                        }
                    }
                    // The producer's end, or whoever notices first that the client has gone.
                    defer { group.cancelAll() }
                    try await group.next()
                }
            })
        response.isOpenEnded = true
        return response
    }
}

extension HTTPRequest {
    /// The last event that a client which comes back has seen.
    package var lastEventID: String? { headers["last-event-id"] }
}

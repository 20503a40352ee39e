import Logging
import NIOCore
import Synchronization

/// A WebSocket as its handler sees it: messages in, messages out, an end.
///
/// One task reads; any task may send. When the client goes, reading ends, sending throws, and the handler's task is
/// cancelled. When the handler returns, the socket is closed with 1000; when it throws, with 1011.
package final class WebSocketSession: Sendable {
    private struct State {
        var messages: [WebSocketMessage] = []
        var waiter: CheckedContinuation<WebSocketMessage?, Never>?
        var hasEnded = false
        var dropped = 0
    }

    private let state = Mutex(State())
    private let inbox: WebSocketLimits.Inbox
    private let connection: HTTPConnection

    init(connection: HTTPConnection, inbox: WebSocketLimits.Inbox) {
        self.connection = connection
        self.inbox = inbox
    }

    // MARK: The handler's side

    /// The client's messages, until it closes or goes.
    package var messages: Messages { Messages(session: self) }

    package struct Messages: AsyncSequence, Sendable {
        fileprivate let session: WebSocketSession
        package struct AsyncIterator: AsyncIteratorProtocol {
            fileprivate let session: WebSocketSession
            package mutating func next() async -> WebSocketMessage? { await session.next() }
        }
        package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(session: session) }
    }

    /// Binary messages that newer ones have replaced.
    package var droppedMessages: Int { state.withLock { $0.dropped } }

    /// Returns when the system has taken the message.
    ///
    /// - Throws: When the client has gone or takes nothing any more.
    package func send(_ message: WebSocketMessage) async throws {
        try Task.checkCancellation()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            connection.onLoop { connection in
                guard case .webSocket(let link) = connection.mode else {
                    return continuation.resume(throwing: HTTPFailure.disconnected)
                }
                link.send(message) { continuation.resume(with: $0) }
            }
        }
    }

    package func send(text: String) async throws { try await send(.text(text)) }
    package func send(binary: [UInt8]) async throws { try await send(.binary(binary)) }

    /// Begins the end; `messages` ends at once.
    package func close(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        connection.onLoop { connection in
            guard case .webSocket(let link) = connection.mode else { return }
            link.close(code, reason)
        }
    }

    private func next() async -> WebSocketMessage? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (message, isDone, wasFull) = state.withLock { state -> (WebSocketMessage?, Bool, Bool) in
                    let wasFull = isFull(state)
                    if !state.messages.isEmpty { return (state.messages.removeFirst(), true, wasFull) }
                    guard !state.hasEnded, !Task.isCancelled, state.waiter == nil else { return (nil, true, false) }
                    state.waiter = continuation
                    return (nil, false, false)
                }
                if isDone { continuation.resume(returning: message) }
                if wasFull { connection.onLoop { $0.process() } }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    func run(
        _ handler: @Sendable (WebSocketSession) async throws -> Void, _ logger: Logger, _ request: HTTPRequest
    ) async {
        do {
            try await handler(self)
            close()
        } catch {
            if !(error is CancellationError), (error as? HTTPFailure)?.status.code != 499 {
                logger.warning(
                    "A WebSocket's handler failed",
                    metadata: [
                        "request": "\(request.id)", "route": "\(request.route ?? "-")", "error": "\(error)",
                    ])
            }
            close(.internalError)
        }
    }

    // MARK: The link's side

    private static let waitingTexts = 16

    private func isFull(_ state: State) -> Bool {
        guard case .queue(let bound) = inbox else { return false }
        return state.messages.count >= max(bound, 1)
    }

    /// Whether the client must wait.
    var isFull: Bool { state.withLock { isFull($0) } }

    /// False: there is no room, which a client that is read from slowly cannot reach.
    func receive(_ message: WebSocketMessage) -> Bool {
        let (waiter, fits) = state.withLock { state -> (CheckedContinuation<WebSocketMessage?, Never>?, Bool) in
            guard !state.hasEnded else { return (nil, true) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, true)
            }
            if case .latest = inbox {
                if case .binary = message,
                    let old = state.messages.firstIndex(where: { if case .binary = $0 { true } else { false } })
                {
                    state.messages.remove(at: old)
                    state.dropped += 1
                }
                guard state.messages.count <= Self.waitingTexts else { return (nil, false) }
            }
            state.messages.append(message)
            return (nil, true)
        }
        waiter?.resume(returning: message)
        return fits
    }

    /// No more messages come. Those that wait can still be taken.
    func end() {
        let waiter = state.withLock { state in
            state.hasEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}

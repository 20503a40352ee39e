import NIOCore
import Synchronization

/// A request's body as a stream of pieces: what the handler does not take stays with the client.
///
/// One task reads it, once. It ends by itself, or throws an `HTTPFailure`: 413 over the cap, 408 when the client is
/// too slow, 400 for broken framing, 499 when it went away. Uncaught, that failure is the response.
package final class RequestBody: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    private struct State {
        var pieces = CircularBuffer<ByteBuffer>()
        var bufferedBytes = 0
        var receivedBytes = 0
        var cap: Int
        var isFinished: Bool
        var failure: HTTPFailure?
        var waiter: CheckedContinuation<[UInt8]?, any Error>?
        var isWanted = false
        var isPaused = false
    }

    /// Content-Length, where the client named one. 0 without a body, nil for a chunked one.
    package let declaredLength: Int?
    private let state: Mutex<State>
    private let capacity: Int
    /// Tells the connection to send `100 Continue` if that is awaited, and to read on.
    private let wanted: @Sendable () -> Void

    init(declaredLength: Int?, cap: Int, capacity: Int, wanted: @escaping @Sendable () -> Void) {
        self.declaredLength = declaredLength
        self.capacity = capacity
        self.wanted = wanted
        state = Mutex(State(cap: cap, isFinished: false))
    }

    private init(bytes: [UInt8]) {
        declaredLength = bytes.count
        capacity = 0
        wanted = {}
        var whole = State(cap: bytes.count, isFinished: true)
        if !bytes.isEmpty { whole.pieces.append(ByteBuffer(bytes: bytes)) }
        whole.bufferedBytes = bytes.count
        state = Mutex(whole)
    }

    package static let empty = RequestBody(bytes: [])

    // MARK: The connection's side

    /// Takes what came from the client. False: the buffer is full, read on only when `wanted` is called.
    func receive(_ piece: ByteBuffer) -> Bool {
        let (waiter, goesOn) = state.withLock {
            state -> ((CheckedContinuation<[UInt8]?, any Error>, ByteBuffer)?, Bool) in
            guard state.failure == nil, !state.isFinished, piece.readableBytes > 0 else { return (nil, true) }
            state.receivedBytes += piece.readableBytes
            if let waiter = state.waiter, state.receivedBytes <= state.cap {
                state.waiter = nil
                return ((waiter, piece), true)
            }
            guard state.receivedBytes <= state.cap else { return (nil, true) }
            state.pieces.append(piece)
            state.bufferedBytes += piece.readableBytes
            state.isPaused = state.bufferedBytes >= capacity
            return (nil, !state.isPaused)
        }
        if let (waiter, piece) = waiter {
            waiter.resume(returning: Self.bytes(of: [piece], count: piece.readableBytes))
        }
        return goesOn
    }

    /// More has come than the cap allows: the cap, for the answer.
    var exceededCap: Int? { state.withLock { $0.receivedBytes > $0.cap ? $0.cap : nil } }

    var bufferedBytes: Int { state.withLock { $0.bufferedBytes } }

    /// The body is complete, or, with a failure, never will be. Only the first call counts.
    func finish(_ failure: HTTPFailure? = nil) {
        let waiter = state.withLock { state -> CheckedContinuation<[UInt8]?, any Error>? in
            guard !state.isFinished, state.failure == nil else { return nil }
            state.failure = failure
            state.isFinished = failure == nil
            if failure != nil {
                state.pieces.removeAll()
                state.bufferedBytes = 0
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        guard let waiter else { return }
        if let failure { waiter.resume(throwing: failure) } else { waiter.resume(returning: nil) }
    }

    // MARK: The handler's side

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let body: RequestBody
        package mutating func next() async throws -> [UInt8]? { try await body.next() }
    }

    package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    /// The next piece, all that is there of it; nil at the end.
    package func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in take(continuation) }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private enum Step { case pieces(CircularBuffer<ByteBuffer>, count: Int), end, failure(any Error), wait }

    private func take(_ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        let (step, asks) = state.withLock { state -> (Step, Bool) in
            if let failure = state.failure { return (.failure(failure), false) }
            if Task.isCancelled { return (.failure(CancellationError()), false) }
            if !state.pieces.isEmpty {
                // Together: whoever takes them is woken once.
                defer {
                    state.pieces = CircularBuffer()
                    state.bufferedBytes = 0
                    state.isPaused = false
                }
                return (.pieces(state.pieces, count: state.bufferedBytes), state.isPaused)
            }
            if state.isFinished { return (.end, false) }
            guard state.waiter == nil else {
                return (.failure(HTTPFailure(.internalServerError, "Two tasks read one request body")), false)
            }
            state.waiter = continuation
            let asks = !state.isWanted
            state.isWanted = true
            return (.wait, asks)
        }
        switch step {
        case .pieces(let pieces, let count): continuation.resume(returning: Self.bytes(of: pieces, count: count))
        case .end: continuation.resume(returning: nil)
        case .failure(let failure): continuation.resume(throwing: failure)
        case .wait: break
        }
        if asks { wanted() }
    }

    private static func bytes(of pieces: some Sequence<ByteBuffer>, count: Int) -> [UInt8] {
        // Safe: `count` is what the pieces have together, and so much is copied.
        unsafe [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            for piece in pieces {
                unsafe piece.withUnsafeReadableBytes { source in
                    unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[filled...])
                        .copyMemory(from: source)
                    filled += source.count
                }
            }
        }
    }
}

import Synchronization

/// Whose upload is taken in now: so many at a time, the others in the order in which they came.
///
/// Who waits sends nothing meanwhile, since nothing is read from it; so uploads cost the server memory for those whose
/// turn it is, not for all that have come.
final class UploadTurns: Sendable {
    /// A turn; over when it is let go.
    final class Turn: Sendable {
        private let turns: UploadTurns

        fileprivate init(_ turns: UploadTurns) { self.turns = turns }

        deinit { turns.pass() }
    }

    private enum Answer { case go, cancelled, full }

    private struct State {
        var taken = 0
        var nextNumber: UInt64 = 0
        /// By the number under which each came.
        var waiting: [(number: UInt64, continuation: CheckedContinuation<Answer, Never>)] = []
    }

    private let state = Mutex(State())
    /// Turns at a time.
    private let count: Int
    /// Who may wait at a time.
    private let mostWaiting: Int

    init(count: Int, mostWaiting: Int) {
        self.count = max(1, count)
        self.mostWaiting = mostWaiting
    }

    /// Who waits now.
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// Waits for a turn.
    ///
    /// - Throws: 503 where too many wait already; `CancellationError` where the client goes away meanwhile.
    func take() async throws -> Turn {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        let answer = await withTaskCancellationHandler {
            await place(number)
        } onCancel: {
            let continuation = state.withLock { state in
                state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0).continuation }
            }
            continuation?.resume(returning: .cancelled)
        }
        switch answer {
        case .go: return Turn(self)
        case .cancelled: throw CancellationError()
        case .full:
            throw ErrorEnvelope(
                .serviceUnavailable, "Too many uploads wait for their turn",
                detail: ["uploads": .integer(Int64(count)), "waiting": .integer(Int64(mostWaiting))],
                hint: "Send it again later; with an Idempotency-Key that is safe", retryAfter: .seconds(10))
        }
    }

    private func place(_ number: UInt64) async -> Answer {
        await withCheckedContinuation { continuation in
            let answer = state.withLock { state -> Answer? in
                // Under the lock: the cancellation's handler either finds it waiting or was there before.
                if Task.isCancelled { return .cancelled }
                if state.taken < count {
                    state.taken += 1
                    return .go
                }
                guard state.waiting.count < mostWaiting else { return .full }
                state.waiting.append((number, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Hands a turn on to whoever has waited longest.
    private func pass() {
        let next = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst().continuation }
            state.taken -= 1
            return nil
        }
        next?.resume(returning: .go)
    }
}

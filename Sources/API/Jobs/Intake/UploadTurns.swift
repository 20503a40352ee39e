import Synchronization

/// Whose upload is taken in now: so many at a time, the others in the order in which they came.
///
/// Who waits sends nothing meanwhile, since nothing is read from it; so uploads cost the server memory for those whose
/// turn it is, not for all that have come. A client that sends slowly keeps nobody waiting: while others wait, its turn
/// is handed on, and what it sends is taken in beside theirs.
final class UploadTurns: Sendable {
    /// A turn; over when it is let go.
    final class Turn: Sendable {
        /// Rises from one that came to the next.
        let number: UInt64
        private let turns: UploadTurns

        fileprivate init(_ number: UInt64, _ turns: UploadTurns) {
            self.number = number
            self.turns = turns
        }

        deinit { turns.end(number) }

        /// Runs what waits for the client.
        func waitForClient<Value>(_ wait: () async throws -> Value) async rethrows -> Value {
            turns.state.withLock { $0.taken[number]?.beginWait(at: .now) }
            defer { turns.state.withLock { $0.taken[number]?.endWait(at: .now) } }
            return try await wait()
        }
    }

    private enum Answer { case go, cancelled, full }

    private struct State {
        var nextNumber: UInt64 = 0
        /// Those whose turn it is.
        var taken: [UInt64: UploadPace] = [:]
        /// Those whose turn was handed on and who are not done yet.
        var slow: Set<UInt64> = []
        /// By the number under which each came.
        var waiting: [(number: UInt64, continuation: CheckedContinuation<Answer, Never>)] = []
        var isWatched = false

        /// Gives the turn to whoever has waited longest, who is to be told.
        mutating func pass(at now: UploadPace.Instant) -> CheckedContinuation<Answer, Never>? {
            guard !waiting.isEmpty else { return nil }
            let next = waiting.removeFirst()
            taken[next.number] = UploadPace(at: now)
            return next.continuation
        }
    }

    private let state = Mutex(State())
    /// Turns at a time.
    private let count: Int
    /// Who may wait at a time.
    private let mostWaiting: Int
    /// Whose turn may be handed on at a time.
    private let mostSlow: Int
    /// Between two looks at who is slow, while others wait.
    private static let window = Duration.seconds(1)

    init(count: Int, mostWaiting: Int, mostSlow: Int = 0) {
        self.count = max(1, count)
        self.mostWaiting = mostWaiting
        self.mostSlow = mostSlow
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
        case .go: return Turn(number, self)
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
            let (answer, mustWatch) = state.withLock { state -> (Answer?, Bool) in
                // Under the lock: the cancellation's handler either finds it waiting or was there before.
                if Task.isCancelled { return (.cancelled, false) }
                if state.taken.count < count {
                    state.taken[number] = UploadPace(at: .now)
                    return (.go, false)
                }
                guard state.waiting.count < mostWaiting else { return (.full, false) }
                state.waiting.append((number, continuation))
                defer { state.isWatched = true }
                return (nil, !state.isWatched && mostSlow > 0)
            }
            if let answer { continuation.resume(returning: answer) }
            if mustWatch { watch() }
        }
    }

    /// Hands a turn on to whoever has waited longest.
    private func end(_ number: UInt64) {
        let next = state.withLock { state in
            // One that was slow has none any more.
            state.slow.remove(number) == nil && state.taken.removeValue(forKey: number) != nil
                ? state.pass(at: .now) : nil
        }
        next?.resume(returning: .go)
    }

    // MARK: Slow clients

    /// Looks again and again, while anybody waits.
    private func watch() {
        Task {
            repeat {
                try? await Task.sleep(for: Self.window)  // is never cancelled
                handOn(at: .now)
            } while state.withLock { state in
                state.isWatched = !state.waiting.isEmpty
                return state.isWatched
            }
        }
    }

    /// Takes the turns of slow clients and gives them to those who wait.
    func handOn(at now: UploadPace.Instant) {
        let next = state.withLock { state -> [CheckedContinuation<Answer, Never>] in
            let slow = state.taken.keys.sorted().filter { number in
                state.taken[number]?.isSlow(at: now, window: Self.window) == true
            }
            return slow.prefix(max(0, mostSlow - state.slow.count)).compactMap { number in
                guard let next = state.pass(at: now) else { return nil }
                state.taken.removeValue(forKey: number)
                state.slow.insert(number)
                return next
            }
        }
        for each in next { each.resume(returning: .go) }
    }
}

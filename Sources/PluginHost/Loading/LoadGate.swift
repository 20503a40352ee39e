import Synchronization

/// Lets only so many plugins load at the same time: more than there are processors would slow each other down.
///
/// First come, first served. A load that takes long goes on but gives its place away: a plugin that hangs must not hold
/// up the others.
final class LoadGate: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var inside: Set<UInt64> = []
        var next: UInt64 = 0
    }

    private let state: Mutex<State>
    private let turn: Duration

    /// - Parameter turn: How long a load keeps its place.
    init(places: Int, turn: Duration) {
        state = Mutex(State(free: max(1, places)))
        self.turn = turn
    }

    /// Does `work` when there is a place.
    func pass<R: Sendable, E: Error>(_ work: () async throws(E) -> R) async throws(E) -> R {
        await enter()
        let ticket = state.withLock { state in
            state.next += 1
            state.inside.insert(state.next)
            return state.next
        }
        let timer = Task { [turn] in
            // Cancelled where the work took less.
            guard (try? await Task.sleep(for: turn)) != nil else { return }
            self.leave(ticket)
        }
        defer {
            timer.cancel()
            leave(ticket)
        }
        return try await work()
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let mayGo = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if mayGo { continuation.resume() }
        }
    }

    /// The place goes to who waits longest, once for each ticket.
    private func leave(_ ticket: UInt64) {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.inside.remove(ticket) != nil else { return nil }
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.free += 1
            return nil
        }
        next?.resume()
    }
}

import Synchronization

extension Task where Success == Void, Failure == Never {
    /// Returns when the task has ended, or when the time is up: then it is cancelled, and ends by itself.
    func ended(within duration: Duration) async {
        let bell = Bell()
        let watch = Task {
            await value
            bell.ring()
        }
        await bell.wait(atMost: duration)
        watch.cancel()
        cancel()
    }
}

/// Wakes one task. A ring that nobody waits for is remembered, once.
final class Bell: Sendable {
    private struct State {
        var isRung = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiting = state.waiting else {
                state.isRung = true
                return nil
            }
            state.waiting = nil
            return waiting
        }
        waiting?.resume()
    }

    /// Returns at the next ring, when the time is up, or when the task is cancelled. One task at a time.
    func wait(atMost duration: Duration) async {
        let timer = Task {
            guard (try? await Task.sleep(for: duration)) != nil else { return }  // Only cancellation: no ring.
            ring()
        }
        defer { timer.cancel() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isRung = state.withLock { state in
                    if !state.isRung { state.waiting = continuation }
                    defer { state.isRung = false }
                    return state.isRung
                }
                if isRung { continuation.resume() }
            }
        } onCancel: {
            ring()
        }
    }
}

import Model
import Synchronization

/// Carries a result from a task to the thread that waits for it.
final class ResultBox<Value: Sendable>: Sendable {
    private let stored = Mutex<Result<Value, any Error>?>(nil)

    func set(_ result: Result<Value, any Error>) { stored.withLock { $0 = result } }

    /// What was set; a fault where nothing was.
    func take() -> Result<Value, any Error> {
        stored.withLock { $0 }
            ?? .failure(CommandFailure(code: .internalError, message: "a task ended without a result"))
    }
}

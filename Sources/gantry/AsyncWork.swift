import Dispatch
import Synchronization

/// Runs asynchronous work from a command, whose thread has nothing else to do.
enum AsyncWork {
    /// Waits for `work` to end; its deadlines are its own.
    static func run<R: Sendable>(_ work: @escaping @Sendable () async throws -> R) throws -> R {
        let outcome = Outcome<R>()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            do {
                outcome.set(.success(try await work()))
            } catch {
                outcome.set(.failure(error))
            }
            done.signal()
        }
        done.wait()
        return try outcome.value()
    }

    private final class Outcome<R: Sendable>: Sendable {
        private let stored = Mutex<Result<R, any Error>?>(nil)

        func set(_ result: Result<R, any Error>) { stored.withLock { $0 = result } }

        func value() throws -> R {
            guard let result = stored.withLock({ $0 }) else {
                fatalError("the task signals after it has set its result")
            }
            return try result.get()
        }
    }
}

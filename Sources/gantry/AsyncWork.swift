import Dispatch
import Synchronization

/// Runs asynchronous work from a command, whose thread has nothing else to do.
enum AsyncWork {
    /// Waits for `work` to end; its deadlines are its own.
    static func run<R: Sendable, E: Error>(_ work: @escaping @Sendable () async throws(E) -> R) throws(E) -> R {
        let outcome = Outcome<R, E>()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            do throws(E) {
                outcome.set(.success(try await work()))
            } catch {
                outcome.set(.failure(error))
            }
            done.signal()
        }
        done.wait()
        return try outcome.value()
    }

    private final class Outcome<R: Sendable, E: Error>: Sendable {
        private let stored = Mutex<Result<R, E>?>(nil)

        func set(_ result: Result<R, E>) { stored.withLock { $0 = result } }

        func value() throws(E) -> R {
            guard let result = stored.withLock({ $0 }) else {
                fatalError("the task signals after it has set its result")
            }
            return try result.get()
        }
    }
}

import Foundation
import Synchronization

/// Threads for work that waits for a disk, so that nothing else waits behind it. They live as long as the process.
final class DiskThreads: Sendable {
    static let shared = DiskThreads(count: 8)

    private let waiting: Queue

    init(count: Int) {
        let queue = Queue()
        waiting = queue
        for number in 1...max(1, count) {
            let thread = Thread { while true { queue.take()() } }
            thread.name = "disk \(number)"
            thread.stackSize = 512 << 10
            thread.start()
        }
    }

    /// Runs `work` on one of the threads. It is not interrupted by the task's cancellation.
    func run<Value: Sendable, Failure: Error>(
        _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            waiting.put { continuation.resume(returning: Result { () throws(Failure) in try work() }) }
        }
        return try result.get()
    }

    private final class Queue: @unchecked Sendable {
        // @unchecked: `works` is touched under the condition's lock only.
        typealias Work = @Sendable () -> Void
        private let condition = NSCondition()
        private var works: [Work] = []
        private var next = 0

        func put(_ work: @escaping Work) {
            condition.lock()
            works.append(work)
            condition.signal()
            condition.unlock()
        }

        func take() -> Work {
            condition.lock()
            defer { condition.unlock() }
            while next == works.count { condition.wait() }
            let work = works[next]
            next += 1
            if next == works.count {
                works.removeAll(keepingCapacity: true)
                next = 0
            }
            return work
        }
    }
}

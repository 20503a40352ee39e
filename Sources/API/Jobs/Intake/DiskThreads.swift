import Foundation
import Synchronization

/// Threads for work that waits for a disk, so that nothing else waits behind it. They live as long as the process.
final class DiskThreads: Sendable {
    static let shared = DiskThreads(count: 8)
    /// For what uploads bring: hashed and written. Few, so that the upload that came first is done first, instead of all of
    /// them at the end; more than processors, since some wait for the disk.
    static let arriving = DiskThreads("upload", count: 4)

    private let waiting: Queue

    init(_ name: String = "disk", count: Int) {
        let queue = Queue()
        waiting = queue
        for number in 1...max(1, count) {
            let thread = Thread { while true { queue.take()() } }
            thread.name = "\(name) \(number)"
            thread.stackSize = 512 << 10
            thread.start()
        }
    }

    /// Runs `work` on one of the threads. It is not interrupted by the task's cancellation.
    ///
    /// - Parameter order: Of what waits, the lowest is begun first; of the same, what came first.
    func run<Value: Sendable, Failure: Error>(
        order: UInt64 = 0, _ work: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            waiting.put(order) { continuation.resume(returning: Result { () throws(Failure) in try work() }) }
        }
        return try result.get()
    }

    private final class Queue: @unchecked Sendable {
        // @unchecked: `works` is touched under the condition's lock only.
        typealias Work = @Sendable () -> Void
        private let condition = NSCondition()
        /// What is next comes last; seldom more than there are uploads at a time.
        private var works: [(order: UInt64, work: Work)] = []

        func put(_ order: UInt64, _ work: @escaping Work) {
            condition.lock()
            works.insert((order, work), at: works.firstIndex { $0.order <= order } ?? works.count)
            condition.signal()
            condition.unlock()
        }

        func take() -> Work {
            condition.lock()
            defer { condition.unlock() }
            while true {
                if let next = works.popLast() { return next.work }
                condition.wait()
            }
        }
    }
}

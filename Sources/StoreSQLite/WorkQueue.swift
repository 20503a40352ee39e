import Dispatch
import Foundation
import Jobs
import Synchronization

/// Work that waits for threads of its own, because it blocks: a bounded queue.
final class WorkQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        /// Threads that sleep until an item comes.
        var sleeping = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchGroup()
    private let limit: Int

    /// - Parameter limit: Items that may wait.
    init(limit: Int) { self.limit = limit }

    /// Starts a thread that runs `body`; the queue is ended when all of them are.
    func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
        ended.enter()
        let thread = Thread { [ended] in
            body()
            ended.leave()
        }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    func put(_ item: Item) throws(JobsFailure) {
        let (failure, mustWake): (JobsFailure?, Bool) = state.withLock { state in
            if state.isClosed { return (JobsFailure(kind: .closed, message: "the job store is closed"), false) }
            if state.items.count >= limit {
                return (
                    JobsFailure(
                        kind: .busy, message: "\(limit) calls are waiting for the job store already",
                        hint: "Try again later; if it stays so, the disk is too slow"), false
                )
            }
            state.items.append(item)
            guard state.sleeping > 0 else { return (nil, false) }
            state.sleeping -= 1
            return (nil, true)
        }
        if mustWake { wake.signal() }
        if let failure { throw failure }
    }

    /// The next items, at most `count`, waiting for the first; nil once the queue is closed and empty.
    func take(upTo count: Int) -> [Item]? {
        while true {
            let (items, isClosed): ([Item], Bool) = state.withLock { state in
                if state.items.isEmpty {
                    if !state.isClosed { state.sleeping += 1 }
                    return ([], state.isClosed)
                }
                if state.items.count <= count {
                    defer { state.items = [] }
                    return (state.items, false)
                }
                let items = Array(state.items[..<count])
                state.items.removeFirst(count)
                return (items, false)
            }
            if !items.isEmpty { return items }
            if isClosed { return nil }
            wake.wait()
        }
    }

    /// Takes no more items; threads end when those that wait are done.
    func close() {
        let sleeping = state.withLock { state in
            state.isClosed = true
            defer { state.sleeping = 0 }
            return state.sleeping
        }
        for _ in 0..<sleeping { wake.signal() }
    }

    /// Returns when all threads have ended.
    func finished() async {
        await withCheckedContinuation { continuation in
            ended.notify(queue: .global()) { continuation.resume() }
        }
    }
}

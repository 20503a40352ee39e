import Foundation
import Synchronization

/// Runs blocking work on threads of its own: decoding and inference must not sit on Swift's cooperative pool, whose
/// few threads they would starve.
enum LanePool {
    /// Runs `body` once on each of `count` threads and waits for all of them.
    /// - Throws: the first error any lane threw; `onError` is called at once, so that the others can be told to stop.
    static func run(
        _ count: Int, onError: @escaping @Sendable () -> Void, body: @escaping @Sendable (_ lane: Int) throws -> Void
    ) throws {
        let failure = FirstError()
        let group = DispatchGroup()
        for lane in 0..<count {
            group.enter()
            let thread = Thread {
                defer { group.leave() }
                do {
                    try body(lane)
                } catch {
                    failure.record(error)
                    onError()
                }
            }
            thread.name = "gantry-lane-\(lane)"
            thread.stackSize = 8 << 20  // engines and codecs expect a main thread's stack
            thread.start()
        }
        group.wait()
        if let error = failure.error { throw error }
    }

    private final class FirstError: Sendable {
        private let stored = Mutex<(any Error)?>(nil)

        func record(_ error: any Error) {
            stored.withLock { if $0 == nil { $0 = error } }
        }

        var error: (any Error)? { stored.withLock { $0 } }
    }
}

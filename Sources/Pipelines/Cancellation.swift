import Media
import Synchronization

/// A request to stop, raised once from any thread or signal handler. Lanes look at it between two frames; libav looks
/// at `interrupt` within a read.
package final class Cancellation: Sendable {
    private let requested = Atomic<Bool>(false)
    package let interrupt = Interrupt()

    package init() {}

    /// Safe to call from a signal handler: stores into atomics, nothing else.
    package func cancel() {
        requested.store(true, ordering: .relaxed)
        interrupt.cancel()
    }

    package var isCancelled: Bool { requested.load(ordering: .relaxed) }
}

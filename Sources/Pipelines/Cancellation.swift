import Synchronization

/// A request to stop, raised once from any thread or signal handler and looked at between two frames.
package final class Cancellation: Sendable {
    private let requested = Atomic<Bool>(false)

    package init() {}

    /// Safe to call from a signal handler: one atomic store.
    package func cancel() { requested.store(true, ordering: .relaxed) }

    package var isCancelled: Bool { requested.load(ordering: .relaxed) }
}

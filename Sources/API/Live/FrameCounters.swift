import PluginWire
import Synchronization

/// What became of the frames of one live stream.
final class FrameCounters: Sendable {
    struct Counts: Sendable, Hashable {
        /// Frames that came, the number of the latest.
        var received = 0
        /// Frames that a newer one replaced before the tool was free.
        var dropped = 0
        var processed = 0
    }

    private let stored = Mutex(Counts())

    var counts: Counts { stored.withLock { $0 } }

    /// - Returns: The frame's number, from 1.
    func received() -> Int {
        stored.withLock { counts in
            counts.received += 1
            return counts.received
        }
    }

    func dropped() { stored.withLock { $0.dropped += 1 } }
    func processed() { stored.withLock { $0.processed += 1 } }
}

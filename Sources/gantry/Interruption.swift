import Foundation
import Pipelines
import Synchronization

/// Ctrl-C, TERM and HUP: the first asks the work to stop where it can go on later, a second ends the process at once.
enum Interruption {
    static let cancellation = Cancellation()
    private static let received = Atomic<Int32>(0)

    /// The shell's exit status for the signal that came: 130 for INT, 143 for TERM; nil if none came.
    static var exitStatus: Int32? {
        let number = received.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }

    static func install() {
        _ = cancellation  // Made here, not in a handler: a handler may only store into atomics.
        StopSignals.handle { number in
            if Interruption.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
            Interruption.cancellation.cancel()
        }
    }
}

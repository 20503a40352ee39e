import CSupervision
import Glibc
import Synchronization

/// Processes that this one never started and whose parents are gone: what a killed child leaves behind. They are this
/// process's children once ``Orphans`` adopts, and stay in the system's list when they end until somebody takes them away.
///
/// Looked for only after a supervised process has ended, and for as long as any is there: nothing else makes them. On the
/// supervision thread, where processes are started too, so that none that is being started looks like a stray.
package enum StrayProcesses {
    private struct State {
        var areTaken = false
        var isLooking = false
    }

    private static let state = Mutex(State())
    private static let firstWait = Duration.milliseconds(100), longestWait = Duration.seconds(30)

    /// From now on, strays that end are taken away.
    ///
    /// Only for programs whose children are all supervised or stay in this process's own group: whoever else waits for a
    /// child would not find it any more.
    package static func takeAway() { state.withLock { $0.areTaken = true } }

    /// A supervised process has ended; it may have had children.
    static func expect() {
        let mustLook = state.withLock { state in
            guard state.areTaken, !state.isLooking else { return false }
            state.isLooking = true
            return true
        }
        if mustLook { look(after: firstWait) }
    }

    private static func look(after wait: Duration) {
        SupervisionLoop.shared.after(wait) {
            guard take() else { return state.withLock { $0.isLooking = false } }
            look(after: min(wait * 2, longestWait))
        }
    }

    /// - Returns: Whether any is left, alive.
    private static func take() -> Bool {
        let (own, ownGroup) = (getpid(), getpgrp())
        let supervised = Orphans.groups.withLock { $0 }
        var areLeft = false
        for entry in ProcessTable.read().entries
        where entry.parent == own && entry.group != ownGroup && !supervised.contains(entry.group) {
            if !entry.isZombie || supervision_reap(entry.pid) != entry.pid { areLeft = true }
        }
        return areLeft
    }
}

import CSupervision
import Synchronization

/// Processes whose parent is gone come to this process instead of init, so that they can be found and taken away.
enum Orphans {
    private static let isAdopting = Mutex(false)

    static func adopt() {
        isAdopting.withLock { done in
            guard !done else { return }
            done = true
            supervision_keep_zombies()
            // Without it orphans are init's: still killed with their group, only not waited for by us.
            _ = supervision_adopt_orphans()
        }
    }
}

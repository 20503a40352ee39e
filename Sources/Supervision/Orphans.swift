import CSupervision
import Glibc
import Synchronization

/// Processes whose parent is gone, and those that left their group.
///
/// In the sandbox nothing leaves a group: the system call filter refuses it. Where the kernel has no such filter, what
/// a worker started is still known by a mark in its environment, which children inherit.
enum Orphans {
    private static let isAdopting = Mutex(false)
    /// The variable that carries the mark.
    private static let variable = "GANTRY_PROCESS_GROUP"

    /// Orphans become children of this process instead of init's, so that they can be found and taken away.
    static func adopt() {
        isAdopting.withLock { done in
            guard !done else { return }
            done = true
            supervision_keep_zombies()
            // Without it orphans are init's: still killed with their group, only not waited for by us.
            _ = supervision_adopt_orphans()
        }
    }

    /// A mark that no other group carries.
    static func newMark() -> String { "\(variable)=\(String(UInt64.random(in: .min ... .max), radix: 16))" }

    /// Groups that are cleared by themselves: nobody's escaped processes are in them.
    static let groups = Mutex<Set<Int32>>([])

    /// Kills every process that carries `mark`.
    ///
    /// Not for the supervision thread: asking a process for its environment waits while it is just being copied, which
    /// a fork bomb always is.
    ///
    /// - Returns: whether none was left; more may come from those that were just killed.
    static func killMarked(_ mark: String) -> Bool {
        let mark = Array(mark.utf8)
        let own = getpid()
        var file = ProcFile(capacity: 128 << 10)
        let groups = groups.withLock { $0 }
        for entry in ProcessTable.read().entries
        where entry.pid != own && !entry.isZombie && !groups.contains(entry.group) {
            // Opened first: from then on it names this process and no later one with the same number.
            let pidfd = supervision_pidfd_open(entry.pid)
            guard pidfd >= 0 else { continue }
            guard let environment = file.readAll("/proc/\(entry.pid)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
            else {
                close(pidfd)
                continue
            }
            _ = supervision_pidfd_signal(pidfd, SIGKILL)
            killed.withLock { $0.append(pidfd) }
        }
        return reap()
    }

    /// Descriptors of processes that were killed here and may not be gone yet.
    private static let killed = Mutex<[Int32]>([])

    /// Takes those that have ended out of the system's list: their parents are gone or going.
    ///
    /// - Returns: whether none is left.
    @discardableResult
    static func reap() -> Bool {
        killed.withLock { killed in
            killed = killed.filter { pidfd in
                let taken = supervision_reap_pidfd(pidfd)
                if taken == 0 || (taken < 0 && supervision_pidfd_signal(pidfd, 0) == 0) { return true }
                close(pidfd)
                return false
            }
            return killed.isEmpty
        }
    }
}

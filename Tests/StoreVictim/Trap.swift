import Glibc
import StoreSQLite
import Synchronization

/// Kills the process when it gets to a point for the so-manieth time.
final class Trap: Sendable {
    private let point: StorePoint
    private let left: Mutex<Int>

    init(point: StorePoint, count: Int) {
        self.point = point
        left = Mutex(count)
    }

    func spring(_ point: StorePoint) {
        guard point == self.point else { return }
        let isNow = left.withLock { left in
            left -= 1
            return left == 0
        }
        if isNow { kill(getpid(), SIGKILL) }
    }
}

import Glibc
import Model

/// A moment of the calendar: for people. Nothing is decided by it, because clocks are set, forwards and backwards.
package typealias WallTime = UTCTime

/// A moment on the clock that only runs forwards, from the machine's start to its end, and stands still while it
/// sleeps: what leases and backoff are measured with. Moments of two boots do not compare; see ``BootID``.
package struct MonotonicTime: Hashable, Sendable, Comparable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The moment `duration` later, at the end of time where that would be past it.
    package static func + (time: MonotonicTime, duration: Duration) -> MonotonicTime {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.nanoseconds)
        return MonotonicTime(nanoseconds: overflow ? (duration.nanoseconds < 0 ? .min : .max) : sum)
    }

    package static func - (later: MonotonicTime, earlier: MonotonicTime) -> Duration {
        .nanoseconds(later.nanoseconds &- earlier.nanoseconds)
    }
}

/// Which start of the machine a ``MonotonicTime`` belongs to.
package struct BootID: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// The kernel's own name of the running boot. Where it cannot be read each process is a boot of its own: deadlines
    /// of an earlier process then count as past, which is safe.
    package static func current() -> BootID {
        var bytes = [UInt8](repeating: 0, count: 64)
        let file = unsafe open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return BootID("process-\(getpid())") }
        defer { close(file) }
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { return BootID("process-\(getpid())") }
        return BootID(String(decoding: bytes[..<count].prefix { $0 > 0x20 }, as: UTF8.self))
    }
}

/// The one moment at which something happens, on both clocks. Passed in from outside: nothing in this module reads a
/// clock to decide.
package struct JobTime: Hashable, Sendable {
    package var wall: WallTime
    package var monotonic: MonotonicTime

    package init(wall: WallTime, monotonic: MonotonicTime) {
        self.wall = wall
        self.monotonic = monotonic
    }

    /// The machine's clocks, read now.
    package static func now() -> JobTime {
        JobTime(
            wall: WallTime(milliseconds: nanoseconds(of: CLOCK_REALTIME) / 1_000_000),
            monotonic: MonotonicTime(nanoseconds: nanoseconds(of: CLOCK_MONOTONIC)))
    }

    private static func nanoseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

extension Duration {
    /// In whole nanoseconds, at most 292 years either way.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}

import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP for a server: the first asks it to end in order, a second ends it at once.
enum ShutdownSignal {
    private static let received = Atomic<Int32>(0)
    private static let writer = Atomic<Int32>(-1)

    /// Takes over the signals.
    ///
    /// - Returns: What `wait` waits on.
    static func install() throws(CommandFailure) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw CommandFailure(code: .internalError, message: "no pipe for signals (errno \(errno))")
        }
        // No child exists yet that could have inherited them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        writer.store(ends[1], ordering: .sequentiallyConsistent)
        StopSignals.handle { number in
            // Only what a handler may do: atomics, write(2), _exit(2).
            if ShutdownSignal.received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
            var byte: UInt8 = 0
            _ = unsafe write(ShutdownSignal.writer.load(ordering: .relaxed), &byte, 1)
        }
        return ends[0]
    }

    /// As if a signal had asked to end in order.
    static func request() {
        guard received.compareExchange(expected: 0, desired: SIGTERM, ordering: .sequentiallyConsistent).exchanged
        else {
            return
        }
        var byte: UInt8 = 0
        _ = unsafe write(writer.load(ordering: .relaxed), &byte, 1)
    }

    /// Blocks this thread until a signal comes; its name.
    static func wait(_ descriptor: Int32) -> String {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while received.load(ordering: .sequentiallyConsistent) == 0 { _ = unsafe poll(&waiting, 1, -1) }
        switch received.load(ordering: .sequentiallyConsistent) {
        case SIGINT: return "SIGINT"
        case SIGTERM: return "SIGTERM"
        default: return "SIGHUP"
        }
    }
}

import Glibc
import Jobs

/// The socket between a server and an attempt's process: the order goes through it once, and its end tells the process
/// that the server is gone.
final class AttemptLink: Sendable {
    private let near: Int32

    /// A new socket: the server's end as a link, and the process's end, which the caller closes once the process has it.
    static func make() throws(Fault) -> (link: AttemptLink, inherited: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Fault(
                kind: .transient, code: "ATTEMPT_NOT_STARTED", message: "no socket for the attempt (errno \(errno))",
                hint: errno == EMFILE || errno == ENFILE ? "Raise the limit of open files (ulimit -n)" : nil)
        }
        return (AttemptLink(near: ends[0]), ends[1])
    }

    private init(near: Int32) { self.near = near }

    deinit { close(near) }

    /// Sends `order` and a line feed; gives up after `deadline`, since the process may not read.
    func send(_ order: [UInt8], deadline: Duration) async throws(Fault) {
        let bytes = order + [0x0A]
        var sent = 0
        let end = ContinuousClock.now + deadline
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // Safe: `sent` is below the count, so the range lies inside the array.
                unsafe Glibc.send(
                    near, buffer.baseAddress.map { unsafe $0 + sent }, buffer.count - sent,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            let number = errno
            if count > 0 {
                sent += count
            } else if number == EAGAIN, ContinuousClock.now < end, !Task.isCancelled {
                // A cancelled sleep is noticed above.
                try? await Task.sleep(for: .milliseconds(2))
            } else if number != EINTR {
                throw Fault(
                    kind: .transient, code: "ATTEMPT_NOT_STARTED",
                    message: "the attempt's process did not take its order (errno \(number))")
            }
        }
    }
}

import Attempts
import Foundation
import Glibc
import Model
import Synchronization

/// An attempt's side of its server: the order in, messages out.
final class AttemptChannel: Sendable {
    /// The descriptor that the server's order comes through, and whose end is the server's.
    private static let orders: Int32 = 3
    private static let longestOrder = 8 << 20

    private let messages: Mutex<Int32>

    /// Takes standard output for messages; what libraries print there goes to standard error from now on.
    init() throws(CommandFailure) {
        let own = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10)
        guard own >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else {
            throw CommandFailure(code: .internalError, message: "no channel to the server (errno \(errno))")
        }
        messages = Mutex(own)
        // Programs that it starts must not hold the server's end.
        _ = fcntl(Self.orders, F_SETFD, FD_CLOEXEC)
    }

    /// One message. A server that has gone takes none, and ``endWithServer()`` sees to that.
    func send(_ message: AttemptMessage) {
        guard let line = try? message.line() else { return }
        messages.withLock { descriptor in
            var sent = 0
            while sent < line.count {
                let count = unsafe line.withUnsafeBytes { bytes in
                    // Safe: `sent` is below the count, so the range lies inside the array.
                    unsafe write(descriptor, bytes.baseAddress.map { unsafe $0 + sent }, bytes.count - sent)
                }
                guard count > 0 || errno == EINTR else { return }
                sent += max(0, count)
            }
        }
    }

    /// The order; waits for it.
    func order() throws(CommandFailure) -> [UInt8] {
        var order: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while order.last != 0x0A {
            let count = unsafe read(Self.orders, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0, order.count + count <= Self.longestOrder else {
                throw CommandFailure(
                    code: .invalidArgument, message: "no order came from a server",
                    hint: "gantry serve starts this; to run pipelines by hand use gantry analyze")
            }
            order += piece.prefix(count)
        }
        return order.dropLast()
    }

    /// From now on the process and all of its group end with the server, whatever they are doing.
    func endWithServer() { Self.endWithServer() }

    /// The same for a process that gets no order.
    static func endWithServer() {
        let watch = Thread {
            var byte: UInt8 = 0
            while true {
                let count = unsafe read(Self.orders, &byte, 1)
                if count < 0, errno == EINTR { continue }
                // Nothing more is ever sent: this is its end.
                kill(0, SIGKILL)
                _exit(128 + SIGKILL)
            }
        }
        watch.stackSize = 64 << 10
        watch.start()
    }
}

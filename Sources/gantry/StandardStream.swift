import Foundation

/// What standard input, output and error have in common.
enum StandardStream {
    /// Gives each of the three that the parent closed (`gantry … 2>&-`) the null device: otherwise the next file that
    /// is opened, a result perhaps, would get its number, and with it what is meant for people.
    static func openMissing() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is this one: those below it are open.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }

    /// Writes all of `text`.
    /// - Returns: errno where not all of it could be written.
    static func write(_ text: String, to number: Int32) -> Int32? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Foundation.write(number, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return written < 0 ? errno : EIO }
            rest = rest.dropFirst(written)
        }
        return nil
    }
}

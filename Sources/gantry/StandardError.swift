import Foundation

/// Writes to standard error that never trap: a reader that went away must not end the work.
enum StandardError {
    static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes {
                unsafe Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count)
            }
            guard written > 0 || (written < 0 && errno == EINTR) else { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}

import Foundation

/// Writes to standard error that never trap: a reader that went away must not end the work.
enum StandardError {
    static func write(_ text: String) {
        _ = StandardStream.write(text, to: STDERR_FILENO)  // there is nowhere left to complain
    }
}

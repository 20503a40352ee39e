import Foundation

/// Writes to standard error that never trap: a reader that went away must not end the work.
enum StandardError {
    /// Whether a person looks at it, on a terminal that can redraw a line.
    static let isTerminal =
        isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    static func write(_ text: String) {
        _ = StandardStream.write(text, to: STDERR_FILENO)  // there is nowhere left to complain
    }
}

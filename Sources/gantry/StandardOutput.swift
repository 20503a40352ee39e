import Foundation

/// Writes a command's answer to standard output, and does not call an answer that got lost "done".
enum StandardOutput {
    /// Writes `text` and a line end, unless it has one.
    ///
    /// - Throws: a failure where the answer could not be written, on a full disk for example. A reader that has seen
    ///   enough and went away (`gantry … | head`) is none.
    static func print(_ text: String) throws(CommandFailure) {
        guard let error = StandardStream.write(text.hasSuffix("\n") ? text : text + "\n", to: STDOUT_FILENO),
            error != EPIPE
        else { return }
        throw CommandFailure(
            code: .storageFull, message: "cannot write: \(unsafe String(cString: strerror(error))) (errno \(error))",
            subject: "standard output")
    }
}

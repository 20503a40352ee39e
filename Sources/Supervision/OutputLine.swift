/// A line that a process printed.
package struct OutputLine: Sendable, Hashable {
    package enum Stream: String, Sendable, Codable { case output, errors }

    package var stream: Stream
    /// Without its line feed; bytes that are not UTF-8 are replaced, what exceeds the limit is cut.
    package var text: String

    package init(stream: Stream, text: String) {
        self.stream = stream
        self.text = text
    }
}

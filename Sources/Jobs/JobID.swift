/// The name of a job, as clients know it: 12 lower-case hexadecimal digits.
///
/// Short enough to read aloud, safe as a file name and in a URL. A store refuses a name that is taken, so a collision
/// (one in 280 million among a million jobs) costs its submitter a second draw, never a job.
package struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    /// Nil where `text` cannot be a job's name, whatever a client sent.
    package init?(_ text: String) {
        let digits = text.utf8
        guard digits.count == 12,
            digits.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        self.text = text
    }

    /// A new name drawn from `generator`.
    package static func random(using generator: inout some RandomNumberGenerator) -> JobID {
        JobID(bits: generator.next())
    }

    /// The name made of the lower 48 bits.
    private init(bits: UInt64) {
        let digits = Array("0123456789abcdef".utf8)
        text = String(decoding: (0..<12).map { digits[Int((bits >> (44 - 4 * $0)) & 15)] }, as: UTF8.self)
    }

    package var description: String { text }

    package static func < (left: JobID, right: JobID) -> Bool { left.text < right.text }
}

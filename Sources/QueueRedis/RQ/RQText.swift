import Model

/// How RQ writes values.
enum RQText {
    /// `2026-11-21T11:38:05.250000Z`: six digits behind the point, as Python's `%f` wants them.
    static func time(_ time: UTCTime) -> String { "\(time.iso8601.dropLast())000Z" }

    /// Seconds since 1970, with fractions.
    static func seconds(_ time: UTCTime) -> String {
        let (whole, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        let digits = "\(rest.magnitude)"
        return "\(whole).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }
}

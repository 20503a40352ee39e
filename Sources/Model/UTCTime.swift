import Glibc

/// A moment of the wall clock, for records and answers: ISO 8601 in UTC with milliseconds, `2026-11-21T11:38:05.250Z`.
///
/// Wall clocks jump; durations are measured with `ContinuousClock`.
package struct UTCTime: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z, without leap seconds, as Unix counts.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Now.
    package static var now: UTCTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return UTCTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package static func < (left: UTCTime, right: UTCTime) -> Bool { left.milliseconds < right.milliseconds }

    package func adding(_ duration: Duration) -> UTCTime {
        let (seconds, attoseconds) = duration.components
        return UTCTime(milliseconds: milliseconds + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    /// The text, always of the same shape.
    package var iso8601: String {
        let (days, ofDay) = Self.floored(milliseconds, 86_400_000)
        let (year, month, day) = Self.date(ofDay: days)
        let seconds = ofDay / 1000
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.append(year, 4, "-", to: &text)
        Self.append(month, 2, "-", to: &text)
        Self.append(day, 2, "T", to: &text)
        Self.append(seconds / 3600, 2, ":", to: &text)
        Self.append(seconds / 60 % 60, 2, ":", to: &text)
        Self.append(seconds % 60, 2, ".", to: &text)
        Self.append(ofDay % 1000, 3, "Z", to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads what ``iso8601`` writes, with or without the fraction; nil for anything else.
    package init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            bytes[range].allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
                ? bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } : nil
        }
        let hasFraction = bytes.count == 24
        guard hasFraction || bytes.count == 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
            bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), !hasFraction || bytes[19] == UInt8(ascii: "."),
            let year = number(0..<4), let month = number(5..<7), (1...12).contains(month), let day = number(8..<10),
            (1...31).contains(day), let hour = number(11..<13), hour < 24, let minute = number(14..<16), minute < 60,
            let second = number(17..<19), second < 60, let fraction = hasFraction ? number(20..<23) : 0
        else { return nil }
        let days = Self.day(year: year, month: month, day: day)
        milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
    }

    /// Quotient and remainder, the remainder never negative.
    private static func floored(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    /// A number of at least this many digits, and what follows it.
    private static func append(_ value: Int64, _ width: Int, _ end: Unicode.Scalar, to text: inout [UInt8]) {
        let start = text.count
        var rest = value.magnitude
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0 || text.count - start < width
        if value < 0 { text.append(UInt8(ascii: "-")) }
        text[start...].reverse()
        text.append(UInt8(ascii: end))
    }

    /// The Gregorian date of a day since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms", 2013): years
    /// begin in March, so that the day that may be missing comes last.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, ofEra) = floored(day + 719_468, 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }

    /// The other way round.
    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = floored(month <= 2 ? year - 1 : year, 400)
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }
}

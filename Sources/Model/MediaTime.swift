/// The length of one tick of a media clock, in seconds, as an exact fraction (libav's `AVRational` time base).
package struct Timebase: Hashable, Sendable, Codable {
    package let numerator: Int32
    package let denominator: Int32

    /// - Precondition: both parts are positive; a stream with another time base is refused when it is opened.
    package init(_ numerator: Int32, _ denominator: Int32) {
        precondition(numerator > 0 && denominator > 0, "a time base is a positive fraction")
        self.numerator = numerator
        self.denominator = denominator
    }

    /// - Throws: `DecodingError` where the fraction is not positive.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        numerator = try container.decode(Int32.self, forKey: .numerator)
        denominator = try container.decode(Int32.self, forKey: .denominator)
        guard numerator > 0, denominator > 0 else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath, debugDescription: "a time base is a positive fraction"))
        }
    }

    package static let milliseconds = Timebase(1, 1000)
    package static let microseconds = Timebase(1, 1_000_000)
}

/// A point on a video's own clock, exact: whole ticks of the stream's time base.
///
/// Never computed as frame ÷ frame rate: a frame's time is the time stamp its container gives it. Two times of
/// different time bases compare exactly, through 128-bit products.
package struct MediaTime: Sendable, Codable {
    package var ticks: Int64
    package var timebase: Timebase

    package init(ticks: Int64, timebase: Timebase) {
        self.ticks = ticks
        self.timebase = timebase
    }

    package static let zero = MediaTime(ticks: 0, timebase: .microseconds)

    /// The time in seconds, rounded to the nearest `Double`.
    package var seconds: Double {
        Double(ticks) * Double(timebase.numerator) / Double(timebase.denominator)
    }

    /// `ticks · numerator` of this time brought to the denominator product shared with `other`.
    private func scaled(against other: MediaTime) -> Int128 {
        Int128(ticks) * Int128(timebase.numerator) * Int128(other.timebase.denominator)
    }
}

extension MediaTime: Comparable, Hashable {
    package static func == (a: MediaTime, b: MediaTime) -> Bool { a.scaled(against: b) == b.scaled(against: a) }
    package static func < (a: MediaTime, b: MediaTime) -> Bool { a.scaled(against: b) < b.scaled(against: a) }

    package func hash(into hasher: inout Hasher) {
        // Equal times of different time bases must hash alike: hash the reduced fraction.
        var a = (Int128(ticks) * Int128(timebase.numerator)).magnitude
        var b = UInt128(timebase.denominator)
        while b != 0 { (a, b) = (b, a % b) }
        let divisor = Int128(a == 0 ? 1 : a)
        hasher.combine(Int128(ticks) * Int128(timebase.numerator) / divisor)
        hasher.combine(Int128(timebase.denominator) / divisor)
    }
}

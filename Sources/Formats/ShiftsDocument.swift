import FoundationEssentials
import Model

/// `shifts.json`: when one player is on camera.
package struct ShiftsDocument: Hashable, Sendable, Codable {
    package struct Player: Hashable, Sendable, Codable {
        /// Absent where clicks alone said who is meant, and nothing was read on them.
        package var number: Int?
        /// `#rrggbb` as it was asked for; absent where no colour was given.
        package var jerseyColour: String?
        package var opponentColour: String?
        /// As the video shows it.
        package var seenColour: String?

        enum CodingKeys: String, CodingKey {
            case number
            case jerseyColour = "jersey_color"
            case opponentColour = "opponent_color"
            case seenColour = "seen_color"
        }

        package init(number: Int?, jerseyColour: String?, opponentColour: String?, seenColour: String?) {
            self.number = number
            self.jerseyColour = jerseyColour
            self.opponentColour = opponentColour
            self.seenColour = seenColour
        }
    }

    package struct Shift: Hashable, Sendable, Codable {
        /// Seconds of the video, rolls included; ascending and apart.
        package var start: Double
        package var end: Double
        package var duration: Double
        /// How sure it is that this is the player, 0…1.
        package var confidence: Double

        package init(start: Double, end: Double, confidence: Double) {
            self.start = start
            self.end = end
            duration = end - start
            self.confidence = confidence
        }
    }

    package var video: VideoReference
    package var player: Player
    /// `found`, or one word for why not.
    package var finding: String
    package var message: String
    package var notes: [String]
    package var shifts: [Shift]
    /// Seconds on camera within the shifts, rolls not counted.
    package var secondsOnCamera: Double
    /// How often each number was read on anybody.
    package var numbersRead: [String: Int]

    enum CodingKeys: String, CodingKey {
        case video, player, finding, message, notes, shifts
        case secondsOnCamera = "seconds_on_camera"
        case numbersRead = "numbers_read"
    }

    package init(
        video: VideoReference, player: Player, finding: String, message: String, notes: [String], shifts: [Shift],
        secondsOnCamera: Double, numbersRead: [String: Int]
    ) {
        self.video = video
        self.player = player
        self.finding = finding
        self.message = message
        self.notes = notes
        self.shifts = shifts
        self.secondsOnCamera = secondsOnCamera
        self.numbersRead = numbersRead
    }

    private struct File: Encodable {
        var stamp: ResultStamp
        var document: ShiftsDocument

        func encode(to encoder: any Encoder) throws {
            try stamp.encode(to: encoder)
            try document.encode(to: encoder)
        }
    }

    /// The document: indented, keys in alphabetical order.
    /// - Throws: `internalError` for NaN and infinities.
    package func bytes() throws(FormatsFailure) -> [UInt8] {
        try indentedJSON(File(stamp: ResultStamp(format: "gantry-shifts", version: 1), document: self))
    }

    /// The shifts as CSV (RFC 4180): a line for each, after one with the names of the columns. Times in seconds.
    package var csv: [UInt8] {
        var text = "start,end,duration,confidence\r\n"
        for shift in shifts {
            text +=
                [shift.start, shift.end, shift.duration, shift.confidence].map(Self.thousandths)
                .joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    private static func thousandths(_ value: Double) -> String {
        let whole = Int((abs(value) * 1000).rounded())
        let rest = String(whole % 1000)
        return "\(value < 0 ? "-" : "")\(whole / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

/// A value as indented JSON, keys in alphabetical order, ending in a line break.
func indentedJSON(_ value: some Encodable) throws(FormatsFailure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
        return try [UInt8](encoder.encode(value)) + [UInt8(ascii: "\n")]
    } catch {
        throw .unprintable("the document cannot be written: \(error)")
    }
}

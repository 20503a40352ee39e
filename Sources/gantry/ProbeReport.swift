import Formats
import Foundation
import Model

/// What `gantry probe` found out about one file, and how it is shown.
struct ProbeReport: Encodable {
    var file: String
    var facts: VideoFacts?
    var notes: [String] = []
    /// The failure's one line and code, where the file could not be opened.
    var error: String?
    var code: FailureCode?

    private enum CodingKeys: String, CodingKey {
        case file, video, notes, error, code
    }

    /// The facts under the names that `summary.json` gives them.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(file, forKey: .file)
        try container.encodeIfPresent(facts.map { VideoDescription($0) }, forKey: .video)
        try container.encode(notes, forKey: .notes)
        try container.encodeIfPresent(error, forKey: .error)
        try container.encodeIfPresent(code, forKey: .code)
    }

    static func json(_ reports: [ProbeReport]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = reports.count == 1 ? try encoder.encode(reports[0]) : try encoder.encode(reports)
        return String(decoding: data, as: UTF8.self)
    }

    /// All that is known of the file, a line for each fact.
    var card: String? {
        guard let facts else { return nil }
        var lines = [facts.fileName]
        func add(_ name: String, _ value: String) {
            let gap = String(repeating: " ", count: max(1, 12 - name.count))
            lines.append(
                contentsOf: wrapped(value).enumerated().map { index, part in
                    index == 0 ? "  \(name)\(gap)\(part)" : String(repeating: " ", count: 14) + part
                })
        }
        add("container", "\(facts.container), \(Self.size(facts.fileSize))")
        add(
            "picture",
            "\(facts.codec), \(facts.width) x \(facts.height), \(facts.pixelFormat)"
                + (facts.rotation == 0 ? "" : ", turned \(facts.rotation)° clockwise"))
        add(
            "frames",
            "\(facts.frameCount), \(facts.isVariableFrameRate ? "variable rate, mean" : "constant rate,") "
                + "\(Self.decimal(facts.frameRate, 3)) frames/s")
        add("duration", "\(Self.clock(facts.duration)), from \(Self.decimal(facts.startTime.seconds, 3)) s")
        add("keyframes", "\(facts.keyframeCount)")
        for stream in facts.streams where stream.index != facts.videoStream {
            add(stream.kind.rawValue, Self.describe(stream))
        }
        for note in notes { add("note", note) }
        return lines.joined(separator: "\n")
    }

    /// One row a file.
    static func table(_ reports: [ProbeReport]) -> String {
        let rows =
            [["FILE", "CODEC", "SIZE", "ROT", "FRAMES", "RATE", "DURATION", "SOUND"]]
            + reports.map { report in
                guard let facts = report.facts else {
                    return [shortened(report.file), report.code?.rawValue ?? "", "", "", "", "", "", ""]
                }
                return [
                    shortened(facts.fileName), facts.codec, "\(facts.width)x\(facts.height)", "\(facts.rotation)",
                    "\(facts.frameCount)",
                    decimal(facts.frameRate, 2) + (facts.isVariableFrameRate ? "v" : ""), clock(facts.duration),
                    facts.streams.first { $0.kind == .audio }?.codec ?? "-",
                ]
            }
        let numeric: Set<Int> = [3, 4, 5, 6]
        let widths = (0..<8).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                let gap = String(repeating: " ", count: widths[column] - text.count)
                return numeric.contains(column) ? gap + text : text + gap
            }.joined(separator: " ").trimmed
        }.joined(separator: "\n")
    }

    private static func describe(_ stream: VideoFacts.Stream) -> String {
        var parts = [stream.codec]
        if let rate = stream.sampleRate { parts.append("\(rate) Hz") }
        if let channels = stream.channels { parts.append(channels == 1 ? "mono" : "\(channels) channels") }
        if let rate = stream.bitRate { parts.append("\(rate / 1000) kbit/s") }
        if let language = stream.language, language != "und" { parts.append(language) }
        return parts.joined(separator: ", ")
    }

    /// Lines of at most 66 characters, broken between words.
    private func wrapped(_ text: String) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            if line.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if line.count + word.count < 66 {
                lines[lines.count - 1] = line + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    /// File names keep the table within 80 columns: the end of a long name is what tells files apart.
    private static func shortened(_ name: String) -> String {
        let last = name.split(separator: "/").last.map(String.init) ?? name
        return last.count <= 22 ? last : "…" + last.suffix(21)
    }

    private static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1000: "\(bytes) bytes"
        case ..<1_000_000: decimal(Double(bytes) / 1e3, 1) + " kB"
        case ..<1_000_000_000: decimal(Double(bytes) / 1e6, 1) + " MB"
        default: decimal(Double(bytes) / 1e9, 2) + " GB"
        }
    }

    private static func clock(_ time: MediaTime) -> String {
        let milliseconds = Int((time.seconds * 1000).rounded())
        let (hours, minutes) = (milliseconds / 3_600_000, milliseconds / 60_000 % 60)
        let seconds = decimal(Double(milliseconds % 60_000) / 1000, 3)
        let padded = String(repeating: "0", count: max(0, 6 - seconds.count)) + seconds
        return hours > 0 ? "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(padded)" : "\(minutes):\(padded)"
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", value)
    }
}

extension String {
    /// Without spaces at its end.
    fileprivate var trimmed: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

import Model

extension ShiftList {
    private struct JSONShift: Decodable {
        var start: Double
        var end: Double
        var confidence: Double?
    }

    private struct JSONDocument: Decodable {
        var shifts: [JSONShift]?
        var segments: [JSONShift]?
        var clips: [JSONShift]?
    }

    private static let hint = "Columns start,end,duration,confidence, or JSON objects with start and end, in seconds"

    /// The shifts of a file: JSON (an array, or an object with `shifts`, `segments` or `clips`) or CSV.
    ///
    /// - Parameter name: The file's name, for failures.
    package static func shifts(in bytes: [UInt8], named name: String) throws(FormatsFailure) -> [Shift] {
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let first = bytes.first { $0 > 32 }
        let shifts =
            switch first {
            case UInt8(ascii: "["): Self.shifts(try JSONReading.decode([JSONShift].self, from: bytes, named: name))
            case UInt8(ascii: "{"):
                try document(try JSONReading.decode(JSONDocument.self, from: bytes, named: name), named: name)
            default: try rows(String(decoding: bytes, as: UTF8.self), named: name)
            }
        guard !shifts.isEmpty else { throw .damaged(name, "holds no segments", hint: hint) }
        return shifts
    }

    private static func shifts(_ read: [JSONShift]) -> [Shift] {
        read.map { Shift(start: $0.start, end: $0.end, confidence: $0.confidence) }
    }

    private static func document(_ document: JSONDocument, named name: String) throws(FormatsFailure) -> [Shift] {
        guard let read = document.shifts ?? document.segments ?? document.clips else {
            throw .damaged(name, "has none of shifts, segments and clips", hint: hint)
        }
        return shifts(read)
    }

    private static func rows(_ text: String, named name: String) throws(FormatsFailure) -> [Shift] {
        var columns = ["start": 0, "end": 1, "confidence": 3]
        var shifts: [Shift] = []
        var isFirst = true
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let separator: Character = line.contains(";") ? ";" : line.contains("\t") ? "\t" : ","
            let fields = line.split(separator: separator, omittingEmptySubsequences: false).map { field in
                String(field.filter { $0 != "\"" }).trimmed
            }
            guard fields.contains(where: { !$0.isEmpty }), !(fields[0].hasPrefix("#")) else { continue }
            defer { isFirst = false }
            if isFirst, ClockText.seconds(fields[0]) == nil, fields.contains(where: { $0.lowercased() == "start" }) {
                columns = [:]
                for (column, field) in fields.enumerated() { columns[field.lowercased()] = column }
                continue
            }
            func field(_ column: String) -> String {
                columns[column].flatMap { fields.indices.contains($0) ? fields[$0] : nil } ?? ""
            }
            guard let start = ClockText.seconds(field("start")), let end = ClockText.seconds(field("end")) else {
                throw .damaged(name, "line \(index + 1) has no start and end in seconds or h:mm:ss", hint: hint)
            }
            let confidence = field("confidence")
            guard confidence.isEmpty || Double(confidence).map({ (0...1).contains($0) }) == true else {
                throw .damaged(
                    name, "line \(index + 1): confidence \(confidence.debugDescription) is not within 0 to 1")
            }
            shifts.append(Shift(start: start, end: end, confidence: Double(confidence)))
        }
        return shifts
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

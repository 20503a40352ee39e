import Logging
import Model

/// How a log line looks.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line, for machines.
    case json
    /// For people at a terminal.
    case text

    /// Longer messages and values are cut: a line is for reading, and must fit the queue.
    static let longestText = 32 << 10

    /// The line, its end included. Whatever the texts hold, it is one line and cannot steer a terminal.
    func line(
        time: UTCTime, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        switch self {
        case .json:
            line.append(UInt8(ascii: "{"))
            Self.field("time", time.iso8601, to: &line)
            Self.field("level", level.rawValue, to: &line)
            Self.field("logger", label, to: &line)
            Self.field("message", message, to: &line)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                line.append(UInt8(ascii: ","))
                Self.append(["time", "level", "logger", "message"].contains(key) ? "_" + key : key, to: &line)
                line.append(UInt8(ascii: ":"))
                Self.append(value, depth: 0, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        case .text:
            let name = level.rawValue
            line.append(
                contentsOf: "\(time.iso8601) \(name)\(String(repeating: " ", count: max(0, 8 - name.count))) ".utf8)
            Self.appendPlain(message, to: &line)
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                line.append(contentsOf: " \(key)=".utf8)
                Self.appendPlain("\(value)", to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    private static func field(_ name: String, _ value: String, to line: inout [UInt8]) {
        if line.count > 1 { line.append(UInt8(ascii: ",")) }
        append(name, to: &line)
        line.append(UInt8(ascii: ":"))
        append(value, to: &line)
    }

    private static func append(_ value: Logger.MetadataValue, depth: Int, to line: inout [UInt8]) {
        switch value {
        case .string(let text): append(text, to: &line)
        case .stringConvertible(let value):
            // Numbers and truth values stay what they are.
            switch value {
            case let number as any BinaryInteger: line.append(contentsOf: "\(number)".utf8)
            case let number as Double where number.isFinite: line.append(contentsOf: "\(number)".utf8)
            case let truth as Bool: line.append(contentsOf: (truth ? "true" : "false").utf8)
            default: append("\(value)", to: &line)
            }
        case .array(let values) where depth < 8:
            line.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(value, depth: depth + 1, to: &line)
            }
            line.append(UInt8(ascii: "]"))
        case .dictionary(let values) where depth < 8:
            line.append(UInt8(ascii: "{"))
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line.append(UInt8(ascii: ",")) }
                append(key, to: &line)
                line.append(UInt8(ascii: ":"))
                append(value, depth: depth + 1, to: &line)
            }
            line.append(UInt8(ascii: "}"))
        case .array, .dictionary: append("…", to: &line)
        }
    }

    private static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        defer { line.append(UInt8(ascii: "\"")) }
        if text.utf8.count <= longestText, text.utf8.allSatisfy({ isPlain($0) && $0 != 0x22 && $0 != 0x5C }) {
            return line.append(contentsOf: text.utf8)
        }
        for scalar in cut(text).unicodeScalars {
            switch scalar {
            case "\"": line.append(contentsOf: "\\\"".utf8)
            case "\\": line.append(contentsOf: "\\\\".utf8)
            case "\n": line.append(contentsOf: "\\n".utf8)
            case "\t": line.append(contentsOf: "\\t".utf8)
            // C1 controls too: some terminals obey them.
            case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}":
                line.append(contentsOf: "\\u00".utf8)
                let digits = Array("0123456789abcdef".utf8)
                line.append(digits[Int(scalar.value >> 4)])
                line.append(digits[Int(scalar.value & 15)])
            default: line.append(contentsOf: UTF8.encode(scalar)?.map { $0 } ?? [])
            }
        }
    }

    /// ASCII that is no control character: nearly every text is all of these.
    private static func isPlain(_ byte: UInt8) -> Bool { (0x20..<0x7F).contains(byte) }

    private static func appendPlain(_ text: String, to line: inout [UInt8]) {
        if text.utf8.count <= longestText, text.utf8.allSatisfy(isPlain) { return line.append(contentsOf: text.utf8) }
        for scalar in cut(text).unicodeScalars {
            if scalar.properties.generalCategory == .control {
                line.append(contentsOf: scalar.escaped(asASCII: true).utf8)
            } else {
                line.append(contentsOf: UTF8.encode(scalar)?.map { $0 } ?? [])
            }
        }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= longestText ? text : String(decoding: text.utf8.prefix(longestText), as: UTF8.self) + "…"
    }
}

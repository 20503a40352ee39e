import FileSafety
import Foundation
import Model
import Pipelines
import PluginWire

/// A configuration as a command line gives it.
enum ConfigText {
    private static let longest = 1 << 20

    /// - Parameter text: JSON that begins with a brace, `-` for standard input, or a file's path; nil for none.
    static func value(_ text: String?) throws -> WireValue {
        guard let text else { return [:] }
        let isInline = text.drop(while: \.isWhitespace).first == "{"
        let (bytes, subject): ([UInt8], String) =
            if isInline {
                (Array(text.utf8), "--config")
            } else if text == "-" {
                (try standardInput(), "standard input")
            } else {
                (try FileContents.read(text, limit: longest), text)
            }
        do {
            return try WireValue(json: bytes)
        } catch {
            throw CommandFailure(
                code: .invalidData, message: "is not JSON: \(error.message)", subject: subject,
                hint: "Settings are given by pipeline: {\"person_tracking\": {\"pps\": 2}}")
        }
    }

    private static func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try FileHandle.standardInput.read(upToCount: 1 << 16), !piece.isEmpty {
            bytes += piece
            guard bytes.count <= longest else {
                throw CommandFailure(code: .invalidData, message: "is larger than 1 MiB", subject: "standard input")
            }
        }
        return bytes
    }

    /// `person_tracking.pps: is "x", not a number. Give …`
    static func line(_ issue: ConfigIssue) -> String {
        PlainText.line("\(issue.field): \(issue.message). \(issue.hint)")
    }
}

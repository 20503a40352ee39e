import Foundation
import Logging
import Model
import Testing

@testable import ServerLog

@Suite struct LogFormatTests {
    private func line(_ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
        String(
            decoding: format.line(
                time: UTCTime(milliseconds: 0), level: .info, label: "test", message: message, metadata: metadata),
            as: UTF8.self)
    }

    @Test func `a line is one JSON object, and numbers stay numbers`() throws {
        let text = line(.json, "hello \"you\"", ["status": .stringConvertible(200), "time": "x", "parts": ["a", "b"]])
        #expect(text.hasSuffix("}\n"))
        let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["time"] as? String == "1970-01-01T00:00:00.000Z" && object["_time"] as? String == "x")
        #expect(object["message"] as? String == "hello \"you\"" && object["status"] as? Int == 200)
        #expect(object["parts"] as? [String] == ["a", "b"] && object["level"] as? String == "info")
    }

    @Test(arguments: LogFormat.allCases)
    func `whatever a text holds, it is one line that steers no terminal`(format: LogFormat) {
        let hostile = "a\nb\r\u{1B}[2J\u{0}\u{9B}31m\u{7F}\t"
        let text = line(format, hostile, ["k": "\(hostile)"])
        #expect(text.filter(\.isNewline).count == 1 && text.hasSuffix("\n"))
        #expect(text.unicodeScalars.dropLast().allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test func `an endless text is cut`() {
        #expect(line(.json, String(repeating: "é", count: 100_000)).utf8.count < 40_000)
    }
}

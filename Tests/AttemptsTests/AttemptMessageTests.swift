import Jobs
import Testing

@testable import Attempts

struct AttemptMessageTests {
    @Test(arguments: [
        AttemptMessage.progress(
            JobProgress(
                stage: "detect", fraction: 0.5, framesPerSecond: 31.5, remainingSeconds: 4, message: "of 100",
                chunk: ChunkReference(stage: "detect", index: 3))),
        .note("two\nlines"), .completed(message: nil), .completed(message: "Completed with errors"),
        .fault(Fault(kind: .permanent, code: "INVALID_VIDEO", message: "no frames", hint: "Look at it")),
    ])
    func comesBackFromItsLine(message: AttemptMessage) throws {
        let line = String(decoding: try message.line(), as: UTF8.self)
        #expect(line.filter { $0 == "\n" } == "\n")
        #expect(AttemptMessage(line: String(line.dropLast())) == message)
    }

    @Test(arguments: ["", "text", "{", "{}", #"{"type":"other"}"#, #"{"type":"fault"}"#, "[1]"])
    func otherLinesAreNone(line: String) {
        #expect(AttemptMessage(line: line) == nil)
    }

    @Test func endlessTextsFitTheLongestLine() throws {
        let text = String(repeating: "\u{1}", count: 1 << 20)
        let fault = Fault(kind: .transient, code: "X", message: text, hint: text)
        #expect(try AttemptMessage.fault(fault).line().count < AttemptMessage.lineBytes)
    }
}

import Formats
import Testing

struct ShiftResultsTests {
    private let document = ShiftResultsDocument(
        finding: "found", message: "1 shift.",
        clips: [.init(start: 1, end: 4.5, confidence: 0.9, path: "clips/clip_001.mp4")],
        artifacts: [.init(.combined, path: "combined.mp4"), .init(.timeline, path: "debug.json")], secondsOnCamera: 2)

    @Test func `what is written is read again`() throws {
        #expect(try ShiftResultsDocument(reading: document.bytes(), named: "results.json") == document)
        #expect(document.clips[0].url == "clips/clip_001.mp4")
    }

    @Test func `addresses are made for whoever serves the folder, paths stay`() {
        let located = document.located(at: "/data/jobs/0123456789ab/")
        #expect(located.clips[0].url == "/data/jobs/0123456789ab/clips/clip_001.mp4")
        #expect(
            located.artifacts.map(\.url) == [
                "/data/jobs/0123456789ab/combined.mp4", "/data/jobs/0123456789ab/debug.json",
            ])
        #expect(located.clips[0].path == "clips/clip_001.mp4")
    }

    @Test(arguments: ["", "[]", "{}", "{\"clips\": 1}"]) func `what is none is refused`(text: String) {
        #expect(throws: FormatsFailure.self) {
            try ShiftResultsDocument(reading: Array(text.utf8), named: "results.json")
        }
    }
}

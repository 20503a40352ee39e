import Foundation
import TestSupport
import Testing

/// `gantry probe` as a user runs it.
@Suite struct ProbeCommandTests {
    private func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    @Test func `one file gives a card of facts within 80 columns`() throws {
        let outcome = try GantryProgram.run(["probe", TestEnvironment.vtest])
        #expect(outcome.status == 0)
        let lines = text(outcome.output).split(separator: "\n")
        #expect(lines.first == "vtest.avi")
        #expect(lines.contains { $0.contains("768 x 576") })
        #expect(lines.contains { $0.contains("795, constant rate, 10.000 frames/s") })
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    @Test func `json holds the exact facts`() throws {
        let outcome = try GantryProgram.run(["probe", "--json", TestEnvironment.vtest])
        let report = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any])
        let facts = try #require(report["video"] as? [String: Any])
        #expect(facts["frame_count"] as? Int == 795)
        #expect(facts["codec"] as? String == "msmpeg4v3")
        #expect(facts["is_variable_frame_rate"] as? Bool == false)
    }

    @Test func `several files give a table, and a bad one among them is told without stopping`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let list = folder.appendingPathComponent("a-playlist-with-quite-a-long-name.m3u8")
            try Data("#EXTM3U\n/etc/passwd\n".utf8).write(to: list)
            let outcome = try GantryProgram.run(["probe", list.path, TestEnvironment.vtest, folder.path + "/none.mp4"])
            #expect(outcome.status == 67)
            let lines = text(outcome.output).split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines.allSatisfy { $0.count <= 80 })
            #expect(lines[1].contains("UNSUPPORTED") && lines[2].contains("795") && lines[3].contains("NOT_FOUND"))
            #expect(outcome.errors.contains("refused: playlist"))
        }
    }

    @Test func `a failure is one line and its own exit status`() throws {
        let outcome = try GantryProgram.run(["probe", "/nonexistent.mp4"])
        #expect(outcome.status == 66)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}

import Foundation
import TestSupport
import Testing

/// Standard streams that are closed, full or read by nobody.
@Suite struct StandardStreamTests {
    private static let vtest = TestEnvironment.vtest

    @Test(arguments: [["version"], ["probe", vtest], ["probe", "--json", vtest], ["models"], ["models", "--json"]])
    func `an answer that cannot be written is no success`(arguments: [String]) throws {
        let outcome = try GantryProgram.run(arguments, shell: "exec >/dev/full")
        #expect(outcome.status == 74)
        #expect(outcome.errors.contains("standard output"))
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }

    @Test func `a reader that has seen enough is no failure`() throws {
        let outcome = try GantryProgram.run(["models"], shell: "exec > >(exec true); wait $!")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
    }

    @Test(arguments: ["2>/dev/full", "2>&-"])
    func `complaints that cannot be written change nothing else`(redirection: String) throws {
        let probe = try GantryProgram.run(["probe", Self.vtest, "/nonexistent.mp4"], shell: "exec \(redirection)")
        #expect(probe.status == 66)
        #expect(String(decoding: probe.output, as: UTF8.self).contains("795"))
        let fetch = try GantryProgram.run(
            ["models", "fetch"], environment: ["GANTRY_CACHE": "/proc/nowhere"], shell: "exec \(redirection)")
        #expect(fetch.status < 128)
    }

    @Test func `no result gets the number of a stream that is closed`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let track = { (name: String, shell: String?) throws -> [Data] in
                let out = folder.appendingPathComponent(name)
                let outcome = try GantryProgram.run(
                    ["track", Self.vtest, "--stride", "32", "--overlay", "--out", out.path], shell: shell)
                #expect(outcome.status == 0)
                return try ["tracks.json", "tracks.coco.json", "overlay.mp4", "poster.jpg"].map {
                    try Data(contentsOf: out.appendingPathComponent($0))
                }
            }
            let (closed, open) = (try track("closed", "exec <&- >&- 2>&-"), try track("open", nil))
            #expect(closed == open)
        }
    }
}

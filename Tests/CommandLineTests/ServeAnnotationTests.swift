import Foundation
import TestSupport
import Testing

/// The annotation API of a running `gantry serve`, asked by independent clients.
@Suite(.timeLimit(.minutes(10))) struct ServeAnnotationTests {
    /// The commands of `docs/api.md`, as a reader would run them.
    @Test func `the guide to the API does what it says`() throws {
        let guide = try String(
            contentsOf: ServerProcess.repository.appendingPathComponent("docs/api.md"), encoding: .utf8)
        let blocks = guide.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        #expect(blocks.count == 7)
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(storage: folder.appendingPathComponent("storage"))
            let token = try #require(server.firstToken)
            let said = try run(
                """
                set -euo pipefail
                ffmpeg -v error -ss 5 -t 3 -i "$VIDEO" -c:v libx264 -preset ultrafast game.mp4 </dev/null
                """ + "\n" + blocks.map { $0 + "\necho\n" }.joined(),
                in: folder, ["GANTRY_URL": server.address, "GANTRY_TOKEN": token, "VIDEO": TestEnvironment.vtest])
            let promised = [
                #""status":"healthy""#, "conf_threshold", #""code":"UNKNOWN_FIELD""#, "event: job",
                #""type":"completed""#, #""status":"cancelled""#, "JOB_ALREADY_COMPLETED",
                "Did you mean person_tracking?",
                "VALUE_OUT_OF_RANGE", "VALIDATION_ERROR", "UNSUPPORTED_MEDIA", "gantry_jobs{status=\"completed\"}",
                "Done testing",
            ]
            for text in promised { #expect(said.contains(text), "\(text) in \(said)") }
            let results = folder.appendingPathComponent("people.json")
            let file = try JSONSerialization.jsonObject(with: Data(contentsOf: results)) as? [String: Any]
            #expect(file?["annotations"] != nil)
            let uploads = folder.appendingPathComponent("storage/uploads").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: uploads).count == 1)
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    /// The commands of `docs/player-shifts-api.md`, as a reader would run them.
    @Test func `the guide to player shifts does what it says`() throws {
        let guide = try String(
            contentsOf: ServerProcess.repository.appendingPathComponent("docs/player-shifts-api.md"), encoding: .utf8)
        let blocks = guide.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        #expect(blocks.count == 5)
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(storage: folder.appendingPathComponent("storage"))
            let token = try #require(server.firstToken)
            let said = try run(
                """
                set -euo pipefail
                ffmpeg -v error -ss 5 -t 3 -i "$VIDEO" -c:v libx264 -preset ultrafast game.mp4 </dev/null
                """ + "\n" + blocks.map { $0 + "\necho\n" }.joined(),
                in: folder, ["GANTRY_URL": server.address, "GANTRY_TOKEN": token, "VIDEO": TestEnvironment.vtest])
            let promised = [
                #""kind":"embedded""#, #""ok":true"#, #""status":"ready""#, #""rq_state":"queued""#,
                #""rq_state":"started""#, #""status":"done""#, #""message":"verified""#, #""progress":100"#,
                #""clips":[]"#, "Only a failed or cancelled job can be retried", #""deleted":true"#, #""removed":0"#,
                "Missing input video", #""field":"clicks[0].x""#, "UNSUPPORTED_MEDIA", "NOT_FOUND",
            ]
            for text in promised { #expect(said.contains(text), "\(text) in \(said)") }
            #expect(!said.contains("hash"), "tokens were shown")
            let uploads = folder.appendingPathComponent("storage/uploads").path
            #expect(try FileManager.default.contentsOfDirectory(atPath: uploads).isEmpty)
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    /// What a script printed; a failure is a failure of the test.
    private func run(_ script: String, in folder: URL, _ environment: [String: String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "300", "bash", "-c", script]
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(said)")
        return said
    }

    @Test func `256 uploads at the same time take memory for none of them`() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let server = try ServerProcess(
                storage: folder.appendingPathComponent("storage"), environment: ["GANTRY_SHARE": "/nonexistent"])
            let token = try #require(server.firstToken)
            _ = try PythonScript.output(
                of: "server/job_many_uploads.py",
                [server.address, token, "256", "\(1 << 20)", "64", "\(server.identifier)", TestEnvironment.vtest])
            server.signal(SIGKILL)
            _ = server.waitForEnd()
        }
    }
}

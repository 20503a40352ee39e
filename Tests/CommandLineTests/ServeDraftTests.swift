import Foundation
import TestSupport
import Testing

/// `/jobs` of a whole server: real videos, real attempts.
@Suite(.timeLimit(.minutes(10))) struct ServeDraftTests {
    @Test func `a second of black is queued, started, and ends with what was found instead`() throws {
        try withBlack { folder, video in
            let server = try ServerProcess(storage: folder.appendingPathComponent("storage"))
            let token = try #require(server.firstToken)
            _ = try PythonScript.output(of: "server/draft_smoke.py", [server.address, token, video])
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
        }
    }

    @Test func `a small copy that a killed server did not end is made by the next`() throws {
        try withBlack { folder, video in
            let storage = folder.appendingPathComponent("storage")
            let open = ["GANTRY_REQUIRE_AUTH": "false"]
            let first = try ServerProcess(storage: storage, environment: open)
            let job = try curl(["-X", "POST", first.address + "/jobs"])
                .components(separatedBy: "\"").first { $0.count == 12 }
            let id = try #require(job)
            _ = try curl(["-F", "file=@\(video)", first.address + "/jobs/\(id)/upload"])
            // Wherever it is with the copy.
            first.signal(SIGKILL)
            #expect(first.waitForEnd() == 128 + SIGKILL)
            let second = try ServerProcess(storage: storage, environment: open)
            _ = try PythonScript.output(of: "server/draft_smoke.py", [second.address, "none", video, id])
            second.signal(SIGTERM)
            #expect(second.waitForEnd() == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: storage.path + "/temp").isEmpty)
        }
    }

    private func withBlack(_ body: (_ folder: URL, _ video: String) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("black.mp4").path
            _ = try output(of: [
                "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=black:s=320x240:r=25:d=1", "-c:v", "libx264",
                "-pix_fmt", "yuv420p", video,
            ])
            try body(folder, video)
        }
    }

    private func curl(_ arguments: [String]) throws -> String {
        try output(of: ["curl", "-fsS", "-m", "60"] + arguments)
    }

    private func output(of command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(command)")
        return text
    }
}

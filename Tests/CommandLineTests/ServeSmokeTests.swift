import Foundation
import TestSupport
import Testing

/// `scripts/start` and `scripts/smoke` as an operator runs them: Redis, server and worker, and a job through all of them.
@Suite(.timeLimit(.minutes(5)))
struct ServeSmokeTests {
    @Test func whatIsStartedTakesAJobThroughItsQueueAndEnds() throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let storage = folder.appendingPathComponent("jobs").path
            let socket = "/tmp/gantry-smoke-\(UUID().uuidString.prefix(8)).sock"
            defer { try? FileManager.default.removeItem(atPath: socket) }  // Redis takes it away itself
            let environment = [
                "GANTRY_PROGRAM": GantryProgram.path, "JOBS_DIR": storage, "REDIS_URL": "unix://\(socket)",
                "API_PORT": "0",
            ]
            defer { _ = try? Self.run("start", "--stop", environment: environment) }
            let started = try Self.run("start", environment: environment)
            #expect(started.status == 0, "\(started.text)")
            #expect(started.text.contains("PONG") && started.text.contains("queue jobs: 0 waiting"))
            // Again: nothing is started twice.
            let again = try Self.run("start", environment: environment)
            #expect(again.status == 0 && !again.text.contains("started\n"), "\(again.text)")
            let smoke = try Self.run("smoke", environment: environment)
            #expect(smoke.status == 0, "\(smoke.text)")
            #expect(smoke.text.contains("queued, then started, then"))
            #expect(smoke.text.contains("empty in Redis"))
            #expect(try Self.run("start", "--stop", environment: environment).status == 0)
            #expect(try Self.run("start", "--status", environment: environment).status == 1)
        }
    }

    private static func run(
        _ script: String, _ arguments: String..., environment: [String: String]
    ) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = ServerProcess.repository.appendingPathComponent("scripts/\(script)")
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}

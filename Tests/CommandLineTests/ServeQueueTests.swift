import Foundation
import TestSupport
import Testing

/// A whole server whose queue a real Redis shows, read by the real rq.
@Suite(.timeLimit(.minutes(10)))
struct ServeQueueTests {
    @Test func `rq sees a job come, run and end, and the server as its worker`() throws {
        try withServer { server, redis, video in
            // However long its lines are.
            let greeting = server.greeting.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(greeting.contains("\(redis.url), database 3, queues jobs, urgent"))
            let job = try submit(video, to: server)
            let seen = try JSONDecoder().decode(
                [String].self, from: PythonScript.output(of: "rq_watch.py", ["\(redis.url)?db=3", job, "60"]))
            #expect(seen.last == "finished" && Set(seen).isSubset(of: ["queued", "started", "finished"]))
            let listing = try rqInfo("\(redis.url)?db=3")
            #expect(listing.contains("0, 0 executing, 1 finished, 0 failed"))
            #expect(listing.contains("gantry-server ") && listing.contains("1 finished, 0 failed\n1 workers, 2 queues"))
            let metrics = try get("/metrics", of: server)
            #expect(metrics.contains("gantry_redis_connected 1\n"))
            server.signal(SIGTERM)
            #expect(server.waitForEnd() == 0)
            #expect(try rqInfo("\(redis.url)?db=3").contains("0 workers"))
        }
    }

    @Test func `without Redis jobs run all the same, health says what is wrong, and rq sees them afterwards`() throws {
        try withServer { server, redis, video in
            redis.kill()
            let job = try submit(video, to: server)
            let watched = try GantryProgram.run(["jobs", "watch", job], environment: ["GANTRY_URL": server.address])
            #expect(watched.status == 0)
            #expect(server.status(of: "/api/v1/health") == 200)
            let health = try get("/api/v1/health?detailed=true", of: server)
            #expect(health.contains(#""connected":false"#) && health.contains(#""status":"healthy""#))
            #expect(try get("/metrics", of: server).contains("gantry_redis_connected 0\n"))
            let checks = try GantryProgram.run(
                ["diagnose", "queue", "--json"], environment: ["REDIS_URL": "\(redis.url)?db=3"])
            #expect(checks.status == 1 && String(decoding: checks.output, as: UTF8.self).contains("does not answer"))
            try redis.start()
            let seen = try JSONDecoder().decode(
                [String].self, from: PythonScript.output(of: "rq_watch.py", ["\(redis.url)?db=3", job, "60"]))
            #expect(seen.last == "finished")
            let sound = try GantryProgram.run(
                ["diagnose", "queue"], environment: ["REDIS_URL": "\(redis.url)?db=3"])
            #expect(sound.status == 0, "\(String(decoding: sound.output, as: UTF8.self))")
        }
    }

    @Test(arguments: ["rediss://:very-secret@h", "redis://:very-secret@h/x"])
    func `an address that cannot be used is said at the start, and its password is not`(url: String) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let refusal = #expect(throws: ServerProcess.Refusal.self) {
                try ServerProcess(storage: folder, environment: ["REDIS_URL": url])
            }
            #expect(refusal?.status == 64)
            #expect(refusal?.message.contains("REDIS_URL") == true && refusal?.message.contains("secret") == false)
            let shown = try GantryProgram.run(["config", "show"], environment: ["REDIS_URL": url])
            #expect(shown.status == 64 && !String(decoding: shown.output, as: UTF8.self).contains("secret"))
        }
    }

    private func withServer(_ body: (ServerProcess, RedisServer, String) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let video = folder.appendingPathComponent("v.mp4").path
            try run([
                "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=10:duration=2", video,
            ])
            let redis = try RedisServer()
            let server = try ServerProcess(
                storage: folder.appendingPathComponent("storage"),
                environment: [
                    "GANTRY_REQUIRE_AUTH": "false", "REDIS_URL": "\(redis.url)?db=3", "RQ_QUEUES": "jobs,urgent",
                    "GANTRY_RUN_JOBS": "server",
                ])
            try body(server, redis, video)
        }
    }

    private func submit(_ video: String, to server: ServerProcess) throws -> String {
        let outcome = try GantryProgram.run(
            ["jobs", "submit", video, "--pipelines", "scene_detection"], environment: ["GANTRY_URL": server.address])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return String(decoding: outcome.output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    private func get(_ path: String, of server: ServerProcess) throws -> String {
        try run(["curl", "-s", "-m", "20", server.address + path])
    }

    private func rqInfo(_ url: String) throws -> String {
        let rq = URL(fileURLWithPath: TestEnvironment.python).deletingLastPathComponent().appendingPathComponent("rq")
        return try run([rq.path, "info", "--url", url])
    }

    @discardableResult
    private func run(_ command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer { process.waitUntilExit() }
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
}

import Foundation
import Synchronization
import TestSupport
import Testing

/// A server that leaves its jobs to `gantry worker`: real video, real attempts, real kills.
@Suite(.timeLimit(.minutes(10)))
struct ServeWorkerTests {
    @Test func withoutAWorkerJobsWaitAndHealthSaysSo() throws {
        try withStage { stage in
            let job = try stage.submit()
            let health = try stage.get("/api/v1/health")
            #expect(health.contains("Unhealthy: workers: none is connected") && health.contains("gantry worker"))
            #expect(try stage.jobs("status", job, "--json").contains(#""status":"pending""#))
            let worker = try stage.startWorker("solo")
            #expect(try stage.jobs("watch", job).contains("status    completed"))
            let detailed = try stage.get("/api/v1/health?detailed=true")
            #expect(detailed.contains(#""name":"solo""#) && detailed.contains(#""pid":\#(worker.identifier)"#))
            #expect(try stage.get("/metrics").contains("gantry_workers 1"))
            worker.signal(SIGTERM)
            #expect(worker.waitForEnd() == 0)
            #expect(try stage.get("/api/v1/health").contains("none is connected"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.storage.path + "/temp").isEmpty)
        }
    }

    @Test func aWorkerThatEndsInOrderGivesItsJobBackAndAnotherGoesOn() throws {
        try withStage { stage in
            let job = try stage.submit()
            let first = try stage.startWorker("first")
            try stage.waitForLog(of: job, toContain: "picodet")
            first.signal(SIGTERM)
            #expect(first.waitForEnd() == 0)
            #expect(try stage.jobs("status", job, "--json").contains(#""status":"pending""#))
            _ = try stage.startWorker("second")
            #expect(try stage.jobs("watch", job).contains("status    completed"))
            #expect(try stage.jobs("status", job, "--json").contains(#""attempt":1"#))
        }
    }

    @Test func aWorkerThatIsKilledLosesNothingAndTheFilesAreTheSame() throws {
        try withStage { stage in
            let undisturbed = try stage.submit()
            var worker = try stage.startWorker("one")
            _ = try stage.jobs("watch", undisturbed)
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            let attempt = try stage.attempt(of: worker)
            worker.signal(SIGKILL)
            #expect(worker.waitForEnd() == 128 + SIGKILL)
            // Nothing outlives its worker.
            try stage.waitForDeath(of: attempt)
            worker = try stage.startWorker("two")
            #expect(try stage.jobs("watch", job).contains("status    completed"))
            #expect(try stage.results(of: job) == stage.results(of: undisturbed))
        }
    }

    @Test func theServerIsKilledAndTheWorkersJobGoesOn() throws {
        try withStage { stage in
            let worker = try stage.startWorker("w")
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            let attempt = try stage.attempt(of: worker)
            stage.server?.signal(SIGKILL)
            #expect(stage.server?.waitForEnd() == 128 + SIGKILL)
            try stage.start()
            #expect(kill(attempt, 0) == 0)
            #expect(try stage.jobs("watch", job).contains("status    completed"))
            #expect(try stage.jobs("status", job, "--json").contains(#""attempt":1"#))
            let log = try String(contentsOfFile: "\(stage.storage.path)/logs/\(job).log", encoding: .utf8)
            #expect(log.components(separatedBy: "attempt 1 begins").count == 2)
        }
    }

    @Test func cancelledIsDeadInTheWorkerToo() throws {
        try withStage { stage in
            let worker = try stage.startWorker("w")
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            let attempt = try stage.attempt(of: worker)
            #expect(try stage.jobs("cancel", job) == "\(job) cancelled\n")
            #expect(kill(attempt, 0) == -1 && errno == ESRCH)
            let next = try stage.submit()
            #expect(try stage.jobs("watch", next).contains("status    completed"))
        }
    }

    @Test func killsAtRandomMomentsLoseNothing() throws {
        var generator = SystemRandomNumberGenerator()
        try withStage { stage in
            var worker = try stage.startWorker("w0")
            let jobs = try (0..<2).map { _ in try stage.submit() }
            for round in 1...4 {
                // A moment of no meaning, which is the point.
                usleep(UInt32.random(in: 0...1_500_000, using: &generator))
                if round.isMultiple(of: 2) {
                    worker.signal(SIGKILL)
                    _ = worker.waitForEnd()
                    worker = try stage.startWorker("w\(round)")
                } else {
                    stage.server?.signal(SIGKILL)
                    _ = stage.server?.waitForEnd()
                    try stage.start()
                }
            }
            for job in jobs {
                #expect(try stage.jobs("watch", job).contains("status    completed"))
                let log = try String(contentsOfFile: "\(stage.storage.path)/logs/\(job).log", encoding: .utf8)
                #expect(log.components(separatedBy: "ended: completed").count == 2)
            }
        }
    }

    @Test func aWorkerWithoutTheServersFolderIsToldSo() throws {
        try withStage { stage in
            let other = stage.folder.appendingPathComponent("other")
            try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
            let pass =
                try JSONSerialization.jsonObject(
                    with: Data(contentsOf: stage.storage.appendingPathComponent("worker.json"))) as? [String: Any]
            let token = try #require(pass?["token"] as? String)
            let address = try #require(stage.server?.address)
            let stranger = try GantryProgram.run(
                ["worker"],
                environment: ["JOBS_DIR": other.path, "GANTRY_URL": address, "GANTRY_TOKEN": token])
            #expect(stranger.status == 64)
            #expect(stranger.errors.contains("not the server's") && stranger.errors.contains("JOBS_DIR"))
            let wrong = try GantryProgram.run(
                ["worker"],
                environment: ["JOBS_DIR": stage.storage.path, "GANTRY_URL": address, "GANTRY_TOKEN": "gty_no"])
            #expect(wrong.status == 77)
            #expect(wrong.errors.contains("does not let this worker in"))
            #expect(try GantryProgram.run(["worker"], environment: ["JOBS_DIR": "/nowhere"]).status == 66)
            #expect(try GantryProgram.run(["worker", "--help"]).status == 0)
        }
    }

    private func withStage(_ body: (Stage) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let stage = try Stage(folder: folder)
            try stage.start()
            try body(stage)
        }
    }

    /// A worker on the stage's storage.
    private final class Worker {
        private let process = Process()
        private let ended = DispatchSemaphore(value: 0)
        var identifier: Int32 { process.processIdentifier }

        init(name: String, storage: URL, environment: [String: String]) throws {
            process.executableURL = URL(fileURLWithPath: GantryProgram.path)
            process.arguments = ["worker", "--name", name, "--log-file", "\(storage.path)/\(name).log"]
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            let ended = ended
            process.terminationHandler = { _ in ended.signal() }
            try process.run()
        }

        deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

        func signal(_ number: Int32) { kill(process.processIdentifier, number) }

        func waitForEnd(seconds: Double = 30) -> Int32? {
            guard ended.wait(timeout: .now() + seconds) == .success else { return nil }
            return process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
        }
    }

    /// A server on a folder, and a short real video.
    private final class Stage {
        let folder: URL
        let storage: URL
        let video: String
        private(set) var server: ServerProcess?
        private var workers: [Worker] = []

        init(folder: URL) throws {
            self.folder = folder
            storage = folder.appendingPathComponent("storage")
            video = folder.appendingPathComponent("game.mp4").path
            let made = Process()
            made.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            made.arguments = [
                "ffmpeg", "-v", "error", "-i", TestEnvironment.vtest, "-t", "5", "-c:v", "libx264", "-g", "10",
                "-preset", "ultrafast", video,
            ]
            try made.run()
            made.waitUntilExit()
        }

        private var environment: [String: String] {
            ["GANTRY_REQUIRE_AUTH": "false", "GANTRY_RUN_JOBS": "workers", "JOB_LEASE": "6"]
        }

        func start() throws { server = try ServerProcess(storage: storage, environment: environment) }

        /// Lives as long as the stage, unless it ends before.
        func startWorker(_ name: String) throws -> Worker {
            let worker = try Worker(
                name: name, storage: storage,
                environment: environment.merging([
                    "GANTRY_STORAGE_DIR": storage.path, "GANTRY_SHARE": "\(storage.path)/share",
                ]) { $1 })
            workers.append(worker)
            return worker
        }

        func jobs(_ arguments: String...) throws -> String {
            let outcome = try GantryProgram.run(
                ["jobs"] + arguments, environment: ["GANTRY_URL": server?.address ?? ""])
            try #require(outcome.status == 0, "jobs \(arguments): \(outcome.errors)")
            return String(decoding: outcome.output, as: UTF8.self)
        }

        func submit() throws -> String {
            try jobs(
                "submit", video, "--pipelines", "person_tracking", "--config", #"{"person_tracking": {"pps": 10}}"#
            ).trimmingCharacters(in: .newlines)
        }

        /// The body of a GET, whatever its status.
        func get(_ path: String) throws -> String {
            let client = Process()
            client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            client.arguments = ["curl", "-s", "-m", "20", (server?.address ?? "") + path]
            let output = Pipe()
            client.standardOutput = output
            try client.run()
            defer { client.waitUntilExit() }
            return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }

        /// All result files but the one with times in it.
        func results(of job: String) throws -> [String: Data] {
            let path = "\(storage.path)/results/\(job)"
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            return Dictionary(
                uniqueKeysWithValues: try names.filter { !$0.hasPrefix(".") && $0 != "results.json" }.map {
                    ($0, try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)")))
                })
        }

        /// The process of the worker's attempt.
        func attempt(of worker: Worker) throws -> Int32 {
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(worker.identifier)/task")
            let children = threads.flatMap { thread in
                let text = try? String(
                    contentsOfFile: "/proc/\(worker.identifier)/task/\(thread)/children", encoding: .utf8)
                return (text ?? "").split(separator: " ").compactMap { Int32($0) }
            }
            return try #require(
                children.first { child in
                    let words = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
                    return String(decoding: words, as: UTF8.self).hasSuffix("/gantry\0run-attempt\0")
                })
        }

        func waitForLog(of job: String, toContain text: String) throws {
            let path = "\(storage.path)/logs/\(job).log"
            try wait { ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").contains(text) }
        }

        func waitForDeath(of pid: Int32) throws {
            try wait {
                let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""  // gone
                return kill(pid, 0) != 0 || state.contains(") Z ")
            }
        }

        /// Other processes' states, which nobody signals, are looked at again and again; the test's time limit ends that.
        private func wait(until condition: () -> Bool) throws {
            while !condition() {
                try Task.checkCancellation()
                usleep(5000)
            }
        }
    }
}

import Foundation
import TestSupport
import Testing

/// Jobs on a whole server: real video, real attempts, real kills; the client is `gantry jobs`.
@Suite(.timeLimit(.minutes(10)))
struct ServeJobsTests {
    @Test func `a job goes from its video to its files, and goes away`() throws {
        try withStage { stage in
            let submitted = try stage.jobs(
                "submit", stage.video, "--pipelines", "person_tracking", "--config", #"{"person": {"pps": 2}}"#)
            let job = submitted.trimmingCharacters(in: .newlines)
            #expect(job.count == 12)
            let watched = try stage.jobs("watch", job)
            #expect(watched.contains("status    completed"))
            #expect(try stage.jobs("list").contains(job))
            #expect(try stage.jobs("results", job).contains("person_tracking  completed"))
            let zip = try stage.jobs("download", job, "--out", stage.folder.path).trimmingCharacters(in: .newlines)
            let names = try Self.output(of: ["python3", "-m", "zipfile", "-l", zip])
            #expect(names.contains("video/film \u{00FC}ber alles.mp4"))
            #expect(names.contains("person_tracking.coco.json"))
            #expect(!names.contains(".gantry"))
            let file = try stage.jobs("download", job, "--pipeline", "person_tracking", "--out", stage.folder.path)
            #expect(file.hasSuffix("_person_tracking.coco.json\n"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.storage.path + "/temp").isEmpty)
            _ = try stage.jobs("delete", job)
            #expect(try stage.outcome("status", job).status == 66)
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.storage.path + "/uploads").isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.storage.path + "/results").isEmpty)
        }
    }

    @Test func `a server that is killed again and again loses nothing, and the files are the same`() throws {
        var undisturbed: [String: Data] = [:]
        try withStage { stage in
            let job = try stage.submit()
            _ = try stage.jobs("watch", job)
            undisturbed = try stage.results(of: job)
            #expect(undisturbed.count == 3)
        }
        try withStage { stage in
            let job = try stage.submit()
            for round in 1...4 {
                try stage.waitForLog(of: job, toContain: "picodet", times: round)
                let attempt = try stage.attempt()
                stage.server?.signal(SIGKILL)
                #expect(stage.server?.waitForEnd() == 128 + SIGKILL)
                // Nothing outlives its server.
                try stage.waitForDeath(of: attempt)
                try stage.start()
            }
            _ = try stage.jobs("watch", job)
            #expect(try stage.results(of: job) == undisturbed)
            #expect(try stage.jobs("status", job, "--json").contains(#""attempt":1"#))
        }
    }

    @Test func `a plugin's job survives a kill of the server, and its process may do little`() throws {
        let settings = #"{"plugin:motion/detect": {"pps": 10}}"#
        try withStage(plugins: Self.motion) { stage in
            let job = try stage.submitToMotion(settings)
            let attempt = try stage.waitForAttempt()
            let status = try String(contentsOfFile: "/proc/\(attempt)/status", encoding: .utf8)
            #expect(status.contains("NoNewPrivs:\t1"))
            #expect(status.contains("CapEff:\t0000000000000000"))
            stage.server?.signal(SIGKILL)
            #expect(stage.server?.waitForEnd() == 128 + SIGKILL)
            try stage.waitForDeath(of: attempt)
            try stage.start()
            #expect(try stage.jobs("watch", job).contains("status    completed"))
            let results = try stage.results(of: job)
            let name = try #require(results.keys.first)
            #expect(results.count == 1 && name.hasSuffix("_plugin-motion-detect.json"))
            let file = try JSONSerialization.jsonObject(with: try #require(results[name])) as? [String: Any]
            let frames = try #require(file?["frames"] as? [[String: Any]])
            #expect(frames.count == 50 && frames.allSatisfy { $0["error"] == nil })
        }
    }

    @Test func `an attempt that is killed is replaced, and the files are the same`() throws {
        try withStage { stage in
            let undisturbed = try stage.submit()
            _ = try stage.jobs("watch", undisturbed)
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            let attempt = try stage.attempt()
            kill(attempt, SIGKILL)
            _ = try stage.jobs("watch", job)
            #expect(try stage.jobs("status", job, "--json").contains(#""attempt":2"#))
            #expect(try stage.results(of: job) == stage.results(of: undisturbed))
        }
    }

    @Test func `nothing is left of the plugin of an attempt that is killed`() throws {
        try withStage(plugins: Self.motion) { stage in
            let job = try stage.submitToMotion("{}")
            let attempt = try stage.waitForAttempt()
            try Stage.wait(until: { try !Stage.children(of: attempt).isEmpty })
            kill(attempt, SIGKILL)
            _ = try stage.jobs("watch", job)
            try Stage.wait(until: { try stage.endedChildren().isEmpty })
        }
    }

    @Test func `cancelled is dead, and stays cancelled`() throws {
        try withStage { stage in
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            let attempt = try stage.attempt()
            #expect(try stage.jobs("cancel", job) == "\(job) cancelled\n")
            #expect(kill(attempt, 0) == -1 && errno == ESRCH)
            #expect(try stage.jobs("cancel", job) == "\(job) cancelled\n")
            #expect(try stage.outcome("watch", job).status == 1)
        }
    }

    @Test func `a server that ends in order gives the job back, and the next one goes on`() throws {
        try withStage { stage in
            let job = try stage.submit()
            try stage.waitForLog(of: job, toContain: "picodet")
            stage.server?.signal(SIGTERM)
            #expect(stage.server?.waitForEnd() == 0)
            try stage.start()
            _ = try stage.jobs("watch", job)
            #expect(try stage.jobs("status", job, "--json").contains(#""attempt":1"#))
        }
    }

    @Test func `what cannot be run is said at once`() throws {
        try withStage { stage in
            let typo = try stage.outcome("submit", stage.video, "--pipelines", "person_traking")
            #expect(typo.status == 64)
            #expect(typo.errors.contains("person_tracking"))
            let range = try stage.outcome(
                "submit", stage.video, "--pipelines", "person", "--config", #"{"person": {"pps": -1}}"#)
            #expect(range.status == 64)
            #expect(range.errors.contains("pps"))
            #expect(try stage.outcome("submit", "/nowhere.mp4").status == 66)
            #expect(try stage.jobs("list").hasPrefix("no jobs"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: stage.storage.path + "/temp").isEmpty)
            let odd = try stage.outcome(
                "submit", stage.video, "--pipelines", "scene_detection", "--config",
                #"{"scene_detection": {"treshold": 5}}"#)
            #expect(odd.status == 0)
            #expect(odd.errors.contains("[WARN] scene_detection.treshold: "), "\(odd.errors)")
        }
    }

    private static func output(of command: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        defer { process.waitUntilExit() }
        return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }

    private static let motion = ServerProcess.repository.appendingPathComponent("plugins/motion")

    private func withStage(plugins: URL? = nil, _ body: (Stage) throws -> Void) throws {
        try TestEnvironment.withTemporaryDirectory { folder in
            let stage = try Stage(folder: folder, plugins: plugins)
            try stage.start()
            try body(stage)
        }
    }

    /// A server on a folder, and a short real video.
    private final class Stage {
        let folder: URL
        let storage: URL
        let video: String
        private(set) var server: ServerProcess?
        private let plugins: URL?

        init(folder: URL, plugins: URL?) throws {
            self.folder = folder
            self.plugins = plugins
            storage = folder.appendingPathComponent("storage")
            video = folder.appendingPathComponent("film \u{00FC}ber alles.mp4").path
            _ = try ServeJobsTests.output(of: [
                "ffmpeg", "-v", "error", "-i", TestEnvironment.vtest, "-t", "5", "-c:v", "libx264", "-g", "10",
                "-preset", "ultrafast", video,
            ])
        }

        func start() throws {
            server = try ServerProcess(
                storage: storage, plugins: plugins, environment: ["GANTRY_REQUIRE_AUTH": "false"])
        }

        func outcome(_ arguments: String...) throws -> GantryProgram.Outcome {
            try GantryProgram.run(["jobs"] + arguments, environment: ["GANTRY_URL": server?.address ?? ""])
        }

        /// What a command prints that succeeds.
        func jobs(_ arguments: String...) throws -> String {
            let outcome = try GantryProgram.run(
                ["jobs"] + arguments, environment: ["GANTRY_URL": server?.address ?? ""])
            try #require(outcome.status == 0, "jobs \(arguments): \(outcome.errors)")
            return String(decoding: outcome.output, as: UTF8.self)
        }

        func submit() throws -> String {
            try jobs(
                "submit", video, "--pipelines", "person_tracking", "--config", #"{"person_tracking": {"pps": 10}}"#
            )
            .trimmingCharacters(in: .newlines)
        }

        /// Submits to the plugin, which is refused until it is loaded.
        func submitToMotion(_ settings: String) throws -> String {
            let submitted = try Self.wait(for: {
                let outcome = try outcome(
                    "submit", video, "--pipelines", "plugin:motion/detect", "--config", settings)
                return outcome.status == 64 ? nil : outcome
            })
            try #require(submitted.status == 0, "\(submitted.errors)")
            return String(decoding: submitted.output, as: UTF8.self).trimmingCharacters(in: .newlines)
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

        /// The process of the attempt, as soon as one runs.
        func waitForAttempt() throws -> Int32 { try Self.wait(for: runningAttempt) }

        /// The process of the attempt that runs.
        func attempt() throws -> Int32 { try #require(try runningAttempt()) }

        private func runningAttempt() throws -> Int32? {
            try children().first { child in
                let words = FileManager.default.contents(atPath: "/proc/\(child)/cmdline") ?? Data()
                // The launcher names it too, before it becomes it.
                return String(decoding: words, as: UTF8.self).hasSuffix("/gantry\0run-attempt\0")
            }
        }

        private func children() throws -> [Int32] { try Self.children(of: #require(server).identifier) }

        /// Of all threads: any of them may have started it.
        static func children(of process: Int32) throws -> [Int32] {
            let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")
            return threads.flatMap { thread in
                let text = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
                return (text ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        }

        /// The server's children that have ended and that nobody has taken away yet.
        func endedChildren() throws -> [Int32] {
            try children().filter { child in
                let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
                return state.contains(") Z ")
            }
        }

        /// Waits until an attempt has said so, `times` times.
        func waitForLog(of job: String, toContain text: String, times: Int = 1) throws {
            let path = "\(storage.path)/logs/\(job).log"
            try Self.wait(until: {
                let log = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""  // not there yet
                return log.components(separatedBy: text).count > times
            })
        }

        func waitForDeath(of pid: Int32) throws {
            try Self.wait(until: {
                let state = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""  // gone
                // A zombie whose new parent has not looked yet is dead enough.
                return kill(pid, 0) != 0 || state.contains(") Z ")
            })
        }

        static func wait(until condition: () throws -> Bool) throws {
            _ = try wait(for: { try condition() ? true : nil })
        }

        /// What `find` finds in the end. Other processes' states, which nobody signals, are looked at again and again;
        /// the test's time limit ends that.
        static func wait<Found>(for find: () throws -> Found?) throws -> Found {
            while true {
                if let found = try find() { return found }
                try Task.checkCancellation()
                usleep(5000)
            }
        }
    }
}

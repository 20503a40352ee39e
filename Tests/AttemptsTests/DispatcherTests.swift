import Attempts
import Foundation
import Jobs
import StoreSQLite
import Supervision
import TestSupport
import Testing

/// Jobs whose attempts are real processes: shell scripts that say what an attempt says.
@Suite(.timeLimit(.minutes(2)))
struct DispatcherTests {
    @Test func anAttemptThatCompletesCompletesItsJob() async throws {
        try await Stage.with(script: #"say '{"type":"completed","text":"Completed with errors"}'"#) { stage in
            let job = try await stage.submit()
            let ended = try await stage.end(of: job)
            #expect(ended.state == .completed)
            #expect(ended.result == JobResult(path: "results/\(job)", message: "Completed with errors"))
        }
    }

    @Test func theOrderArrivesAsItWasGiven() async throws {
        try await Stage.with(script: #"printf '%s' "$order" >&2; say '{"type":"completed"}'"#) { stage in
            let job = try await stage.submit()
            #expect(try await stage.end(of: job).state == .completed)
            #expect(try stage.log(of: job).contains("order of \(job)"))
        }
    }

    @Test func aPermanentFaultFailsTheJobAtOnce() async throws {
        let fault = #"{"kind":"permanent","code":"INVALID_VIDEO","message":"no frames"}"#
        try await Stage.with(script: "say '{\"type\":\"fault\",\"fault\":\(fault)}'; exit 65") { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .failed)
            #expect(ended.fault?.code == "INVALID_VIDEO")
            #expect(ended.attempt == 1)
        }
    }

    @Test func aDeathIsTriedAgain() async throws {
        try await Stage.with(script: #"[ "$attempt" -gt 1 ] || kill -SEGV $$; say '{"type":"completed"}'"#) { stage in
            let job = try await stage.submit()
            let ended = try await stage.end(of: job)
            #expect(ended.state == .completed)
            #expect(ended.attempt == 2)
            #expect(try stage.log(of: job).contains("SIGSEGV"))
        }
    }

    @Test func aChunkThatKillsTwiceFailsTheJobAndIsNamed() async throws {
        let progress = #"{"stage":"detect","fraction":0.25,"chunk":{"stage":"detect","index":7}}"#
        try await Stage.with(
            script: "say '{\"type\":\"progress\",\"progress\":\(progress)}'; sleep 0.05; kill -KILL $$"
        ) { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .failed)
            #expect(ended.fault?.code == "CHUNK_KILLS_WORKER")
            #expect(ended.fault?.message.contains("detect chunk 7") == true)
            #expect(ended.attempt == 2)
        }
    }

    @Test(arguments: ["sleep 1000", "trap '' TERM; while :; do sleep 0.1; done", "kill -STOP $$"])
    func cancelledMeansDead(script: String) async throws {
        try await Stage.with(script: "say '{\"type\":\"note\",\"text\":\"at work\"}'; \(script)") { stage in
            let job = try await stage.submit()
            let pid = try await stage.pid(of: job)
            let cancelled = try await stage.dispatcher.cancel(job)
            #expect(cancelled.state == .cancelled)
            // Not even as a zombie.
            #expect(kill(pid, 0) == -1 && errno == ESRCH)
            #expect(stage.dispatcher.status.running.isEmpty || stage.dispatcher.status.running == [job])
            #expect(try await stage.dispatcher.cancel(job).state == .cancelled)
        }
    }

    @Test(arguments: [
        "say '{\"type\":\"completed\"}'", "kill -KILL $$", "exit 3",
        #"say '{"type":"fault","fault":{"kind":"permanent","code":"INVALID_VIDEO","message":"no frames"}}'; exit 65"#,
    ])
    func theAttemptsOwnFolderGoesWithIt(script: String) async throws {
        let fill = "mkdir -p \"$folder/scratch.$job/a/b\"; echo x > \"$folder/scratch.$job/a/b/c\"; "
        try await Stage.with(script: fill + script) { stage in
            let job = try await stage.submit()
            _ = try await stage.end(of: job)
            #expect(!FileManager.default.fileExists(atPath: "\(stage.folder)/scratch.\(job)"))
        }
        try await Stage.with(script: fill + "say '{\"type\":\"note\",\"text\":\"at work\"}'; sleep 1000") { stage in
            let job = try await stage.submit()
            _ = try await stage.pid(of: job)
            _ = try await stage.dispatcher.cancel(job)
            #expect(!FileManager.default.fileExists(atPath: "\(stage.folder)/scratch.\(job)"))
        }
    }

    @Test func aJobThatWaitsIsCancelledAtOnce() async throws {
        try await Stage.with(script: "sleep 1000", slots: 1) { stage in
            let first = try await stage.submit()
            _ = try await stage.pid(of: first)
            let second = try await stage.submit()
            #expect(try await stage.dispatcher.cancel(second).state == .cancelled)
            #expect(try await stage.store.job(first)?.state == .running)
        }
    }

    @Test func drainingGivesJobsBackWithoutBurningAnAttempt() async throws {
        try await Stage.with(script: "trap 'exit 143' TERM; while :; do sleep 0.01; done") { stage in
            let job = try await stage.submit()
            _ = try await stage.pid(of: job)
            await stage.drain()
            let waiting = try #require(try await stage.store.job(job))
            #expect(waiting.state == .pending)
            #expect(waiting.attempt == 1)
        }
    }

    @Test func noMoreRunThanThereAreSlots() async throws {
        let script =
            #"echo "$job" > "$folder/running.$job"; ls "$folder" | grep -c running >&2; sleep 0.02; rm "$folder/running.$job"; say '{"type":"completed"}'"#
        try await Stage.with(script: script, slots: 2) { stage in
            var jobs: [JobID] = []
            for _ in 0..<12 { jobs.append(try await stage.submit()) }
            for job in jobs {
                #expect(try await stage.end(of: job).state == .completed)
                let counted = try stage.log(of: job).split(separator: "\n").compactMap {
                    Int($0.split(separator: " ").last ?? "")
                }
                #expect(counted.allSatisfy { $0 <= 2 }, "\(counted)")
            }
        }
    }

    @Test func progressReachesTheStoreAndNeverFalls() async throws {
        let lines = [0.1, 0.6, 0.3].map {
            "say '{\"type\":\"progress\",\"progress\":{\"stage\":\"detect\",\"fraction\":\($0)}}'; sleep 0.03"
        }
        try await Stage.with(script: lines.joined(separator: "; ") + "; say '{\"type\":\"completed\"}'") { stage in
            let job = try await stage.submit()
            _ = try await stage.end(of: job)
            let fractions = try await stage.store.log(after: 0, of: job, limit: 100).entries.compactMap {
                entry -> Double? in
                if case .progressed(let progress) = entry.change { progress.fraction } else { nil }
            }
            #expect(fractions == fractions.sorted())
        }
    }

    @Test func aGarbageSpeakerDoesNoHarm() async throws {
        let script = """
            head -c 200000 /dev/urandom; echo; echo '{"type":"progress"}'; echo '{"type":"completed"'; \
            say '{"type":"completed"}'
            """
        try await Stage.with(script: script) { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .completed)
        }
    }

    @Test func memoryBeyondTheLimitFailsTheJob() async throws {
        let script = "exec python3 -c 'import time; block = bytearray(600 << 20); time.sleep(60)'"
        try await Stage.with(script: script, prepare: { $0.limits.memory = 200 << 20 }) { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .failed)
            #expect(ended.fault?.code == "LIMIT_EXCEEDED")
        }
    }

    @Test func anEndWithoutAWordIsADeath() async throws {
        try await Stage.with(script: "exit 0", retries: 0) { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .failed)
            #expect(ended.fault?.message.contains("without a result") == true)
        }
    }

    @Test func aProgramThatIsNotThereIsAFaultWithItsName() async throws {
        try await Stage.with(script: "", retries: 0, prepare: { $0.program = "/nowhere/gantry" }) { stage in
            let ended = try await stage.end(of: stage.submit())
            #expect(ended.state == .failed)
            #expect(ended.fault?.message.contains("/nowhere/gantry") == true)
        }
    }

    @Test func whatAnEarlierServerLeftRunningIsTakenUp() async throws {
        try await TestEnvironment.withTemporaryDirectory { folder in
            let store = try SQLiteJobStore(StoreConfiguration(folder: folder.path))
            var generator = SystemRandomNumberGenerator()
            let id = JobID.random(using: &generator)
            let video = JobVideo(path: "/v.mp4", fileName: "v.mp4", byteCount: 1)
            _ = try await store.submit(
                JobSubmission(id: id, request: JobRequest(video: video, pipelines: ["person_tracking"])), at: .now())
            #expect(try await store.claim(ClaimRequest(worker: Stage.worker), at: .now()).claims.count == 1)
            await store.close()
            try await Stage.with(script: #"say '{"type":"completed"}'"#, folder: folder.path) { stage in
                let ended = try await stage.end(of: id)
                #expect(ended.state == .completed)
                #expect(ended.attempt == 1)
            }
        }
    }
}

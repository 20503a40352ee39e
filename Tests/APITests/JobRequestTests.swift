import FileSafety
import Foundation
import Jobs
import PluginHost
import TestSupport
import Testing

@testable import API

/// The routes over jobs, asked by Python's client.
@Suite struct JobRequestTests {
    @Test func `submissions are kept, repeated and refused as the contract says`() async throws {
        var limits = UploadLimits()
        limits.videoBytes = 1 << 20
        try await withJobServer(limits: limits) { server in
            try await server.run("job_submit.py", [server.folders.root])
        }
    }

    @Test func `uploads wait for their turn, and too many are told to come back`() async throws {
        var limits = UploadLimits()
        limits.uploads = 2
        limits.uploadsWaiting = 3
        // Its clients are slow on purpose, and none of them gives its turn away.
        limits.slowUploads = 0
        try await withJobServer(limits: limits) { server in
            try await server.run("job_turns.py", [server.folders.root])
        }
    }

    @Test func `a video that is none is refused, and one that nobody could look at is not`() async throws {
        let probe: @Sendable (String) async -> VideoProbe = { path in
            switch try? String(contentsOfFile: path, encoding: .utf8) {  // nil: it is not there
            case "good": .video(seconds: 12.5)
            case "endless": .video(seconds: nil)
            case "bad": .notAVideo(reason: "holds sound only, no video stream")
            case "slow": .unknown(reason: "it took too long")
            default: .notAVideo(reason: "the test's prober saw something else")
            }
        }
        try await withJobServer(probe: probe) { server in try await server.run("job_probe.py", [server.folders.root]) }
    }

    @Test func `jobs are listed, cancelled and deleted, and names lead nowhere else`() async throws {
        try await withJobServer { server in
            try await server.run("job_life.py", [server.folders.root])
        }
    }

    @Test func `results come as far as they are known, files with ranges, everything as an archive`() async throws {
        try await withJobServer { server in
            let (done, waiting) = (try server.newJob(video: "Спiel 日本.mp4"), try server.newJob(video: "b.mp4"))
            for job in [done, waiting] { _ = try await server.store.submit(job, at: .now()) }
            let claim = try #require(
                try await server.store.claim(ClaimRequest(worker: WorkerID("test")), at: .now()).claims.first)
            let folder = server.folders.results(of: done.id.text)
            try server.write("\(folder)/game_01234567_scene_detection.json", String(repeating: "{}\n", count: 500))
            try server.write("\(folder)/game_01234567_scene_detection.csv", "second")
            try server.write("\(folder)/clips/one.mp4", String(repeating: "film ", count: 200_000))
            try server.write("\(folder)/.gantry/detect/0.chunk", "secret")
            try server.write("\(folder)/.gantry-tmp-1-1", "secret")
            try server.write("\(folder)/results.json", Self.record)
            let message = "Completed with errors. Failed pipelines: person_tracking"
            try await server.store.complete(claim, with: JobResult(path: folder, message: message), at: .now())
            try await server.run("job_results.py", [server.folders.root, done.id.text, waiting.id.text])
        }
    }

    @Test func `pipelines, validation, health and metrics say what is true`() async throws {
        try await withJobServer { server in
            try await server.run("job_service.py", [server.folders.root])
        }
    }

    @Test func `events tell a job's life, to whoever comes late or comes back`() async throws {
        try await withJobServer { server in
            let jobs = try (0..<3).map { _ in try server.newJob() }
            for job in jobs { _ = try await server.store.submit(job, at: .now()) }
            let claim = try #require(
                try await server.store.claim(ClaimRequest(worker: WorkerID("test")), at: .now()).claims.first)
            for share in [0.1, 0.5] {
                let progress = JobProgress(
                    stage: "detect", fraction: share, framesPerSecond: 40, remainingSeconds: 9)
                try await server.store.report(progress, of: claim, at: .now())
            }
            try await server.store.complete(claim, with: JobResult(path: ""), at: .now())
            let names = jobs.map(\.id.text)
            try await server.run("job_events.py", [names[1], names[0], names[2]])
            try await server.store.trimLog(keeping: 1)
            try await server.run("job_events_gap.py", [names[0]])
        }
    }

    @Test func `every route asks for a token with its scope`() async throws {
        try await withJobServer { server in
            let others = ["read", "submit", "expired"].map { server.tokens[$0] ?? "" }
            try await server.run("access.py", others)
        }
    }

    @Test func `the OpenAPI document is valid and true, with jobs too`() async throws {
        try await withJobServer { server in try await server.run("documents.py") }
    }

    private static let record = """
        {"format": "gantry-results", "version": 1, "video_filename": "a.mp4", "video_sha256": "0123",
         "message": "Completed with errors. Failed pipelines: person_tracking", "pipelines": [
          {"pipeline_name": "scene_detection", "status": "completed", "start_time": "2026-01-01T00:00:00.000Z",
           "end_time": "2026-01-01T00:00:01.000Z", "processing_time": 1.0, "annotation_count": 3,
           "output_file": "game_01234567_scene_detection.json",
           "files": ["game_01234567_scene_detection.json", "game_01234567_scene_detection.csv"]},
          {"pipeline_name": "person_tracking", "status": "failed", "start_time": "2026-01-01T00:00:01.000Z",
           "end_time": "2026-01-01T00:00:02.000Z", "processing_time": 1.0, "annotation_count": 0, "files": [],
           "error_message": "the model is not there"}]}
        """
}

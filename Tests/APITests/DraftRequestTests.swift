import FileSafety
import Foundation
import Jobs
import PluginHost
import PluginWire
import StoreSQLite
import TestSupport
import Testing

@testable import API

/// The routes over drafts, asked by Python's client; what works on the jobs is the test's own.
@Suite struct DraftRequestTests {
    @Test func `a job is put together, run, watched, run again and deleted`() async throws {
        try await withWorker { server in try await server.run("draft_life.py", [server.folders.root]) }
    }

    @Test func `a setup that cannot be understood is answered with its fields, whatever it is`() async throws {
        try await withWorker { server in try await server.run("draft_setup.py") }
    }

    @Test func `files are the job's own, however they are asked for`() async throws {
        try await withWorker { server in try await server.run("draft_files.py", [server.folders.root]) }
    }

    @Test func `of many clients at once each is answered, and the job has one run and one end`() async throws {
        try await withWorker { server in try await server.run("draft_races.py", [server.folders.root]) }
    }

    @Test func `an upload that is none leaves the job as it was`() async throws {
        var limits = UploadLimits()
        limits.videoBytes = 1 << 20
        let probe: @Sendable (String) async -> VideoProbe = { path in
            let isBad = (try? String(contentsOfFile: path, encoding: .utf8)) == "bad"  // nil: it is not there
            return isBad ? .notAVideo(reason: "holds sound only, no video stream") : .video(seconds: 2)
        }
        try await withJobServer(limits: limits, probe: probe) { server in
            try await server.run("draft_uploads.py", [server.folders.root])
        }
    }

    @Test func `a removal that a server did not end is ended by the next`() async throws {
        try await withJobServer(shiftPipeline: "scene_detection") { server in
            let store = server.store
            var generator = SystemRandomNumberGenerator()
            let id = JobID.random(using: &generator)
            var draft = Draft(id: id, owner: "test", at: .now)
            try await store.create(draft, at: .now())
            let path = "\(server.folders.uploads(of: id.text))/\(id)/game.mp4"
            try server.write(path, "film")
            draft.video = JobVideo(path: path, fileName: "game.mp4", byteCount: 4)
            draft = try #require(try await store.save(draft, at: .now()))
            let request = JobRequest(
                video: try #require(draft.video), pipelines: ["scene_detection"], owner: "test",
                storagePath: server.folders.results(of: id.text))
            draft = try #require(
                try await store.run(draft, as: JobSubmission(id: id, request: request), at: .now()))
            draft.state = .removed
            _ = try await store.save(draft, at: .now())
            let service = JobService(
                store: store, folders: server.folders, control: StoreJobControl(store: store), pipelines: server.offer)
            try await service.removeStrays(try FolderListing.names(inFolder: server.folders.uploads))
            #expect(try await store.draft(id) == nil)
            #expect(try await store.job(id) == nil)
            #expect(!FileManager.default.fileExists(atPath: server.folders.uploads(of: id.text)))
        }
    }

    @Test func `a video that waits in a draft outlives the server's start`() async throws {
        try await withJobServer(shiftPipeline: "scene_detection") { server in
            var generator = SystemRandomNumberGenerator()
            let id = JobID.random(using: &generator)
            try await server.store.create(Draft(id: id, owner: "test", at: .now), at: .now())
            let path = "\(server.folders.uploads(of: id.text))/\(id)/game.mp4"
            try server.write(path, "film")
            let service = JobService(
                store: server.store, folders: server.folders, control: StoreJobControl(store: server.store),
                pipelines: server.offer)
            try await service.removeStrays(try FolderListing.names(inFolder: server.folders.uploads))
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    private func withWorker(_ body: @escaping (JobServer) async throws -> Void) async throws {
        try await withJobServer(shiftPipeline: "scene_detection") { server in
            let worker = Task { await StandInWorker(server: server).run() }
            do {
                try await body(server)
            } catch {
                Issue.record(error)
            }
            worker.cancel()
            await worker.value
        }
    }
}

/// Works on jobs as their player's number says: 12 is never found, 13 takes for ever, all others are found.
private struct StandInWorker {
    let server: JobServer

    func run() async {
        while !Task.isCancelled {
            do {
                let request = ClaimRequest(worker: WorkerID("stand-in"), limit: 8, leaseDuration: .seconds(600))
                let claimed = try await server.store.claim(request, at: .now())
                for claim in claimed.claims { try await work(on: claim) }
                if claimed.claims.isEmpty { try await Task.sleep(for: .milliseconds(5)) }  // the worker's own pace
            } catch is CancellationError {
                return
            } catch {
                // A job that was cancelled or deleted under its hands.
            }
        }
    }

    private func work(on claim: Claim) async throws {
        let store = server.store
        guard let job = try await store.job(claim.job) else { return }
        let config = try WireValue(json: Array(job.request.config.utf8))
        let player = config["scene_detection"]?["player_number"]?.asInteger
        if player == 13 { return }
        for (stage, share) in [("tracking", 0.25), ("identifying", 0.5), ("exporting", 0.9)] {
            try await store.report(JobProgress(stage: stage, fraction: share), of: claim, at: .now())
            try await Task.sleep(for: .milliseconds(30))  // the worker's own pace
        }
        if player == 12 {
            let fault = Fault(kind: .permanent, code: "NO_CLIP", message: "No clip of player 12")
            _ = try await store.fail(claim, with: fault, at: .now())
            return
        }
        let folder = try #require(job.request.storagePath)
        if player != nil {
            try server.write("\(folder)/player_shifts/clips/clip_001.mp4", String(repeating: "film ", count: 1000))
            try server.write("\(folder)/player_shifts/clips/ü clip.mp4", "film")
            try server.write("\(folder)/.gantry/secret", "secret")
            try server.write(
                "\(folder)/player_shifts/results.json",
                """
                {"clips": [{"start": 1, "end": 2.5, "path": "clips/clip_001.mp4", "url": "elsewhere"},
                {"start": 3, "end": 4, "path": "clips/ü clip.mp4"}],
                "artifacts": [{"type": "clip", "path": "clips/clip_001.mp4"}]}
                """)
        }
        try await store.complete(claim, with: JobResult(path: folder), at: .now())
    }
}

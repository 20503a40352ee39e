import FileSafety
import Foundation
import Jobs
import Model
import StoreSQLite
import Testing
import WorkerClient

@testable import API

/// A server and its workers over real HTTP; what the workers run is what a test says that they run.
@Suite(.timeLimit(.minutes(2)))
struct WorkerTests {
    private static let token = "gty_worker"

    private struct Stage {
        let server: JobServer
        let hub: WorkerHub

        func hello(
            _ name: String = "w", version: String = ProductVersion.string, slots: Int = 2, writesNonce: Bool = true
        ) throws -> WorkerHello {
            let folder = "worker-\(name)-1"
            if writesNonce { try server.write("\(server.folders.temporary)/\(folder)/nonce", "seen") }
            return WorkerHello(
                version: version, name: name, host: "h", pid: 7, slots: slots, gpuSlots: 1, folder: folder,
                nonce: "seen")
        }

        func link(token: String = WorkerTests.token) -> ServerLink {
            ServerLink(.given(address: server.address, token: token))
        }

        /// A connected worker; `body` ends it.
        func withWorker(
            _ name: String = "w", slots: Int = 2, folders: StorageFolders? = nil,
            _ body: (ServerJobs) async throws -> Void
        ) async throws {
            let (connected, connect) = AsyncStream.makeStream(of: Void.self)
            let jobs = ServerJobs(
                link: link(), hello: try hello(name, slots: slots), folders: folders ?? server.folders
            ) { event in
                if case .connected = event { connect.yield() }
            }
            let run = Task { try await jobs.run() }
            for await _ in connected { break }
            do {
                try await body(jobs)
            } catch {
                Issue.record(error)
            }
            run.cancel()
            try await run.value
            await jobs.leave()
        }

        func submit(_ count: Int = 1) async throws -> [JobID] {
            var ids: [JobID] = []
            for _ in 0..<count {
                ids.append(try await server.store.submit(try server.newJob(), at: .now()).id)
            }
            return ids
        }
    }

    private func withStage(_ body: (Stage) async throws -> Void) async throws {
        let hub = WorkerHub()
        try await withJobServer(
            workers: WorkerService(hub: hub, attempts: 4, fileMask: 0o027), workerToken: Self.token
        ) { server in
            try await body(Stage(server: server, hub: hub))
        }
    }

    private func claim(_ jobs: ServerJobs, limit: Int = 1) async throws -> [Claim] {
        try await jobs.claim(ClaimRequest(worker: WorkerID("w"), limit: limit), at: .now()).claims
    }

    private func refusal(_ stage: Stage, _ hello: WorkerHello) async -> WorkerFailure? {
        do throws(WorkerFailure) {
            let _: WorkerWelcome = try await stage.link().ask("hello", hello)
            return nil
        } catch {
            return error
        }
    }

    @Test func aWorkerOfAnotherVersionOrStorageOrOfATakenNameIsRefusedAndToldWhy() async throws {
        try await withStage { stage in
            let version = await refusal(stage, try stage.hello(version: "9.9.9"))
            #expect(version?.refusal == .version && version?.message.contains("9.9.9") == true)
            let storage = await refusal(stage, try stage.hello("other", writesNonce: false))
            #expect(storage?.refusal == .storage && storage?.mayPass == false)
            #expect(storage?.message.contains(stage.server.folders.root) == true)
            #expect(storage?.hint?.contains("JOBS_DIR") == true)
            var elsewhere = try stage.hello()
            elsewhere.folder = "worker-../../etc"
            #expect(await refusal(stage, elsewhere)?.code == .invalidArgument)
            try await stage.withWorker { _ in
                var second = try stage.hello()
                second.folder = "worker-second"
                try stage.server.write("\(stage.server.folders.temporary)/worker-second/nonce", "seen")
                #expect(await refusal(stage, second)?.refusal == .name)
            }
        }
    }

    @Test func aWrongTokenEndsTheWorkerAndSaysSo() async throws {
        try await withStage { stage in
            let jobs = ServerJobs(
                link: stage.link(token: "gty_wrong"), hello: try stage.hello(), folders: stage.server.folders
            ) { _ in }
            await #expect {
                try await jobs.run()
            } throws: { ($0 as? WorkerFailure)?.code == .permissionDenied }
        }
    }

    @Test func aJobGoesToTheWorkerWithPathsOfItsOwnMachineAndEndsInTheServersStore() async throws {
        try await withStage { stage in
            // The same folder under another name, as a mount is.
            let mount = stage.server.folders.root + "-mounted"
            try FileManager.default.createSymbolicLink(
                atPath: mount, withDestinationPath: stage.server.folders.root)
            defer { _ = unsafe unlink(mount) }
            try await stage.withWorker(folders: try StorageFolders(root: mount)) { jobs in
                let id = try #require(try await stage.submit().first)
                let claim = try #require(try await claim(jobs).first)
                #expect(claim.job == id)
                let job = try #require(try await jobs.job(id))
                #expect(job.request.video.path == "\(mount)/uploads/\(id)/game.mp4")
                #expect(job.state == .running && job.lease?.fence == claim.fence)
                #expect(stage.hub.workers.map(\.running) == [[id]])
                try await jobs.report(JobProgress(stage: "detect", fraction: 0.5), of: claim, at: .now())
                #expect(try await jobs.renew(claim, for: .seconds(30), at: .now()) > JobTime.now().monotonic)
                try await jobs.complete(claim, with: JobResult(path: "/elsewhere"), at: .now())
                await jobs.ended(claim)
                let ended = try #require(try await stage.server.store.job(id))
                #expect(ended.state == .completed)
                #expect(ended.result?.path == stage.server.folders.results(of: id.text))
                #expect(stage.hub.workers.map(\.running) == [[]])
            }
            #expect(stage.hub.workers.isEmpty)
        }
    }

    @Test func noJobIsInTwoPairsOfHands() async throws {
        try await withStage { stage in
            let ids = try await stage.submit(40)
            try await stage.withWorker("a") { first in
                try await stage.withWorker("b") { second in
                    async let one = claimAll(first)
                    async let two = claimAll(second)
                    let (mine, yours) = (try await one, try await two)
                    #expect(Set(mine + yours) == Set(ids) && mine.count + yours.count == ids.count)
                }
            }
        }
    }

    private func claimAll(_ jobs: ServerJobs) async throws -> [JobID] {
        var all: [JobID] = []
        while true {
            let claims = try await claim(jobs, limit: 3)
            if claims.isEmpty { return all }
            all += claims.map(\.job)
        }
    }

    @Test func cancellingTellsTheWorkerAndWaitsUntilNothingIsLeft() async throws {
        try await withStage { stage in
            let id = try #require(try await stage.submit().first)
            try await stage.withWorker { jobs in
                let signals = jobs.signals()
                let claim = try #require(try await claim(jobs).first)
                try await stage.server.store.cancel(id, at: .now())
                let ending = Task { await stage.hub.stop(id, isElsewhere: false, deadline: .seconds(60)) }
                for await signal in signals where signal == .stop(id, claim.fence) { break }
                #expect(stage.hub.workers.map(\.running) == [[id]])
                await jobs.ended(claim)
                await ending.value
                #expect(stage.hub.workers.map(\.running) == [[]])
            }
        }
    }

    @Test func whatNeverReachedItsWorkerGoesBackWithoutALostAttempt() async throws {
        try await withStage { stage in
            let id = try #require(try await stage.submit().first)
            let link = stage.link()
            let welcome: WorkerWelcome = try await link.ask("hello", try stage.hello())
            #expect(welcome.attempts == 4 && welcome.fileMask == 0o027)
            let given: GivenJobs = try await link.ask(
                "claim", WorkerClaim(session: welcome.session, number: 1, limit: 1, gpuLimit: 0, lease: .seconds(30)))
            #expect(given.claims.count == 1)
            // As if that answer had been lost: the claim is over, and the worker has nothing.
            let notice: WorkerNotice = try await link.ask(
                "watch",
                WorkerWatch(session: welcome.session, running: [], stopping: [], finishedClaims: 1, work: -1))
            #expect(notice.stop.isEmpty)
            let job = try #require(try await stage.server.store.job(id))
            #expect(job.state == .pending && job.attempt == 1)
        }
    }

    @Test func afterARestartWhatAWorkerBringsIsItsOwnAndWhatIsNotIsStopped() async throws {
        try await withStage { stage in
            let ids = try await stage.submit(2)
            let link = stage.link()
            // Claimed in an earlier life of the server, of which this one knows nothing.
            let claims = try await stage.server.store.claim(
                ClaimRequest(worker: WorkerID("w"), limit: 2), at: .now()
            ).claims
            try await stage.server.store.cancel(ids[1], at: .now())
            let held = claims.map { HeldJob(job: $0.job, fence: $0.fence) }
            let welcome: WorkerWelcome = try await link.ask("hello", try stage.hello())
            let notice: WorkerNotice = try await link.ask(
                "watch",
                WorkerWatch(session: welcome.session, running: held, stopping: [], finishedClaims: 0, work: 0))
            #expect(notice.stop.map(\.job) == [ids[1]])
            let outcomes: [StepOutcome] = try await link.ask(
                "steps", held.map { WorkerStep(held: $0, step: .complete(JobResult(path: ""))) })
            #expect(outcomes.first == .taken(state: .completed, attempt: 1, deadline: nil))
            #expect(outcomes.last == .refused(.ended(.cancelled)))
        }
    }

    @Test func aSessionOfAnEarlierLifeIsTakenUpAgain() async throws {
        try await withStage { stage in
            let link = stage.link()
            await #expect {
                let _: WorkerNotice = try await link.ask(
                    "watch", WorkerWatch(session: "gone", running: [], stopping: [], finishedClaims: 0, work: 0))
            } throws: { ($0 as? WorkerFailure)?.refusal == .session }
        }
    }
}

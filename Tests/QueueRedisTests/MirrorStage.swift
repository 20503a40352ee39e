import Foundation
import Jobs
import StoreSQLite
import TestSupport
import Testing

@testable import QueueRedis

/// A store, a Redis and a mirror between them.
final class MirrorStage: Sendable {
    let store: SQLiteJobStore
    let redis: RedisServer
    let mirror: QueueMirror
    let reports = Reports()
    private let folder: URL

    init(_ options: [String] = [], before: (SQLiteJobStore, RedisServer) async throws -> Void = { _, _ in })
        async throws
    {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mirror-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var configuration = StoreConfiguration(folder: folder.path)
        configuration.policy = RetryPolicy(retries: 3, baseDelay: .zero)
        store = try SQLiteJobStore(configuration)
        redis = try RedisServer(options)
        try await before(store, redis)
        mirror = Self.mirror(store, redis, reports)
        mirror.start()
    }

    static func mirror(_ store: any JobStore, _ redis: RedisServer, _ reports: Reports) -> QueueMirror {
        guard let endpoint = try? RedisEndpoint(redis.url), let names = try? QueueNames("jobs") else {
            fatalError("the address of a test's own Redis is an address")
        }
        return QueueMirror(
            store: store, settings: QueueSettings(endpoint: endpoint, names: names), identity: "0123456789ab",
            observer: { if case .connection(let health) = $0 { reports.add(health) } })
    }

    deinit { try? FileManager.default.removeItem(at: folder) }  // Of the temporary folder.

    func close() async {
        await mirror.stop()
        await store.close()
    }

    /// Returns when the mirror is connected.
    func connected() async { while !(await reports.next().isConnected) {} }

    /// Returns when Redis shows all that the store has done.
    func settle() async throws {
        let nobody = try #require(JobID("ffffffffffff"))
        await mirror.reached(try await store.log(after: 0, of: nobody, limit: 1).last, within: .seconds(20))
    }

    @discardableResult
    func submit(_ count: Int = 1, owner: String = "lab") async throws -> [JobID] {
        var generator = SystemRandomNumberGenerator()
        var ids: [JobID] = []
        for _ in 0..<count {
            let id = JobID.random(using: &generator)
            let video = JobVideo(path: "uploads/\(id)", fileName: "game \(id).mp4", byteCount: 1)
            let request = JobRequest(video: video, pipelines: ["player_shifts"], owner: owner)
            ids.append(try await store.submit(JobSubmission(id: id, request: request), at: .now()).id)
        }
        return ids
    }

    func claim() async throws -> Claim {
        let request = ClaimRequest(worker: WorkerID("worker-1"), limit: 1, leaseDuration: .seconds(600))
        return try #require(try await store.claim(request, at: .now()).claims.first)
    }

    func read(_ jobs: [JobID] = []) throws -> RQReader { try RQReader.read(redis, jobs.map(\.text)) }

    /// Whether Redis shows exactly the store's jobs, in its order.
    func agrees() async throws -> Bool {
        let waiting = try await store.list(JobQuery(state: .pending, perPage: 1000)).jobs
            .sorted { $0.queuePosition ?? 0 < $1.queuePosition ?? 0 }.map(\.id.text)
        let running = try await store.list(JobQuery(state: .running, perPage: 1000)).jobs
            .compactMap { job in job.lease.map { RQExecution(job: job.id, fence: $0.fence).member } }
        func ended(_ state: JobState) async throws -> Set<String> {
            Set(try await store.list(JobQuery(state: state, perPage: 1000)).jobs.map(\.id.text))
        }
        let (finished, failed, cancelled) = try await (ended(.completed), ended(.failed), ended(.cancelled))
        return try redis.lines("LRANGE", "rq:queue:jobs", "0", "-1") == waiting
            && Set(try redis.lines("ZRANGE", "rq:wip:jobs", "0", "-1")) == Set(running)
            && Set(try redis.lines("ZRANGE", "rq:finished:jobs", "0", "-1")) == finished
            && Set(try redis.lines("ZRANGE", "rq:failed:jobs", "0", "-1")) == failed
            && Set(try redis.lines("ZRANGE", "rq:canceled:jobs", "0", "-1")) == cancelled
    }
}

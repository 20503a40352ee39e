import Foundation
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import QueueRedis

@Suite(.serialized, .timeLimit(.minutes(5)))
struct RQWorkerRecordTests {
    private let execution: RQExecution

    init() throws {
        execution = RQExecution(
            job: try #require(JobID("0123456789ab")), fence: Fence(attempt: 2, lease: LeaseToken(bits: 0xabc)))
    }

    @Test func `born, at work, idle, dead`() async throws {
        let redis = try RedisServer()
        let reports = Reports()
        let worker = RQWorkerRecord(
            name: RQWorkerRecord.uniqueName("worker"),
            settings: QueueSettings(endpoint: try RedisEndpoint(redis.url), names: try QueueNames("jobs,urgent")),
            version: "9.9", report: reports.add)
        worker.start()
        #expect(await reports.next().isConnected)

        var seen = try RQReader.read(redis)
        let born = try #require(seen.workers.first)
        #expect(seen.workers.count == 1 && seen.queue_workers == 1)
        #expect(born.name == worker.name && born.state == "idle" && born.queues == ["jobs", "urgent"])
        #expect(born.pid == Int(ProcessInfo.processInfo.processIdentifier))
        #expect(born.birth != nil && born.last_heartbeat != nil)
        #expect(Int(try redis.command("TTL", "rq:worker:\(worker.name)")).map { (1...60).contains($0) } == true)

        worker.started(execution)
        // rq forgets executions that it does not find: the server keeps those.
        try redis.command(
            "HSET", "rq:execution:\(execution.member)", "job_id", "0123456789ab", "created_at", "1", "last_heartbeat",
            "1", "worker_name", worker.name)
        try await eventually { try redis.command("HGET", "rq:worker:\(worker.name)", "state") == "busy" }
        seen = try RQReader.read(redis)
        #expect(seen.workers.first?.executions == [execution.member])

        worker.ended(execution, succeeded: true)
        try await eventually { try redis.command("HGET", "rq:worker:\(worker.name)", "state") == "idle" }
        seen = try RQReader.read(redis)
        #expect(seen.workers.first?.succeeded == 1 && seen.workers.first?.executions == [])

        await worker.stop()
        seen = try RQReader.read(redis)
        #expect(seen.workers.isEmpty && seen.queue_workers == 0)
        #expect(Int(try redis.command("TTL", "rq:worker:\(worker.name)")).map { (1...60).contains($0) } == true)
    }

    @Test func `a Redis that died and came back empty knows the worker again`() async throws {
        let redis = try RedisServer()
        let reports = Reports()
        let worker = RQWorkerRecord(
            name: "w", settings: QueueSettings(endpoint: try RedisEndpoint(redis.url), names: try QueueNames("jobs")),
            version: "1", report: reports.add)
        worker.start()
        #expect(await reports.next().isConnected)
        redis.kill()
        worker.started(execution)
        let lost = await reports.next()
        #expect(!lost.isConnected && lost.lastError != nil)
        try redis.start()
        #expect(await reports.next().isConnected)
        #expect(try RQReader.read(redis).workers.first?.state == "busy")
        await worker.stop()
    }

    @Test func `where no Redis is, its end is not waited for`() async throws {
        let reports = Reports()
        let worker = RQWorkerRecord(
            name: "w",
            settings: QueueSettings(
                endpoint: try RedisEndpoint("unix:///nowhere/redis"), names: try QueueNames("jobs")),
            version: "1", report: reports.add)
        worker.start()
        let failure = await reports.next()
        #expect(!failure.isConnected && failure.lastError?.contains("/nowhere/redis") == true)
        await worker.stop()
    }
}

/// Reports in the order in which they came.
struct Reports: Sendable {
    private let stream: AsyncStream<QueueHealth>
    let add: @Sendable (QueueHealth) -> Void

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: QueueHealth.self)
        self.stream = stream
        add = { continuation.yield($0) }
    }

    func next() async -> QueueHealth {
        for await health in stream { return health }
        fatalError("the stream of reports has no end")
    }
}

/// Waits for what another program sees sooner or later.
func eventually(
    within seconds: Double = 20, _ condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("it never came to be", sourceLocation: sourceLocation)
            return
        }
        await Task.yield()
    }
}

import Foundation
import Jobs
import TestSupport
import Testing

@testable import QueueRedis

/// Read by the real rq.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct QueueMirrorTests {
    @Test func `a job waits, runs and is finished, as rq reads it`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        let id = try await stage.submit()[0]
        await stage.mirror.shows(id)
        var seen = try stage.read([id])
        #expect(seen.queues == ["jobs"] && seen.job_ids == [id.text] && seen.count == 1)
        var job = try #require(seen.jobs[id.text])
        #expect(job.status == "queued" && job.origin == "jobs" && job.position == 0 && job.timeout == -1)
        #expect(job.func_name == "gantry.run" && job.args == [id.text])
        #expect(job.description == "player_shifts: game \(id).mp4")
        #expect(job.created_at != nil && job.enqueued_at != nil && job.started_at == nil && job.ended_at == nil)
        #expect(job.ttl == -1 && job.meta["video"] == "game \(id).mp4")

        let claim = try await stage.claim()
        try await stage.settle()
        seen = try stage.read([id])
        job = try #require(seen.jobs[id.text])
        #expect(seen.job_ids == [] && seen.started == [id.text])
        #expect(job.status == "started" && job.started_at != nil && job.worker_name == "gantry-worker-1")
        #expect(job.executions.count == 1)

        try await stage.store.report(JobProgress(stage: "tracking", fraction: 0.25), of: claim, at: .now())
        try await stage.settle()
        job = try #require(try stage.read([id]).jobs[id.text])
        #expect(job.meta["stage"] == "tracking" && job.meta["progress"] == "25.0")

        try await stage.store.complete(claim, with: JobResult(path: "results/ä"), at: .now())
        try await stage.settle()
        seen = try stage.read([id])
        job = try #require(seen.jobs[id.text])
        #expect(seen.started == [] && seen.finished == [id.text] && job.status == "finished")
        #expect(job.ended_at != nil && job.result_type == "SUCCESSFUL" && job.return_value == "results/ä")
        #expect(job.executions == [] && (80_000...86_400).contains(job.ttl))
        await stage.close()
    }

    @Test func `jobs that failed and jobs that were cancelled`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        let ids = try await stage.submit(3)
        let claim = try await stage.claim()
        let fault = Fault(kind: .permanent, code: "INVALID_VIDEO", message: "no video stream", hint: "Convert it")
        try await stage.store.fail(claim, with: fault, at: .now())
        try await stage.store.cancel(ids[1], at: .now())
        try await stage.settle()
        let seen = try stage.read(ids)
        #expect(seen.failed == [ids[0].text] && seen.canceled == [ids[1].text] && seen.job_ids == [ids[2].text])
        let failed = try #require(seen.jobs[ids[0].text])
        #expect(failed.status == "failed" && failed.result_type == "FAILED")
        #expect(failed.exc_info == "INVALID_VIDEO: no video stream\nConvert it")
        #expect(seen.jobs[ids[1].text]?.status == "canceled")
        // Deleted, nothing of it stays.
        try await stage.store.delete(ids[0], at: .now())
        try await stage.settle()
        #expect(try stage.redis.lines("KEYS", "*\(ids[0])*") == [])
        #expect(try await stage.agrees())
        await stage.close()
    }

    @Test func `an attempt that is lost brings its job back, in its place`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        let ids = try await stage.submit(3)
        let claim = try await stage.claim()
        try await stage.settle()
        try await stage.store.step(.interrupt(reason: "test"), of: claim, at: .now())
        try await stage.settle()
        let seen = try stage.read(ids)
        #expect(seen.job_ids == ids.map(\.text) && seen.started == [])
        #expect(seen.jobs[ids[0].text]?.status == "queued")
        #expect(seen.jobs[ids[0].text]?.worker_name == nil && seen.jobs[ids[0].text]?.started_at == nil)
        await stage.close()
    }

    @Test func `several owners take turns: the list has the store's order`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        try await stage.submit(5, owner: "anna")
        try await stage.submit(2, owner: "ben")
        try await eventually { try stage.redis.command("LLEN", "rq:queue:jobs") == "7" }
        while !(try await stage.agrees()) { await Task.yield() }
        await stage.close()
    }

    @Test func `ten thousand jobs are there in a few seconds, and gone when they are done`() async throws {
        let stage = try await MirrorStage(before: { store, _ in
            await withTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        var generator = SystemRandomNumberGenerator()
                        for _ in 0..<500 {
                            let video = JobVideo(path: "v", fileName: "v.mp4", byteCount: 1)
                            let submission = JobSubmission(
                                id: .random(using: &generator), request: JobRequest(video: video, pipelines: ["p"]))
                            _ = try? await store.submit(submission, at: .now())  // Counted below.
                        }
                    }
                }
            }
        })
        let start = ContinuousClock.now
        await stage.connected()
        print("10,000 jobs written anew in \(ContinuousClock.now - start)")
        #expect(try stage.redis.command("LLEN", "rq:queue:jobs") == "10000")
        #expect(try await stage.store.counts()[.pending] == 10_000)
        let claims = try await stage.store.claim(
            ClaimRequest(worker: WorkerID("w"), limit: 10_000, leaseDuration: .seconds(600)), at: .now())
        let second = ContinuousClock.now
        try await stage.settle()
        print("10,000 starts written in \(ContinuousClock.now - second)")
        #expect(try stage.redis.command("ZCARD", "rq:wip:jobs") == "10000")
        #expect(claims.claims.count == 10_000)
        await stage.close()
    }

    @Test func `what others keep in the same Redis stays, in our own keys too`() async throws {
        let stage = try await MirrorStage(before: { _, redis in
            try redis.command("SET", "theirs", "1")
            try redis.command("RPUSH", "rq:queue:jobs", "5f3e1f0a-0000-4000-8000-000000000001")
            try redis.command("ZADD", "rq:failed:jobs", "9999999999", "theirs-too")
            try redis.command("HSET", "rq:job:theirs-too", "data", "x")
            try redis.command("ZADD", "rq:wip:jobs", "9999999999", "other:run")
        })
        await stage.connected()
        let id = try await stage.submit()[0]
        await stage.mirror.shows(id)
        #expect(
            try stage.redis.lines("LRANGE", "rq:queue:jobs", "0", "-1") == [
                "5f3e1f0a-0000-4000-8000-000000000001", id.text,
            ])
        stage.redis.kill()
        try stage.redis.start()
        try stage.redis.command("RPUSH", "rq:queue:jobs", "theirs")
        await stage.connected()
        #expect(try stage.redis.lines("LRANGE", "rq:queue:jobs", "0", "-1") == ["theirs", id.text])
        await stage.close()
    }

    @Test func `a key of the queue that is something else is said by name`() async throws {
        let stage = try await MirrorStage(before: { _, redis in try redis.command("SET", "rq:queue:jobs", "x") })
        let health = await stage.reports.next()
        #expect(!health.isConnected && health.trouble?.contains("used by another program") == true)
        try stage.redis.command("DEL", "rq:queue:jobs")
        await stage.connected()
        await stage.close()
    }

    @Test func `an rq worker that takes our jobs, and a person who empties the queue, change nothing`() async throws {
        let stage = try await MirrorStage()
        await stage.connected()
        let ids = try await stage.submit(3)
        try await stage.settle()
        // What rq's worker does to take a job, and then gives up on.
        try stage.redis.command("LMOVE", "rq:queue:jobs", "rq:queue:jobs:intermediate", "LEFT", "RIGHT")
        try stage.redis.command("HSET", "rq:job:\(ids[0])", "status", "failed")
        try stage.redis.command("ZADD", "rq:failed:jobs", "9999999999", ids[0].text)
        try await eventually { try stage.redis.command("LLEN", "rq:queue:jobs") == "3" }
        try await eventually { try stage.redis.command("ZCARD", "rq:failed:jobs") == "0" }
        #expect(try stage.read(ids).jobs[ids[0].text]?.status == "queued")
        #expect(try stage.redis.command("LLEN", "rq:queue:jobs:intermediate") == "0")
        try stage.redis.command("DEL", "rq:queue:jobs", "rq:job:\(ids[1])")
        try await eventually(within: 40) { try stage.redis.command("EXISTS", "rq:job:\(ids[1])") == "1" }
        try await eventually { try stage.redis.lines("LRANGE", "rq:queue:jobs", "0", "-1") == ids.map(\.text) }
        await stage.close()
    }

    @Test func `jobs of an earlier life that are gone from the store go from Redis; those of another server stay`()
        async throws
    {
        let stage = try await MirrorStage()
        await stage.connected()
        let ids = try await stage.submit(2)
        try await stage.settle()
        await stage.mirror.stop()
        try await stage.store.cancel(ids[0], at: .now())
        try await stage.store.delete(ids[0], at: .now())
        try stage.redis.command("RPUSH", "rq:queue:jobs", "abcdefabcdef")
        try stage.redis.command("HSET", "rq:job:abcdefabcdef", "data", "x")
        let second = MirrorStage.mirror(stage.store, stage.redis, stage.reports)
        second.start()
        await stage.connected()
        #expect(try stage.redis.lines("LRANGE", "rq:queue:jobs", "0", "-1") == ["abcdefabcdef", ids[1].text])
        #expect(try stage.redis.lines("KEYS", "*\(ids[0])*") == [])
        await second.stop()
        await stage.close()
    }
}

import Jobs
import Testing

extension JobStoreConformance {
    static let reading: [JobStoreConformance] = [
        JobStoreConformance("lists come in pages, the newest first, all states or one") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            var ids: [JobID] = []
            for _ in 0..<7 {
                // Submitted while the calendar's clock goes backwards: the order is that of submission.
                ids += try await store.add(from: &samples, at: clock.now)
                clock.setWall(by: -1000)
            }
            for id in [ids[1], ids[3], ids[4]] { try await store.cancel(id, at: clock.now) }
            func list(_ query: JobQuery) async throws -> JobPage { try await store.list(query) }
            let newest = Array(ids.reversed())
            #expect(try await list(JobQuery()).jobs.map(\.id) == newest)
            let second = try await list(JobQuery(page: 2, perPage: 3))
            #expect(second.jobs.map(\.id) == Array(newest[3..<6]))
            #expect(second.total == 7)
            #expect(try await list(JobQuery(page: 3, perPage: 3)).jobs.map(\.id) == [ids[0]])
            #expect(try await list(JobQuery(page: 4, perPage: 3)).jobs.isEmpty)
            #expect(try await list(JobQuery(page: .max, perPage: 100)).jobs.isEmpty)
            let cancelled = try await list(JobQuery(state: .cancelled, page: 1, perPage: 2))
            #expect(cancelled.jobs.map(\.id) == [ids[4], ids[3]])
            #expect(cancelled.total == 3)
            let pending = try await list(JobQuery(state: .pending))
            #expect(pending.jobs.map(\.queuePosition) == [4, 3, 2, 1])
            #expect(try await list(JobQuery(state: .failed)) == JobPage(jobs: [], total: 0))
            await store.close()
        },
        JobStoreConformance("jobs are counted by state") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            #expect(try await store.counts() == JobCounts())
            let ids = try await store.add(8, from: &samples, at: clock.now)
            let claims = try await store.claim(ClaimRequest(worker: WorkerID("w"), limit: 5), at: clock.now).claims
            try await store.complete(claims[0], with: JobResult(path: "r"), at: clock.now)
            try await store.fail(claims[1], with: Samples.permanent, at: clock.now)
            try await store.fail(claims[2], with: Samples.transient, at: clock.now)
            try await store.cancel(ids[7], at: clock.now)
            clock.advance(.seconds(3))
            var expected = JobCounts()
            expected[.pending] = 3
            expected[.running] = 2
            expected[.completed] = 1
            expected[.failed] = 1
            expected[.cancelled] = 1
            #expect(try await store.counts() == expected)
            try await store.delete(ids[7], at: clock.now)
            expected[.cancelled] = 0
            #expect(try await store.counts() == expected)
            #expect(try await store.counts().total == 7)
            await store.close()
        },
        JobStoreConformance("progress is kept, and never goes down") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let claim = try await store.claimOne(at: clock.now)
            let far = JobProgress(
                stage: "detect", fraction: 0.5, framesPerSecond: 30.5, remainingSeconds: 12, message: "m",
                chunk: ChunkReference(stage: "detect", index: 4))
            try await store.report(far, of: claim, at: clock.now)
            #expect(try await store.stored(id).progress == far)
            try await store.report(JobProgress(stage: "track", fraction: 0.25), of: claim, at: clock.now)
            #expect(try await store.stored(id).progress == JobProgress(stage: "track", fraction: 0.5))
            await store.close()
        },
        JobStoreConformance("cleaning up finds what ended before a moment, the oldest first") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(5, from: &samples, at: clock.now)
            for id in [ids[2], ids[0], ids[4]] {
                try await store.cancel(id, at: clock.now)
                clock.advance(.seconds(1))
            }
            let first = try await store.ended(before: clock.now.wall, limit: 2)
            #expect(first == [ids[2], ids[0]])
            clock.setWall(by: -1000)
            #expect(try await store.ended(before: clock.now.wall, limit: 10) == [ids[2], ids[0]])
            await store.close()
        },
    ]
}

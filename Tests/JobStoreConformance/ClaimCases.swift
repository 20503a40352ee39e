import Jobs
import Testing

extension JobStoreConformance {
    static let claims: [JobStoreConformance] = [
        JobStoreConformance("owners take turns, each in the order of submission") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let many = try await store.add(4, owner: "many", from: &samples, at: clock.now)
            let few = try await store.add(2, owner: "few", from: &samples, at: clock.now)
            let expected = [many[0], few[0], many[1], few[1], many[2], many[3]]
            for (place, id) in expected.enumerated() {
                #expect(try await store.stored(id).queuePosition == place + 1)
            }
            let request = ClaimRequest(worker: WorkerID("w"), limit: 100)
            let claimed = try await store.claim(request, at: clock.now)
            #expect(claimed.claims.map(\.job) == expected)
            #expect(claimed.nextWakeUp == nil)
            #expect(try await store.claim(request, at: clock.now).claims.isEmpty)
            await store.close()
        },
        JobStoreConformance("a claimed job runs under its lease") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(2, from: &samples, at: clock.now)
            clock.advance(.seconds(3))
            let claim = try await store.claimOne("one", at: clock.now)
            #expect(claim.job == ids[0])
            #expect(claim.fence.attempt == 1)
            #expect(claim.deadline == clock.now.monotonic + .seconds(10))
            let job = try await store.stored(ids[0])
            #expect(job.state == .running)
            #expect(job.startedAt == clock.now.wall)
            #expect(job.queuePosition == nil)
            #expect(job.lease == Lease(fence: claim.fence, worker: WorkerID("one"), deadline: claim.deadline))
            #expect(try await store.stored(ids[1]).queuePosition == 1)
            await store.close()
        },
        JobStoreConformance("jobs that wait for a GPU do not hold up those that need none") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let gpu = try await store.add(3, gpu: true, from: &samples, at: clock.now)
            let plain = try await store.add(2, from: &samples, at: clock.now)
            func claim(_ limit: Int, gpu: Int) async throws -> [JobID] {
                let request = ClaimRequest(worker: WorkerID("w"), limit: limit, gpuLimit: gpu)
                return try await store.claim(request, at: clock.now).claims.map(\.job)
            }
            #expect(try await claim(2, gpu: 1) == [gpu[0], plain[0]])
            #expect(try await claim(5, gpu: 0) == [plain[1]])
            #expect(try await claim(5, gpu: 5) == [gpu[1], gpu[2]])
            #expect(try await claim(0, gpu: 5).isEmpty)
            await store.close()
        },
        JobStoreConformance("claims at the same time never give a job to two") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(300, from: &samples, at: clock.now)
            let claims = try await withThrowingTaskGroup(of: [Claim].self) { group in
                for worker in 0..<20 {
                    group.addTask {
                        var mine: [Claim] = []
                        while true {
                            let request = ClaimRequest(worker: WorkerID("w\(worker)"), limit: 1 + worker % 4)
                            let claims = try await store.claim(request, at: clock.now).claims
                            if claims.isEmpty { return mine }
                            mine += claims
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claims.count == 300)
            #expect(Set(claims.map(\.job)) == Set(ids))
            #expect(Set(claims.map(\.fence.lease)).count == 300)
            #expect(try await store.counts()[.running] == 300)
            await store.close()
        },
        JobStoreConformance("completion and cancellation at the same time: one of them wins, for good") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            _ = try await store.add(60, from: &samples, at: clock.now)
            let request = ClaimRequest(worker: WorkerID("w"), limit: 60)
            let claims = try await store.claim(request, at: clock.now).claims
            let won = try await withThrowingTaskGroup(of: (JobID, JobState).self) { group in
                for claim in claims {
                    let end = JobTransition(
                        job: claim.job, fence: claim.fence, step: .complete(JobResult(path: "results")))
                    let cancel = JobTransition(job: claim.job, fence: nil, step: .cancel)
                    for transition in [end, cancel] {
                        group.addTask {
                            let answer = try await store.apply([transition], at: clock.now)
                            switch try #require(answer.first) {
                            case .success(let outcome): return (claim.job, outcome.state)
                            case .failure(.ended(let state)): return (claim.job, state)
                            case .failure(let refusal): throw refusal
                            }
                        }
                    }
                }
                return try await group.reduce(into: [JobID: Set<JobState>]()) { $0[$1.0, default: []].insert($1.1) }
            }
            for (id, states) in won {
                #expect(states == [try await store.stored(id).state])
            }
            await store.close()
        },
    ]
}

import Jobs
import Testing

extension JobStoreConformance {
    static let transitions: [JobStoreConformance] = [
        JobStoreConformance("a completed job is completed for good") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let claim = try await store.claimOne(at: clock.now)
            clock.advance(.seconds(2))
            try await store.complete(claim, with: JobResult(path: "results/1", message: "half"), at: clock.now)
            let job = try await store.stored(id)
            #expect(job.state == .completed)
            #expect(job.endedAt == clock.now.wall)
            #expect(job.result == JobResult(path: "results/1", message: "half"))
            #expect(job.lease == nil && job.message == "half")

            clock.advance(.seconds(20))
            // The holder whose answer was lost asks again, and hears the same.
            try await store.complete(claim, with: JobResult(path: "results/1"), at: clock.now)
            let steps: [JobTransition.Step] = [
                .renew(.seconds(1)), .progress(JobProgress(stage: "detect", fraction: 0.5)), .fail(Samples.permanent),
                .workerDied(WorkerDeath(reason: "killed")), .interrupt(reason: "drained"), .cancel,
            ]
            for step in steps {
                let answer = try await store.apply(
                    [JobTransition(job: id, fence: claim.fence, step: step)], at: clock.now)
                #expect(answer == [.failure(.ended(.completed))])
            }
            let cancelled = await refusal { () throws(JobsFailure) in try await store.cancel(id, at: clock.now) }
            #expect(cancelled == .jobEnded(.completed))
            #expect(try await store.requeueExpired(at: clock.now).isEmpty)
            #expect(try await store.interruptRunning(heldBy: nil, reason: "r", at: clock.now).isEmpty)
            #expect(try await store.stored(id) == job)
            await store.close()
        },
        JobStoreConformance("a cancelled job is cancelled for good, pending or running") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(3, from: &samples, at: clock.now)
            let claim = try await store.claimOne(at: clock.now)
            try await store.cancel(ids[0], at: clock.now)
            try await store.cancel(ids[1], at: clock.now)
            try await store.cancel(ids[1], at: clock.now)
            #expect(try await store.stored(ids[2]).queuePosition == 1)
            let late = await refusal { () throws(JobsFailure) in
                try await store.complete(claim, with: JobResult(path: "r"), at: clock.now)
            }
            #expect(late == .jobEnded(.cancelled))
            for id in ids[...1] {
                let job = try await store.stored(id)
                #expect(job.state == .cancelled && job.endedAt == clock.now.wall && job.result == nil)
            }
            let missing = samples.id()
            let unknown = await refusal { () throws(JobsFailure) in try await store.cancel(missing, at: clock.now) }
            #expect(unknown == .jobNotFound)
            await store.close()
        },
        JobStoreConformance("whoever does not hold the job changes nothing") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let pending = try await store.stored(id)
            let steps: [JobTransition.Step] = [
                .renew(.seconds(1)), .progress(JobProgress(stage: "s", fraction: 0.5)), .complete(JobResult(path: "r")),
                .fail(Samples.permanent), .workerDied(WorkerDeath(reason: "k")), .interrupt(reason: "d"), .cancel,
            ]
            func expectRefusals(_ fences: [Fence?]) async throws {
                for fence in fences {
                    for step in steps where fence != nil || step != .cancel {
                        let answer = try await store.apply(
                            [JobTransition(job: id, fence: fence, step: step)], at: clock.now)
                        guard case .failure(.fenced) = try #require(answer.first) else {
                            Issue.record("\(step) under \(String(describing: fence)): \(answer)")
                            continue
                        }
                    }
                }
            }
            try await expectRefusals([nil, Fence(attempt: 1, lease: LeaseToken(bits: 1))])
            #expect(try await store.stored(id) == pending)
            let claim = try await store.claimOne(at: clock.now)
            let running = try await store.stored(id)
            var other = claim.fence
            other.attempt = 2
            let token = LeaseToken(bits: claim.fence.lease.bits ^ 1)
            try await expectRefusals([nil, other, Fence(attempt: 1, lease: token)])
            #expect(try await store.stored(id) == running)
            await store.close()
        },
        JobStoreConformance("a transient fault is tried again after a while, an earlier holder is shut out") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let first = try await store.claimOne(at: clock.now)
            let outcome = try await store.fail(first, with: Samples.transient, at: clock.now)
            let wakeUp = clock.now.monotonic + .seconds(2)
            #expect(outcome == TransitionOutcome(state: .pending, attempt: 2, deadline: wakeUp))
            #expect(try await store.stored(id).queuePosition == 1)

            let request = ClaimRequest(worker: WorkerID("w"))
            let early = try await store.claim(request, at: clock.now)
            #expect(early == ClaimedJobs(claims: [], nextWakeUp: wakeUp))
            clock.advance(.seconds(2))
            let second = try await store.claimOne(at: clock.now)
            #expect(second.fence.attempt == 2)
            #expect(second.fence.lease != first.fence.lease)
            let late = await refusal { () throws(JobsFailure) in
                try await store.complete(first, with: JobResult(path: "r"), at: clock.now)
            }
            #expect(late == .leaseLost)
            try await store.complete(second, with: JobResult(path: "r"), at: clock.now)
            #expect(try await store.stored(id).attempt == 2)
            await store.close()
        },
        JobStoreConformance("a permanent fault fails the job at once") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let claim = try await store.claimOne(at: clock.now)
            let outcome = try await store.fail(claim, with: Samples.permanent, at: clock.now)
            #expect(outcome == TransitionOutcome(state: .failed, attempt: 1))
            let job = try await store.stored(id)
            #expect(job.fault == Samples.permanent && job.state == .failed && job.endedAt == clock.now.wall)
            await store.close()
        },
        JobStoreConformance("attempts are limited, with longer and longer waits in between") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            var waits: [Duration] = []
            for attempt in 1...4 {
                let claim = try await store.claimOne(at: clock.now)
                #expect(claim.fence.attempt == attempt)
                let outcome = try await store.fail(claim, with: Samples.transient, at: clock.now)
                guard let deadline = outcome.deadline else { continue }
                waits.append(deadline - clock.now.monotonic)
                clock.advance(waits[waits.count - 1])
            }
            #expect(waits == [.seconds(2), .seconds(4), .seconds(8)])
            let job = try await store.stored(id)
            #expect(job.state == .failed && job.attempt == 4)
            #expect(job.fault?.code == "GPU_OUT_OF_MEMORY")
            // It failed and said so: no reason to look for a culprit.
            #expect(job.deadlyChunks.isEmpty)
            #expect(job.message == "the GPU's memory is full (attempt 4 of 4)")
            await store.close()
        },
        JobStoreConformance("a chunk that kills its worker twice fails the job, also over a restart") { place in
            var store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let deadly = ChunkReference(stage: "detect", index: 17)
            for chunk in [deadly, ChunkReference(stage: "detect", index: 18), deadly] {
                let claim = try await store.claimOne(at: clock.now)
                let death = WorkerDeath(reason: "killed by signal 11", chunk: chunk)
                try await store.step(.workerDied(death), of: claim, at: clock.now)
                clock.advance(.seconds(100))
                await store.close()
                store = try await place.open()
            }
            let job = try await store.stored(id)
            #expect(job.state == .failed && job.attempt == 3)
            #expect(job.fault?.chunk == deadly && job.fault?.kind == .permanent)
            #expect(job.deadlyChunks == [deadly, ChunkReference(stage: "detect", index: 18)])
            #expect(job.message?.contains("detect chunk 17") == true)
            await store.close()
        },
        JobStoreConformance("a drained attempt goes back without burning an attempt, and comes next") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(3, from: &samples, at: clock.now)
            for _ in 0..<5 {
                let claim = try await store.claimOne(at: clock.now)
                let outcome = try await store.step(.interrupt(reason: "drained"), of: claim, at: clock.now)
                #expect(outcome == TransitionOutcome(state: .pending, attempt: 1))
                #expect(try await store.stored(ids[0]).queuePosition == 1)
            }
            let first = try await store.claimOne("one", at: clock.now)
            let second = try await store.claimOne("two", at: clock.now)
            #expect(first.job == ids[0])
            let found = try await store.interruptRunning(heldBy: WorkerID("two"), reason: "gone", at: clock.now)
            #expect(found == [second.job])
            try await store.renew(first, for: .seconds(1), at: clock.now)
            #expect(try await store.interruptRunning(heldBy: nil, reason: "gone", at: clock.now) == [first.job])
            #expect(try await store.counts()[.pending] == 3)
            await store.close()
        },
        JobStoreConformance("of many transitions in one call each goes its own way, in order") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(2, from: &samples, at: clock.now)
            let claim = try await store.claimOne(at: clock.now)
            let missing = samples.id()
            let answers = try await store.apply(
                [
                    JobTransition(job: missing, fence: nil, step: .cancel),
                    JobTransition(job: ids[0], fence: claim.fence, step: .complete(JobResult(path: "r"))),
                    JobTransition(job: ids[0], fence: nil, step: .cancel),
                    JobTransition(job: ids[1], fence: nil, step: .cancel),
                ], at: clock.now)
            #expect(
                answers == [
                    .failure(.notFound), .success(TransitionOutcome(state: .completed, attempt: 1)),
                    .failure(.ended(.completed)), .success(TransitionOutcome(state: .cancelled, attempt: 1)),
                ])
            #expect(try await store.apply([], at: clock.now).isEmpty)
            await store.close()
        },
        JobStoreConformance("only a job that has ended can be deleted, and then nothing of it is left") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let submission = samples.submission(key: "key")
            let id = try await store.submit(submission, at: clock.now).id
            let pending = await refusal { () throws(JobsFailure) in try await store.delete(id, at: clock.now) }
            #expect(pending == .jobActive(.pending))
            let claim = try await store.claimOne(at: clock.now)
            let running = await refusal { () throws(JobsFailure) in try await store.delete(id, at: clock.now) }
            #expect(running == .jobActive(.running))
            try await store.report(JobProgress(stage: "s", fraction: 0.5), of: claim, at: clock.now)
            try await store.complete(claim, with: JobResult(path: "r"), at: clock.now)
            try await store.delete(id, at: clock.now)
            #expect(try await store.job(id) == nil)
            #expect(try await store.counts().total == 0)
            let again = await refusal { () throws(JobsFailure) in try await store.delete(id, at: clock.now) }
            #expect(again == .jobNotFound)
            let log = try await store.log(after: 0, of: id, limit: 100)
            #expect(log.entries.map(\.change) == [.deleted])
            // Its name and its key are free again.
            #expect(try await store.submit(submission, at: clock.now) == .created(id))
            await store.close()
        },
    ]
}

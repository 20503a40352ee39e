import Jobs
import Testing

extension JobStoreConformance {
    static let leases: [JobStoreConformance] = [
        JobStoreConformance("a holder that does not renew loses the job, one that renews keeps it") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(2, from: &samples, at: clock.now)
            let silent = try await store.claimOne("silent", at: clock.now)
            let lively = try await store.claimOne("lively", at: clock.now)
            clock.advance(.seconds(9))
            #expect(try await store.requeueExpired(at: clock.now).isEmpty)
            let deadline = try await store.renew(lively, for: .seconds(10), at: clock.now)
            #expect(deadline == clock.now.monotonic + .seconds(10))
            #expect(try await store.stored(ids[1]).lease?.deadline == deadline)
            clock.advance(.seconds(1))
            #expect(try await store.requeueExpired(at: clock.now) == [silent.job])
            #expect(try await store.requeueExpired(at: clock.now).isEmpty)
            let job = try await store.stored(ids[0])
            #expect(job.state == .pending && job.attempt == 2)
            let late = await refusal { () throws(JobsFailure) in
                try await store.renew(silent, for: .seconds(10), at: clock.now)
            }
            #expect(late == .leaseLost)
            let entries = try await store.log(after: 0, of: ids[0], limit: 10).entries
            guard case .requeued(2, let reason, .seconds(2)) = entries.last?.change else {
                Issue.record("\(entries)")
                return
            }
            #expect(reason.contains("silent"))
            await store.close()
        },
        JobStoreConformance("a lost holder's chunk counts against it") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = try await store.add(from: &samples, at: clock.now)[0]
            let chunk = ChunkReference(stage: "detect", index: 3)
            for _ in 0..<2 {
                let claim = try await store.claimOne(at: clock.now)
                let progress = JobProgress(stage: "detect", fraction: 0.1, chunk: chunk)
                try await store.report(progress, of: claim, at: clock.now)
                clock.advance(.seconds(60))
                #expect(try await store.requeueExpired(at: clock.now) == [id])
                clock.advance(.seconds(60))
            }
            #expect(try await store.stored(id).fault?.chunk == chunk)
            await store.close()
        },
        JobStoreConformance("setting the calendar's clock, forwards or backwards, moves no deadline") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            _ = try await store.add(2, from: &samples, at: clock.now)
            let failing = try await store.claimOne(at: clock.now)
            let running = try await store.claimOne(at: clock.now)
            try await store.fail(failing, with: Samples.transient, at: clock.now)
            let request = ClaimRequest(worker: WorkerID("w"))
            for days: Int64 in [400, -800, 1] {
                clock.setWall(by: days * 86_400_000)
                #expect(try await store.requeueExpired(at: clock.now).isEmpty)
                #expect(try await store.claim(request, at: clock.now).claims.isEmpty)
                try await store.renew(running, for: .seconds(10), at: clock.now)
            }
            clock.advance(.seconds(2))
            #expect(try await store.claimOne(at: clock.now).job == failing.job)
            try await store.complete(running, with: JobResult(path: "r"), at: clock.now)
            let job = try await store.stored(running.job)
            #expect(job.endedAt == clock.now.wall)
            await store.close()
        },
        JobStoreConformance("after the machine has started anew, leases and backoff of before are over") { place in
            var store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            _ = try await store.add(2, from: &samples, at: clock.now)
            let failing = try await store.claimOne(at: clock.now)
            let running = try await store.claimOne(at: clock.now)
            try await store.fail(failing, with: Samples.transient, at: clock.now)
            await store.close()
            // The same boot: nothing is forgotten, although the server was gone for a second.
            clock.advance(.seconds(1))
            store = try await place.open()
            let request = ClaimRequest(worker: WorkerID("w"))
            #expect(try await store.requeueExpired(at: clock.now).isEmpty)
            #expect(try await store.claim(request, at: clock.now).claims.isEmpty)
            await store.close()

            var settings = StoreSettings()
            settings.boot = BootID("second boot")
            store = try await place.open(settings)
            let early = JobTime(wall: clock.now.wall, monotonic: MonotonicTime(nanoseconds: 1))
            #expect(try await store.claimOne(at: early).job == failing.job)
            #expect(try await store.requeueExpired(at: early) == [running.job])
            await store.close()
        },
    ]
}

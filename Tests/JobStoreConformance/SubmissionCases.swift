import Jobs
import Testing

extension JobStoreConformance {
    static let submission: [JobStoreConformance] = [
        JobStoreConformance("a job reads back as it was submitted") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let id = samples.id()
            let request = JobRequest(
                video: JobVideo(
                    path: "uploads/ä ö.mp4", fileName: "Spiel 1 \u{1F3D2}'\"; DROP TABLE jobs;--.mp4",
                    byteCount: 5_000_000_000, seconds: 61.5, sha256: "ab"),
                pipelines: ["b", "a", "plugin:x/y\nz"], config: "{\"a\": \"\u{0}\"}", needsGPU: true,
                owner: "token one",
                storagePath: "results/1")
            let outcome = try await store.submit(JobSubmission(id: id, request: request), at: clock.now)
            #expect(outcome == .created(id))
            let job = try await store.stored(id)
            let expected = Job(
                id: id, request: request, state: .pending, attempt: 1, submittedAt: clock.now.wall,
                queuedAt: clock.now.wall, queuePosition: 1)
            #expect(job == expected)
            #expect(try await store.job(samples.id()) == nil)
            await store.close()
        },
        JobStoreConformance("a submission sent again under its key is the job that is there") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let first = samples.submission(key: "key")
            #expect(try await store.submit(first, at: clock.now) == .created(first.id))
            clock.advance(.seconds(5))
            var again = first
            again.id = samples.id()
            again.request.video.path = "uploads/another upload of the same"
            #expect(try await store.submit(again, at: clock.now) == .existing(first.id))
            try await store.cancel(first.id, at: clock.now)
            #expect(try await store.submit(again, at: clock.now) == .existing(first.id))
            #expect(try await store.counts().total == 1)

            var other = again
            other.request.config = "{\"threshold\": 1}"
            let conflict = await refusal { () throws(JobsFailure) in try await store.submit(other, at: clock.now) }
            #expect(conflict == .idempotencyConflict(first.id))
            var elsewhere = again
            elsewhere.request.owner = "another lab"
            #expect(try await store.submit(elsewhere, at: clock.now) == .created(again.id))
            await store.close()
        },
        JobStoreConformance("a submission sent fifty times at once is one job") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let first = samples.submission(key: "key")
            let ids = (0..<50).map { _ in samples.id() }
            let outcomes = try await withThrowingTaskGroup(of: SubmitOutcome.self) { group in
                for id in ids {
                    var submission = first
                    submission.id = id
                    group.addTask { [submission] in try await store.submit(submission, at: clock.now) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(outcomes.map(\.id)).count == 1)
            let created = outcomes.filter { if case .created = $0 { true } else { false } }
            #expect(created.count == 1)
            #expect(try await store.counts()[.pending] == 1)
            await store.close()
        },
        JobStoreConformance("a name that is taken is refused, and the job that has it stays") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let first = samples.submission()
            _ = try await store.submit(first, at: clock.now)
            var second = samples.submission()
            second.id = first.id
            let failure = await refusal { () throws(JobsFailure) in try await store.submit(second, at: clock.now) }
            #expect(failure == .identifierTaken)
            #expect(try await store.stored(first.id).request == first.request)
            await store.close()
        },
        JobStoreConformance("what was answered is there when the store opens again") { place in
            var store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let ids = try await store.add(5, from: &samples, at: clock.now)
            let done = try await store.claimOne(at: clock.now)
            try await store.complete(done, with: JobResult(path: "results/done", message: "m"), at: clock.now)
            let running = try await store.claimOne(at: clock.now)
            try await store.cancel(ids[4], at: clock.now)
            var before: [Job] = []
            for id in ids { before.append(try await store.stored(id)) }
            await store.close()

            store = try await place.open()
            for job in before { #expect(try await store.stored(job.id) == job) }
            #expect(try await store.counts()[.pending] == 2)
            try await store.complete(running, with: JobResult(path: "r"), at: clock.now)
            #expect(try await store.claimOne(at: clock.now).job == ids[2])
            await store.close()
        },
        JobStoreConformance("a closed store refuses") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            await store.close()
            await store.close()
            let submission = samples.submission()
            let write = await refusal { () throws(JobsFailure) in try await store.submit(submission, at: clock.now) }
            #expect(write == .closed)
            let read = await refusal { () throws(JobsFailure) in try await store.job(submission.id) }
            #expect(read == .closed)
            var count = 0
            for await _ in store.changes() { count += 1 }
            #expect(count == 0)
        },
    ]
}

import Jobs
import Testing

extension JobStoreConformance {
    static let drafts: [JobStoreConformance] = [
        JobStoreConformance("a draft reads back as it was written, also by the next server") { place in
            var store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let id = samples.id()
            var draft = Draft(
                id: id, name: "Spiel \u{1F3D2}'\"; DROP TABLE drafts;--", owner: "lab", at: clock.now.wall)
            try await store.create(draft, at: clock.now)
            #expect(try await store.draft(id) == draft)
            #expect(try await store.draft(samples.id()) == nil)
            clock.advance(.seconds(3))
            draft.video = JobVideo(
                path: "uploads/ä", fileName: "ä ö.mp4", byteCount: 5_000_000_000, seconds: 61.5, sha256: "ab")
            draft.setup = "{\"player_number\": 17}"
            draft.proxyPath = "uploads/ä/proxy"
            draft.name = nil
            let saved = try #require(try await store.save(draft, at: clock.now))
            #expect(saved.revision == 2 && saved.changedAt == clock.now.wall)
            #expect(saved.video == draft.video && saved.setup == draft.setup && saved.name == nil)
            #expect(saved.proxyPath == draft.proxyPath && saved.createdAt == draft.createdAt)
            await store.close()
            store = try await place.open()
            #expect(try await store.draft(id) == saved)
            await store.close()
        },
        JobStoreConformance("a name belongs to one draft or one job") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let job = try await store.add(from: &samples, at: clock.now)[0]
            let draft = try await store.addDraft(from: &samples, at: clock.now)
            for taken in [job, draft.id] {
                let copy = Draft(id: taken, owner: "other", at: clock.now.wall)
                let kind = await refusal { () throws(JobsFailure) in try await store.create(copy, at: clock.now) }
                #expect(kind == .identifierTaken)
            }
            let stranger = JobSubmission(id: draft.id, request: Samples.request("x"))
            let kind = await refusal { () throws(JobsFailure) in try await store.submit(stranger, at: clock.now) }
            #expect(kind == .identifierTaken)
            let run = JobSubmission(id: job, request: Samples.request("x"))
            let other = await refusal { () throws(JobsFailure) in try await store.run(draft, as: run, at: clock.now) }
            #expect(other == .identifierTaken)
            #expect(try await store.draft(draft.id) == draft)
            await store.close()
        },
        JobStoreConformance("of changes at the same time one is taken, and the others are told") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let draft = try await store.addDraft(from: &samples, at: clock.now)
            let taken = try await withThrowingTaskGroup(of: Draft?.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        var mine = draft
                        mine.setup = "\(number)"
                        return try await store.save(mine, at: clock.now)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            #expect(taken.count == 1)
            #expect(try await store.draft(draft.id) == taken.first)
            let absent = Draft(id: samples.id(), owner: "lab", at: clock.now.wall)
            let kind = await refusal { () throws(JobsFailure) in try await store.save(absent, at: clock.now) }
            #expect(kind == .jobNotFound)
            await store.close()
        },
        JobStoreConformance("a draft that is run forty times at once is one job") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            let draft = try await store.addDraft(from: &samples, at: clock.now)
            let submissions = [draft.id] + (0..<39).map { _ in samples.id() }
            let taken = try await withThrowingTaskGroup(of: Draft?.self) { group in
                for id in submissions {
                    group.addTask {
                        let submission = JobSubmission(id: id, request: Samples.request(id.text))
                        return try await store.run(draft, as: submission, at: clock.now)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            let run = try #require(taken.first)
            #expect(taken.count == 1 && run.runs.count == 1 && run.state == .submitted)
            #expect(run.currentRun == run.runs.last)
            #expect(try await store.counts().total == 1)
            #expect(try await store.draft(draft.id) == run)
            #expect(try await store.draft(ofRun: try #require(run.currentRun)) == run)
            await store.close()
        },
        JobStoreConformance("a draft is run again once its run has ended, not before") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            var draft = try await store.addDraft(from: &samples, at: clock.now)
            draft = try await store.mustRun(draft, as: draft.id, at: clock.now)
            let next = JobSubmission(id: samples.id(), request: Samples.request("again"))
            for isRunning in [false, true] {
                if isRunning { _ = try await store.claimOne(at: clock.now) }
                let (present, now) = (draft, clock.now)
                let kind = await refusal { () throws(JobsFailure) in try await store.run(present, as: next, at: now) }
                #expect(kind == .jobActive(isRunning ? .running : .pending))
            }
            try await store.cancel(draft.id, at: clock.now)
            clock.advance(.seconds(1))
            let again = try await store.mustRun(draft, as: next.id, at: clock.now)
            #expect(again.runs == [draft.id, next.id] && again.changedAt == clock.now.wall)
            #expect(try await store.stored(draft.id).state == .cancelled)
            #expect(try await store.stored(next.id).state == .pending)
            #expect(try await store.run(draft, as: next, at: clock.now) == nil)
            await store.close()
        },
        JobStoreConformance("a draft goes with all its runs, and not while one of them is at work") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            var draft = try await store.addDraft(from: &samples, at: clock.now)
            let bystander = try await store.addDraft(from: &samples, at: clock.now)
            draft = try await store.mustRun(draft, as: draft.id, at: clock.now)
            try await store.cancel(draft.id, at: clock.now)
            let second = samples.id()
            draft = try await store.mustRun(draft, as: second, at: clock.now)
            let id = draft.id
            let kind = await refusal { () throws(JobsFailure) in try await store.discard(id, at: clock.now) }
            #expect(kind == .jobActive(.pending))
            #expect(try await store.stored(id).state == .cancelled)
            try await store.cancel(second, at: clock.now)
            try await store.discard(id, at: clock.now)
            for gone in [id, second] {
                #expect(try await store.job(gone) == nil)
                #expect(try await store.draft(ofRun: gone) == nil)
            }
            #expect(try await store.draft(id) == nil)
            #expect(try await store.draft(bystander.id) == bystander)
            #expect(try await store.counts().total == 0)
            let again = await refusal { () throws(JobsFailure) in try await store.discard(id, at: clock.now) }
            #expect(again == .jobNotFound)
            await store.close()
        },
        JobStoreConformance("a run that is deleted by itself leaves its draft as it was before it") { place in
            let store = try await place.open()
            let clock = SampleClock()
            var samples = Samples()
            var draft = try await store.addDraft(from: &samples, at: clock.now)
            let runs = [draft.id, samples.id()]
            for run in runs {
                draft = try await store.mustRun(draft, as: run, at: clock.now)
                try await store.cancel(run, at: clock.now)
            }
            try await store.delete(runs[1], at: clock.now)
            let first = try #require(try await store.draft(draft.id))
            #expect(first.currentRun == runs[0] && first.revision > draft.revision)
            try await store.delete(runs[0], at: clock.now)
            let none = try #require(try await store.draft(draft.id))
            #expect(none.runs.isEmpty && none.state == .open)
            #expect(try await store.save(draft, at: clock.now) == nil)
            await store.close()
        },
        JobStoreConformance("a run with a delay waits for it, and is counted and placed meanwhile") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            let draft = try await store.addDraft(from: &samples, at: clock.now)
            let delayed = JobSubmission(id: draft.id, request: Samples.request("d"), delay: .milliseconds(300))
            _ = try await store.run(draft, as: delayed, at: clock.now)
            let request = ClaimRequest(worker: WorkerID("w"))
            let early = try await store.claim(request, at: clock.now)
            #expect(early.claims.isEmpty)
            #expect(early.nextWakeUp == clock.now.monotonic + .milliseconds(300))
            #expect(try await store.stored(draft.id).queuePosition == 1)
            #expect(try await store.counts()[.pending] == 1)
            clock.advance(.milliseconds(300))
            #expect(try await store.claimOne(at: clock.now).job == draft.id)
            await store.close()
        },
        JobStoreConformance("drafts are found by their last change, and those on their way out") { place in
            let store = try await place.open()
            var clock = SampleClock()
            var samples = Samples()
            var drafts: [Draft] = []
            for _ in 0..<3 {
                drafts.append(try await store.addDraft(from: &samples, at: clock.now))
                clock.advance(.seconds(10))
            }
            drafts[0].state = .removed
            drafts[0] = try #require(try await store.save(drafts[0], at: clock.now))
            let old = try await store.drafts(changedBefore: clock.now.wall, limit: 10)
            #expect(old == [drafts[1].id, drafts[2].id])
            #expect(try await store.drafts(changedBefore: clock.now.wall, limit: 1) == [drafts[1].id])
            #expect(try await store.removedDrafts() == [drafts[0].id])
            await store.close()
        },
    ]
}

extension DraftStore {
    fileprivate func addDraft(from samples: inout Samples, at time: JobTime) async throws -> Draft {
        let draft = Draft(id: samples.id(), owner: "lab", at: time.wall)
        try await create(draft, at: time)
        return draft
    }

    /// The draft after it was run; that it can be is part of the case.
    fileprivate func mustRun(_ draft: Draft, as id: JobID, at time: JobTime) async throws -> Draft {
        let submission = JobSubmission(id: id, request: Samples.request(id.text))
        return try #require(try await run(draft, as: submission, at: time))
    }
}

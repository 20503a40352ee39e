import Jobs
import TestSupport
import Testing

extension JobStoreConformance {
    /// Random calls, each answered by the store and by ``ModelStore``; a failure names its seed.
    static let model: [JobStoreConformance] = (1...6).map { (seed: UInt64) in
        JobStoreConformance("random calls are answered as the model answers them, seed \(seed)") { place in
            var run = try await ModelRun(place, seed: seed)
            for _ in 0..<250 { try await run.step() }
            try await run.compare()
            await run.store.close()
        }
    }
}

/// A store and its model, side by side.
private struct ModelRun {
    private let place: StorePlace
    private let settings: StoreSettings
    private(set) var store: any JobStore
    private var model: ModelStore
    private var generator: SplitMix64
    private var samples: Samples
    private var clock = SampleClock()
    private var keyed: [JobSubmission] = []
    private var steps = 0
    /// What is wrong is said with the seed and the step.
    private var context: Comment { "seed \(settings.seed), step \(steps)" }

    init(_ place: StorePlace, seed: UInt64) async throws {
        var settings = StoreSettings()
        settings.seed = seed
        settings.policy = RetryPolicy(
            retries: 2, baseDelay: .seconds(2), maximumDelay: .seconds(60), jitter: 0, interruptions: 3)
        self.place = place
        self.settings = settings
        store = try await place.open(settings)
        model = ModelStore(policy: settings.policy)
        generator = SplitMix64(seed: seed)
        samples = Samples(seed: seed &+ 1000)
    }

    mutating func step() async throws {
        steps += 1
        if chance(1, of: 3) { clock.advance(.milliseconds(Int.random(in: 0...4000, using: &generator))) }
        if chance(1, of: 20) { clock.setWall(by: Int64.random(in: -1_000_000...1_000_000, using: &generator)) }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<22: try await submit()
        case 22..<42: try await claim()
        case 42..<85: try await applyTransitions()
        case 85..<90: try await requeueExpired()
        case 90..<92: try await interruptRunning()
        case 92..<96: try await delete()
        case 96..<98: try await reopen()
        default: try await compare()
        }
    }

    private mutating func submit() async throws {
        var submission = samples.submission(owner: ["a", "b", "c"].randomElement(using: &generator) ?? "a")
        submission.request.needsGPU = chance(1, of: 3)
        if chance(1, of: 4), let earlier = keyed.randomElement(using: &generator) {
            submission.request = earlier.request
            submission.idempotencyKey = earlier.idempotencyKey
        } else if chance(1, of: 2) {
            submission.idempotencyKey = "key \(steps)"
            keyed.append(submission)
        }
        let id = try await store.submit(submission, at: clock.now).id
        #expect(id == model.submit(submission, at: clock.now), context)
    }

    private mutating func claim() async throws {
        let request = ClaimRequest(
            worker: WorkerID(chance(1, of: 2) ? "one" : "two"), limit: Int.random(in: 0...4, using: &generator),
            gpuLimit: Int.random(in: 0...2, using: &generator), leaseDuration: .seconds(5))
        let expected = model.expectedClaim(request, at: clock.now)
        let claimed = try await store.claim(request, at: clock.now)
        #expect(claimed.claims.map(\.job) == expected, context)
        for claim in claimed.claims { model.take(claim, by: request, at: clock.now) }
        #expect(claimed.nextWakeUp == model.nextWakeUp(at: clock.now), context)
    }

    private mutating func applyTransitions() async throws {
        let transitions = (0..<Int.random(in: 1...3, using: &generator)).map { _ in transition() }
        let answers = try await store.apply(transitions, at: clock.now)
        for (transition, answer) in zip(transitions, answers) {
            let expected = model.apply(transition, at: clock.now)
            #expect((try? answer.get().state) == expected, "\(context): \(transition)")
        }
    }

    private mutating func transition() -> JobTransition {
        let running = model.entries.filter { $0.job.state == .running }
        let entry = (chance(4, of: 5) ? running : model.entries).randomElement(using: &generator)
        var fence = entry?.lastFence
        if chance(1, of: 8) { fence = Fence(attempt: 1, lease: .random(using: &generator)) }
        let step: JobTransition.Step
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<3: step = .renew(.seconds(5))
        case 3..<7:
            step = .progress(
                JobProgress(
                    stage: "s", fraction: Double(Int.random(in: 0...64, using: &generator)) / 64, chunk: chunk()))
        case 7..<11: step = .complete(JobResult(path: "results/\(steps)"))
        case 11..<13: step = .fail(chance(1, of: 3) ? Samples.permanent : Samples.transient)
        case 13..<15: step = .workerDied(WorkerDeath(reason: "killed", chunk: chunk()))
        case 15..<18: step = .interrupt(reason: "drained")
        default:
            step = .cancel
            if chance(2, of: 3) { fence = nil }
        }
        return JobTransition(job: entry?.job.id ?? samples.id(), fence: fence, step: step)
    }

    private mutating func chunk() -> ChunkReference? {
        chance(1, of: 2) ? nil : ChunkReference(stage: "s", index: Int.random(in: 0...2, using: &generator))
    }

    private mutating func requeueExpired() async throws {
        let found = try await store.requeueExpired(at: clock.now)
        #expect(found == model.requeueExpired(at: clock.now), context)
    }

    private mutating func interruptRunning() async throws {
        let worker = chance(1, of: 2) ? WorkerID("one") : nil
        let found = try await store.interruptRunning(heldBy: worker, reason: "r", at: clock.now)
        #expect(found == model.interruptRunning(heldBy: worker, at: clock.now), context)
    }

    private mutating func delete() async throws {
        guard let id = model.entries.randomElement(using: &generator)?.job.id else { return }
        let (store, now) = (store, clock.now)
        let failure = await refusal { () throws(JobsFailure) in try await store.delete(id, at: now) }
        #expect((failure == nil) == model.delete(id), context)
    }

    private mutating func reopen() async throws {
        await store.close()
        store = try await place.open(settings)
        model.reopen()
        try await compare()
    }

    func compare() async throws {
        let page = try await store.list(JobQuery(page: 1, perPage: 1000))
        #expect(page.jobs.map(Self.plain) == model.jobs.map(Self.plain), context)
        for state in JobState.allCases {
            let count = try await store.counts()[state]
            #expect(count == model.jobs.count { $0.state == state }, context)
        }
        let log = try await store.log(after: 0, of: nil, limit: 10_000)
        #expect(log.entries.map(Self.line) == model.log, context)
    }

    /// Without wording.
    private static func plain(_ job: Job) -> Job {
        var job = job
        job.fault = job.fault.map { Fault(kind: .permanent, code: $0.code, message: "") }
        return job
    }

    private static func line(_ entry: JobLogEntry) -> ModelStore.Line {
        let text =
            switch entry.change {
            case .submitted: "submitted"
            case .started(let attempt, _): "started \(attempt)"
            case .progressed(let progress): "progressed \(progress.fraction)"
            case .requeued(let attempt, _, let delay): "requeued \(attempt) \(delay)"
            case .completed: "completed"
            case .failed(let fault): "failed \(fault.code)"
            case .cancelled: "cancelled"
            case .deleted: "deleted"
            }
        let isProgress = if case .progressed = entry.change { true } else { false }
        return ModelStore.Line(job: entry.job, text: text, isProgress: isProgress)
    }

    private mutating func chance(_ share: Int, of whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &generator) < share
    }
}

import ArgumentParser
import Foundation
import Jobs
import StoreSQLite

struct BenchJobs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "The job store and the scheduler: jobs/s, and how long a call takes.",
        discussion: """
            A store of its own, in a fresh folder that is removed afterwards. Everything that is counted is durable: each \
            commit is synchronised to the disk, so the disk decides the figures that are not batched.
            """)

    @Option(help: "How many jobs the store holds.")
    var jobs = PositiveCount(100_000)

    @Option(help: "How many jobs a batch claims and completes.")
    var batch = PositiveCount(2000)

    @Option(help: "How often each single call is measured.")
    var calls = PositiveCount(500)

    @Option(help: ArgumentHelp("Where the store is made, on the disk to be measured.", valueName: "folder"))
    var folder = FileManager.default.temporaryDirectory.path

    @Flag(help: "Print JSON instead of the table.")
    var json = false

    func run() throws {
        let path = "\(folder)/gantry-bench-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover scratch folder harms nothing
        let table = try AsyncWork.run { try await StoreBench(command: self, folder: path).measure() }
        try StandardOutput.print(json ? table.json() : table.text())
    }
}

/// The measurements, one after the other on one store.
private struct StoreBench {
    let command: BenchJobs
    let folder: String
    private let worker = WorkerID("bench")

    init(command: BenchJobs, folder: String) {
        self.command = command
        self.folder = folder
    }

    func measure() async throws -> BenchTable {
        var table = BenchTable(["what", "jobs", "jobs_per_s", "cpu_us_per_job", "p50_ms", "p99_ms"])
        let store = try SQLiteJobStore(StoreConfiguration(folder: folder))
        let (total, calls) = (command.jobs.value, command.calls.value)

        let filling = try await Effort.of { try await submit(total, to: store, clients: 500) }
        table.add(rate: "submit, 500 clients", of: total, in: filling)
        let submitting = try await Calls.time(calls) { _ in try await submit(1, to: store, clients: 1) }
        table.add(calls: "submit, one by one", submitting)

        let listing = try await Calls.time(calls) { _ in _ = try await store.list(JobQuery(perPage: 100)) }
        table.add(calls: "list the newest 100", listing)
        let last = total / 100
        let deep = try await Calls.time(calls) { number in
            _ = try await store.list(JobQuery(state: .pending, page: 1 + number * 7919 % last, perPage: 100))
        }
        table.add(calls: "list 100 pending, any page", deep)

        let singly = try await Calls.time(calls) { _ in try await finish(1, in: store) }
        table.add(calls: "claim and complete, one by one", singly)
        let together = try await Effort.of {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 { group.addTask { for _ in 0..<50 { try await finish(1, in: store) } } }
                try await group.waitForAll()
            }
        }
        table.add(rate: "claim and complete, 64 workers one by one", of: 64 * 50, in: together)
        let left = try await store.counts()[.pending]
        let batched = try await Effort.of {
            while try await store.counts()[.pending] > 0 { try await finish(command.batch.value, in: store) }
        }
        table.add(rate: "claim and complete, batches of \(command.batch)", of: left, in: batched)

        try await table.add(calls: "dispatch, from answer to claim", dispatch(store, calls: calls))
        await store.close()
        let opening = try await Calls.time(1) { _ in
            try await SQLiteJobStore(StoreConfiguration(folder: folder)).close()
        }
        table.add(calls: "open, checks included", opening)
        return table
    }

    private func submit(_ count: Int, to store: SQLiteJobStore, clients: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    var generator = SystemRandomNumberGenerator()
                    for number in stride(from: client, to: count, by: clients) {
                        let video = JobVideo(
                            path: "uploads/\(client)-\(number).mp4", fileName: "game.mp4", byteCount: 1 << 30,
                            seconds: 3600, sha256: String(repeating: "a", count: 64))
                        let request = JobRequest(
                            video: video, pipelines: ["scene_detection", "person_tracking"],
                            config: "{\"person_tracking\": {\"pps\": 5}}", owner: "lab \(client % 8)")
                        let submission = JobSubmission(
                            id: .random(using: &generator), request: request, idempotencyKey: UUID().uuidString)
                        _ = try await store.submit(submission, at: .now())
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Claims up to `count` jobs in one call and completes them in another.
    private func finish(_ count: Int, in store: SQLiteJobStore) async throws {
        let request = ClaimRequest(worker: worker, limit: count)
        let claims = try await store.claim(request, at: .now()).claims
        let transitions = claims.map {
            JobTransition(job: $0.job, fence: $0.fence, step: .complete(JobResult(path: "results/\($0.job)")))
        }
        _ = try await store.apply(transitions, at: .now())
    }

    /// From a job's acknowledgement to the moment that an idle scheduler, woken by it, holds a claim.
    private func dispatch(_ store: SQLiteJobStore, calls: Int) async throws -> Calls {
        let (claimed, claims) = AsyncStream.makeStream(of: Claim.self)
        // It listens before the first job is there.
        let changes = store.changes()
        let scheduler = Task {
            var core = SchedulerCore(limits: SchedulerLimits(jobs: 1))
            for await _ in changes {
                var action = core.handle(.workAppeared, now: JobTime.now().monotonic)
                while case .claim(let limit, let gpuLimit) = action {
                    let request = ClaimRequest(worker: worker, limit: limit, gpuLimit: gpuLimit)
                    let answer = try await store.claim(request, at: .now())
                    action = core.handle(.claimed(answer), now: JobTime.now().monotonic)
                    for claim in answer.claims {
                        claims.yield(claim)
                        action = core.handle(.attemptEnded(claim.job), now: JobTime.now().monotonic)
                    }
                }
            }
        }
        defer { scheduler.cancel() }
        var iterator = claimed.makeAsyncIterator()
        var times = Calls()
        for _ in 0..<calls {
            try await submit(1, to: store, clients: 1)
            let start = Effort.now()
            guard let claim = await iterator.next() else { break }
            let end = Effort.now()
            times.seconds.append(end.wall - start.wall)
            times.cpu += end.cpu - start.cpu
            try await store.complete(claim, with: JobResult(path: "results"), at: .now())
        }
        return times
    }
}

/// How long the same call took, each time.
private struct Calls {
    var seconds: [Double] = []
    /// Of all of them.
    var cpu = 0.0

    static func time(_ count: Int, _ call: (Int) async throws -> Void) async throws -> Calls {
        var calls = Calls()
        for number in 0..<count {
            let effort = try await Effort.of { try await call(number) }
            calls.seconds.append(effort.wall)
            calls.cpu += effort.cpu
        }
        return calls
    }

    /// The value that this share of them does not exceed.
    func quantile(_ share: Double) -> Double {
        let sorted = seconds.sorted()
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
    }
}

extension BenchTable {
    fileprivate mutating func add(rate what: String, of count: Int, in effort: Effort) {
        add(
            .text(what), .count(count), .number(Double(count) / effort.wall, digits: 0),
            .number(effort.cpu * 1e6 / Double(count), digits: 1), .text(""), .text(""))
    }

    fileprivate mutating func add(calls what: String, _ calls: Calls) {
        let count = Double(calls.seconds.count)
        add(
            .text(what), .count(calls.seconds.count), .number(count / calls.seconds.reduce(0, +), digits: 0),
            .number(calls.cpu * 1e6 / count, digits: 1), .number(calls.quantile(0.5) * 1000, digits: 2),
            .number(calls.quantile(0.99) * 1000, digits: 2))
    }
}

import Jobs

/// The jobs that Redis has to show, read from the store in one go.
struct StoreSnapshot: Sendable {
    /// The log's newest entry before the first job was read: what has changed since comes after it.
    var sequence: Int64
    /// In the store's order.
    var waiting: [Job] = []
    var running: [Job] = []
    /// By when they ended.
    var ended: [Job] = []

    /// Reads pages until the jobs that wait and run are those of one moment, or nearly: while pages were turned a job
    /// may have moved from one to another. What is missed in the end shows itself with its next change.
    init(of store: any JobStore, at now: WallTime) async throws(JobsFailure) {
        sequence = try await Self.newest(store)
        for _ in 0..<4 {
            let before = try await Self.newest(store)
            running = try await Self.jobs(.running, of: store)
            let (waiting, pages) = try await Self.pages(.pending, of: store, limit: .max)
            self.waiting = waiting
            guard pages > 1, try await Self.newest(store) != before else { break }
        }
        waiting = Self.inOrder(waiting)
        let second = now.milliseconds / 1000
        for state in [JobState.completed, .failed, .cancelled] {
            ended += try await Self.pages(state, of: store, limit: QueueModel.endedLimit).jobs.filter {
                RQJob(job: $0, queue: "").expiry ?? 0 > second
            }
        }
        ended.sort { ($0.endedAt ?? now, $0.id) < ($1.endedAt ?? now, $1.id) }
    }

    /// Those that wait, in the store's order.
    static func waiting(in store: any JobStore) async throws(JobsFailure) -> [Job] {
        inOrder(try await jobs(.pending, of: store))
    }

    private static func inOrder(_ jobs: [Job]) -> [Job] {
        var seen = Set<JobID>()
        return jobs.filter { seen.insert($0.id).inserted }.sorted {
            ($0.queuePosition ?? .max, $0.id) < ($1.queuePosition ?? .max, $1.id)
        }
    }

    private static func newest(_ store: any JobStore) async throws(JobsFailure) -> Int64 {
        // No job has this name: the answer holds only the number.
        guard let nobody = JobID("ffffffffffff") else { return 0 }
        return try await store.log(after: 0, of: nobody, limit: 1).last
    }

    private static func jobs(_ state: JobState, of store: any JobStore) async throws(JobsFailure) -> [Job] {
        try await pages(state, of: store, limit: .max).jobs
    }

    private static func pages(
        _ state: JobState, of store: any JobStore, limit: Int
    ) async throws(JobsFailure) -> (jobs: [Job], pages: Int) {
        var jobs: [Job] = []
        var page = 1
        while true {
            let found = try await store.list(JobQuery(state: state, page: page, perPage: 1000)).jobs
            jobs += found
            guard found.count == 1000, jobs.count < limit else { return (jobs, page) }
            page += 1
        }
    }
}

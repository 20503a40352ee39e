import Jobs
import TestSupport

@testable import StoreSQLite

/// Some of everything that a store is asked to do, one call after the other, with answers that can be compared.
struct FaultWorkload {
    private var samples = SplitMix64(seed: 3)
    private var claims: [Claim] = []
    private var ids: [JobID] = []
    let now = JobTime(wall: WallTime(milliseconds: 1_000_000), monotonic: MonotonicTime(nanoseconds: 1_000_000_000))

    init() {
        for _ in 0..<4 { ids.append(.random(using: &samples)) }
    }

    static let stepCount = 12

    /// One of the calls, which come in this order.
    mutating func step(_ index: Int, in store: SQLiteJobStore) async throws(JobsFailure) -> String {
        switch index {
        case 0..<4: return try await submit(index, store)
        case 4: return try await claim(store)
        case 5:
            try await store.report(JobProgress(stage: "s", fraction: 0.5), of: claims[0], at: now)
            return "reported"
        case 6:
            try await store.complete(claims[0], with: JobResult(path: "r"), at: now)
            return "completed"
        case 7:
            let fault = Fault(kind: .transient, code: "C", message: "m")
            return "\(try await store.fail(claims[1], with: fault, at: now))"
        case 8:
            try await store.cancel(ids[2], at: now)
            return "cancelled"
        case 9: return "\(try await store.interruptRunning(heldBy: nil, reason: "stopped", at: now))"
        case 10:
            try await store.delete(ids[0], at: now)
            return "deleted"
        default:
            try await store.trimLog(keeping: 4)
            return "trimmed"
        }
    }

    private func submit(_ index: Int, _ store: SQLiteJobStore) async throws(JobsFailure) -> String {
        // Long enough for pages of its own.
        let video = JobVideo(path: "v", fileName: "v.mp4", byteCount: 1, sha256: "\(index)")
        let request = JobRequest(video: video, pipelines: ["p"], config: String(repeating: "x", count: 3000))
        let submission = JobSubmission(id: ids[index], request: request, idempotencyKey: "\(index)")
        return "\(try await store.submit(submission, at: now))"
    }

    private mutating func claim(_ store: SQLiteJobStore) async throws(JobsFailure) -> String {
        let request = ClaimRequest(worker: WorkerID("w"), limit: 3)
        claims = try await store.claim(request, at: now).claims
        return "\(claims.map(\.job))"
    }

    /// All that the store has, without the leases' tokens, which are drawn anew when a claim is repeated.
    static func state(of store: SQLiteJobStore) async throws(JobsFailure) -> String {
        let jobs = try await store.list(JobQuery(perPage: 100)).jobs.map { job in
            var job = job
            job.lease = nil
            return job
        }
        let log = try await store.log(after: 0, of: nil, limit: 1000)
        return "\(jobs) \(log.entries.map { "\($0.job) \($0.change)" }) \(log.hasGap)"
    }
}

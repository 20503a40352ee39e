import Glibc
import Jobs
import StoreSQLite
import TestSupport

/// A program that works on a job store until it is killed, and says on standard output what the store has
/// acknowledged, a line each.
///
///     gantry-store-victim FOLDER SEED FIRST-KEYS [POINT COUNT]
///
/// FIRST-KEYS are the numbers from which each client goes on, with commas. With POINT it kills itself when it gets there
/// for the COUNTth time.
@main struct StoreVictim {
    static func main() async throws {
        alarm(60)
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 3, let seed = UInt64(arguments[1]) else { exit(64) }
        let firstKeys = arguments[2].split(separator: ",").compactMap { Int($0) }
        var configuration = StoreConfiguration(
            folder: arguments[0], policy: RetryPolicy(baseDelay: .milliseconds(1)), generator: SplitMix64(seed: seed))
        if arguments.count >= 5, let point = StorePoint(rawValue: arguments[3]), let count = Int(arguments[4]) {
            configuration.probe = Trap(point: point, count: count).spring
        }
        let store = try SQLiteJobStore(configuration)
        _ = try await store.interruptRunning(heldBy: nil, reason: "the server was killed", at: .now())
        say("open")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (client, first) in firstKeys.enumerated() {
                group.addTask { try await submit(to: store, client: client, first: first, seed: seed) }
            }
            for worker in 0..<2 {
                group.addTask { try await work(for: store, worker: worker, seed: seed) }
            }
            try await group.waitForAll()
        }
    }

    /// A client that submits one job after the other. It starts with the one whose answer it may have missed.
    private static func submit(to store: SQLiteJobStore, client: Int, first: Int, seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed &* 31 &+ UInt64(client))
        for number in first..<(first + 500) {
            let key = "\(client)-\(number)"
            let video = JobVideo(path: "uploads/\(key)", fileName: "a.mp4", byteCount: 1, sha256: key)
            let request = JobRequest(video: video, pipelines: ["p"], owner: "client \(client)")
            let submission = JobSubmission(
                id: .random(using: &generator), request: request, idempotencyKey: key)
            let outcome = try await store.submit(submission, at: .now())
            say("submitted \(key) \(outcome.id)")
        }
    }

    private static func work(for store: SQLiteJobStore, worker: Int, seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed &* 37 &+ UInt64(worker))
        while true {
            let request = ClaimRequest(worker: WorkerID("\(worker)"), limit: 2, leaseDuration: .seconds(30))
            let claims = try await store.claim(request, at: .now()).claims
            if claims.isEmpty { await Task.yield() }
            for claim in claims {
                let progress = JobProgress(stage: "s", fraction: 0.5)
                try await store.report(progress, of: claim, at: .now())
                switch Int.random(in: 0..<8, using: &generator) {
                case 0:
                    try await store.fail(
                        claim, with: Fault(kind: .permanent, code: "C", message: "m"), at: .now())
                    say("failed \(claim.job)")
                case 1:
                    try await store.cancel(claim.job, at: .now())
                    say("cancelled \(claim.job)")
                case 2:
                    try await store.step(.interrupt(reason: "drained"), of: claim, at: .now())
                default:
                    try await store.complete(claim, with: JobResult(path: "r"), at: .now())
                    say("completed \(claim.job)")
                }
            }
        }
    }

    /// One line, in one call of write(2): whole, or not there.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
    }
}

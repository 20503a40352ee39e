import Jobs
import TestSupport
import Testing

/// Both clocks of a made-up machine.
struct SampleClock {
    private(set) var now = JobTime(
        wall: WallTime(milliseconds: 1_700_000_000_000), monotonic: MonotonicTime(nanoseconds: 5_000_000_000))

    mutating func advance(_ duration: Duration) {
        now.monotonic = now.monotonic + duration
        now.wall.milliseconds += duration.nanoseconds / 1_000_000
    }

    /// Somebody sets the calendar's clock.
    mutating func setWall(by milliseconds: Int64) { now.wall.milliseconds += milliseconds }
}

/// Jobs with names that a test can repeat.
struct Samples {
    private var generator: SplitMix64

    init(seed: UInt64 = 7) { generator = SplitMix64(seed: seed) }

    mutating func id() -> JobID { .random(using: &generator) }

    mutating func submission(owner: String = "lab", gpu: Bool = false, key: String? = nil) -> JobSubmission {
        let id = id()
        return JobSubmission(id: id, request: Self.request(id.text, owner: owner, gpu: gpu), idempotencyKey: key)
    }

    static func request(_ name: String, owner: String = "lab", gpu: Bool = false) -> JobRequest {
        JobRequest(
            video: JobVideo(path: "uploads/\(name)", fileName: "\(name).mp4", byteCount: 1000, sha256: name),
            pipelines: ["scene_detection", "person_tracking"], config: "{}", needsGPU: gpu, owner: owner)
    }

    static let transient = Fault(kind: .transient, code: "GPU_OUT_OF_MEMORY", message: "the GPU's memory is full")
    static let permanent = Fault(
        kind: .permanent, code: "INVALID_VIDEO", message: "no video stream", hint: "Convert it")
}

extension JobStore {
    /// Submits `count` jobs of `owner`.
    func add(
        _ count: Int = 1, owner: String = "lab", gpu: Bool = false, from samples: inout Samples, at time: JobTime
    ) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<count {
            ids.append(try await submit(samples.submission(owner: owner, gpu: gpu), at: time).id)
        }
        return ids
    }

    /// The next job, claimed for ten seconds.
    func claimOne(_ worker: String = "worker", at time: JobTime) async throws -> Claim {
        let request = ClaimRequest(worker: WorkerID(worker), limit: 1, leaseDuration: .seconds(10))
        return try #require(try await claim(request, at: time).claims.first)
    }

    /// A job that is there.
    func stored(_ id: JobID) async throws -> Job { try #require(try await job(id)) }
}

/// What `body` throws; nil where it does not.
func refusal(of body: () async throws(JobsFailure) -> some Any) async -> JobsFailure.Kind? {
    do throws(JobsFailure) {
        _ = try await body()
        return nil
    } catch {
        return error.kind
    }
}

import FileSafety

/// What a server and a worker (`gantry worker`) say to each other: JSON bodies of `POST /api/v1/workers/…`.
///
/// Both are the same version of the program (``WorkerHello`` sees to that), so these messages may change with each. Paths
/// are relative to the storage folder, and moments are spans from now: neither mounts nor clocks are shared.
package enum WorkerMessages {
    /// Bytes of the largest message either way.
    package static let largest = 4 << 20
    /// How long a server lets a watch wait before it says that there is nothing new.
    package static let watchDuration = Duration.seconds(20)
}

/// A worker introduces itself; answered with ``WorkerWelcome``, or refused.
package struct WorkerHello: Codable, Hashable, Sendable {
    /// The program's.
    package var version: String
    /// Unique among the workers of a server.
    package var name: String
    package var host: String
    package var pid: Int32
    package var slots: Int
    package var gpuSlots: Int
    /// What it made within ``StorageFolders/temporary``: a folder with a file ``nonceFile`` in it.
    package var folder: String
    /// The content of that file. A server that finds it there has the same storage as the worker, and may read what
    /// the worker writes.
    package var nonce: String

    package static let nonceFile = "nonce"

    package init(
        version: String, name: String, host: String, pid: Int32, slots: Int, gpuSlots: Int, folder: String,
        nonce: String
    ) {
        self.version = version
        self.name = name
        self.host = host
        self.pid = pid
        self.slots = slots
        self.gpuSlots = gpuSlots
        self.folder = folder
        self.nonce = nonce
    }
}

/// The worker is one of the server's.
package struct WorkerWelcome: Codable, Hashable, Sendable {
    /// Shown with everything that follows; the server's next life does not know it.
    package var session: String
    /// The server's umask: results are for whom the server's files are.
    package var fileMask: UInt32
    /// Of one job, at most.
    package var attempts: Int

    package init(session: String, fileMask: UInt32, attempts: Int) {
        self.session = session
        self.fileMask = fileMask
        self.attempts = attempts
    }
}

/// Why a server does not take a worker, in the answer's `detail`.
package enum WorkerRefusal: String, Codable, Sendable {
    /// The program is of another version.
    case version
    /// The worker's storage folder is not the server's.
    case storage
    /// A worker of this name is connected already.
    case name
    /// The session is of an earlier life of the server: introduce yourself again.
    case session
}

/// A run of a job in a worker's hands.
package struct HeldJob: Codable, Hashable, Sendable {
    package var job: JobID
    package var fence: Fence

    package init(job: JobID, fence: Fence) {
        self.job = job
        self.fence = fence
    }
}

/// "I am here, this is what I run: tell me what I should know." Answered with ``WorkerNotice``, as soon as there is
/// something to tell.
package struct WorkerWatch: Codable, Hashable, Sendable {
    package var session: String
    /// All that it runs and has not been told to stop.
    package var running: [HeldJob]
    /// What it was told to stop and has not ended yet.
    package var stopping: [HeldJob]
    /// Claims of this session that are over for the worker, answered or not: what they gave and is not listed above was
    /// lost on its way.
    package var finishedClaims: Int
    /// As the last notice said; -1 before the first.
    package var work: Int

    package init(session: String, running: [HeldJob], stopping: [HeldJob], finishedClaims: Int, work: Int) {
        self.session = session
        self.running = running
        self.stopping = stopping
        self.finishedClaims = finishedClaims
        self.work = work
    }
}

package struct WorkerNotice: Codable, Hashable, Sendable {
    /// Rises whenever there may be something new to claim.
    package var work: Int
    /// Runs that are to be ended: their jobs were cancelled, or are somebody else's.
    package var stop: [HeldJob]

    package init(work: Int, stop: [HeldJob]) {
        self.work = work
        self.stop = stop
    }
}

/// "Give me jobs." Answered with ``GivenJobs``.
package struct WorkerClaim: Codable, Hashable, Sendable {
    package var session: String
    /// Counted from 1 within the session.
    package var number: Int
    package var limit: Int
    package var gpuLimit: Int
    package var lease: Duration

    package init(session: String, number: Int, limit: Int, gpuLimit: Int, lease: Duration) {
        self.session = session
        self.number = number
        self.limit = limit
        self.gpuLimit = gpuLimit
        self.lease = lease
    }
}

package struct GivenJobs: Codable, Hashable, Sendable {
    package struct Claim: Codable, Hashable, Sendable {
        package var held: HeldJob
        package var needsGPU: Bool

        package init(held: HeldJob, needsGPU: Bool) {
            self.held = held
            self.needsGPU = needsGPU
        }
    }

    package var claims: [Claim]
    /// From the answer to when the first job that waits for its next attempt may start.
    package var nextWakeUp: Duration?

    package init(claims: [Claim], nextWakeUp: Duration?) {
        self.claims = claims
        self.nextWakeUp = nextWakeUp
    }
}

/// A job as its next attempt needs it.
package struct GivenJob: Codable, Hashable, Sendable {
    package var id: JobID
    package var state: JobState
    package var attempt: Int
    package var fence: Fence?
    /// The video's path is relative to the storage folder.
    package var request: JobRequest
    package var deadlyChunks: [ChunkReference]

    /// - Parameter folders: Of the storage that the job's paths lie in.
    package init(_ job: Job, in folders: StorageFolders) {
        id = job.id
        state = job.state
        attempt = job.attempt
        fence = job.lease?.fence
        request = job.request
        request.video.path = folders.relativePath(job.request.video.path) ?? ""
        request.storagePath = job.request.storagePath.flatMap(folders.relativePath)
        deadlyChunks = job.deadlyChunks
    }

    /// The same as a job, with the paths of this machine.
    ///
    /// - Throws: `damaged` for a path that leaves the storage.
    package func job(in folders: StorageFolders, heldBy worker: WorkerID, at time: JobTime) throws(JobsFailure) -> Job {
        var request = request
        guard let video = folders.path(relative: request.video.path) else {
            throw JobsFailure(
                kind: .damaged, message: "the job's video lies outside of the storage folder", subject: id.text)
        }
        request.video.path = video
        request.storagePath = request.storagePath.flatMap { folders.path(relative: $0) }
        let lease = fence.map { Lease(fence: $0, worker: worker, deadline: time.monotonic) }
        return Job(
            id: id, request: request, state: state, attempt: attempt, submittedAt: time.wall, queuedAt: time.wall,
            lease: lease, deadlyChunks: deadlyChunks)
    }
}

/// A step of a job that the worker holds.
package struct WorkerStep: Codable, Hashable, Sendable {
    package var held: HeldJob
    package var step: JobTransition.Step

    package init(held: HeldJob, step: JobTransition.Step) {
        self.held = held
        self.step = step
    }
}

/// What became of a ``WorkerStep``.
package enum StepOutcome: Codable, Hashable, Sendable {
    /// `deadline`: from now.
    case taken(state: JobState, attempt: Int, deadline: Duration?)
    case refused(TransitionRefusal)
}

/// Nothing is left of a run.
package struct WorkerEnded: Codable, Hashable, Sendable {
    package var session: String
    package var held: HeldJob

    package init(session: String, held: HeldJob) {
        self.session = session
        self.held = held
    }
}

/// The worker ends, in order.
package struct WorkerLeave: Codable, Hashable, Sendable {
    package var session: String

    package init(session: String) { self.session = session }
}

extension StorageFolders {
    /// `path` within the storage; nil for one outside of it.
    package func relativePath(_ path: String) -> String? {
        path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : nil
    }

    /// The other way round; nil for a path that would leave the storage.
    package func path(relative path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.utf8.contains(0), parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
        return "\(root)/\(path)"
    }
}

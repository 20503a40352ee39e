/// How far a job has got.
package struct JobProgress: Hashable, Sendable, Codable {
    /// The stage at work: `detect`.
    package var stage: String
    /// Of the whole job, 0...1. A store never lets it go down.
    package var fraction: Double
    package var framesPerSecond: Double?
    package var remainingSeconds: Double?
    package var message: String?
    /// What is worked on, for the case that the worker dies in it.
    package var chunk: ChunkReference?

    package init(
        stage: String, fraction: Double, framesPerSecond: Double? = nil, remainingSeconds: Double? = nil,
        message: String? = nil, chunk: ChunkReference? = nil
    ) {
        self.stage = stage
        self.fraction = fraction.isFinite ? min(1, max(0, fraction)) : 0
        self.framesPerSecond = framesPerSecond
        self.remainingSeconds = remainingSeconds
        self.message = message
        self.chunk = chunk
    }
}

/// What a completed attempt leaves.
package struct JobResult: Hashable, Sendable, Codable {
    /// The folder of the published files.
    package var path: String
    /// "Completed with errors. Failed pipelines: …"; nil where all went well.
    package var message: String?

    package init(path: String, message: String? = nil) {
        self.path = path
        self.message = message
    }
}

/// A job as the store has it.
package struct Job: Hashable, Sendable {
    package var id: JobID
    package var request: JobRequest
    package var state: JobState
    /// The number, from 1, of the attempt that runs, comes next or was the last.
    package var attempt: Int
    package var submittedAt: WallTime
    /// When it last joined the queue.
    package var queuedAt: WallTime
    /// When its first attempt started.
    package var startedAt: WallTime?
    /// When it completed, failed or was cancelled.
    package var endedAt: WallTime?
    /// From 1, while it is pending.
    package var queuePosition: Int?
    package var lease: Lease?
    package var progress: JobProgress?
    /// When that was reported; nil where nobody remembers.
    package var progressedAt: WallTime?
    package var result: JobResult?
    /// Why it failed.
    package var fault: Fault?
    /// Chunks that attempts before this one died in.
    package var deadlyChunks: [ChunkReference]

    package init(
        id: JobID, request: JobRequest, state: JobState, attempt: Int, submittedAt: WallTime, queuedAt: WallTime,
        startedAt: WallTime? = nil, endedAt: WallTime? = nil, queuePosition: Int? = nil, lease: Lease? = nil,
        progress: JobProgress? = nil, progressedAt: WallTime? = nil, result: JobResult? = nil, fault: Fault? = nil,
        deadlyChunks: [ChunkReference] = []
    ) {
        self.id = id
        self.request = request
        self.state = state
        self.attempt = attempt
        self.submittedAt = submittedAt
        self.queuedAt = queuedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.queuePosition = queuePosition
        self.lease = lease
        self.progress = progress
        self.progressedAt = progressedAt
        self.result = result
        self.fault = fault
        self.deadlyChunks = deadlyChunks
    }

    /// As people read it: why it failed, or what of it did.
    package var message: String? { fault?.message ?? result?.message }
}

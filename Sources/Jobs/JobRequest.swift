import FileSafety

/// The video of a job, as it was taken in.
package struct JobVideo: Hashable, Sendable, Codable {
    /// Where it lies.
    package var path: String
    /// As its submitter named it.
    package var fileName: String
    package var byteCount: Int64
    package var seconds: Double?
    /// SHA-256 of the content, in lower-case hexadecimal.
    package var sha256: String?

    package init(path: String, fileName: String, byteCount: Int64, seconds: Double? = nil, sha256: String? = nil) {
        self.path = path
        self.fileName = fileName
        self.byteCount = byteCount
        self.seconds = seconds
        self.sha256 = sha256
    }
}

/// What a submitter asks for. It never changes.
package struct JobRequest: Hashable, Sendable, Codable {
    package var video: JobVideo
    /// In the order asked for.
    package var pipelines: [String]
    /// JSON text, already validated; the store does not look into it.
    package var config: String
    /// Whether it takes one of the GPU slots.
    package var needsGPU: Bool
    /// Whose turn it takes in the fair order: a token's name, an address.
    package var owner: String
    /// The folder of its results.
    package var storagePath: String?

    package init(
        video: JobVideo, pipelines: [String], config: String = "{}", needsGPU: Bool = false, owner: String = "",
        storagePath: String? = nil
    ) {
        self.video = video
        self.pipelines = pipelines
        self.config = config
        self.needsGPU = needsGPU
        self.owner = owner
        self.storagePath = storagePath
    }

    /// The same for what a client would call the same request: by the video's content, not by where this upload of it
    /// was put.
    package func digest() throws(JobsFailure) -> String {
        var bytes: [UInt8] = []
        for field in [video.sha256 ?? video.path, video.fileName, config, needsGPU ? "gpu" : ""] + pipelines {
            bytes += Array("\(field.utf8.count):".utf8) + Array(field.utf8)
        }
        do {
            return try SHA256Digest.of(bytes)
        } catch {
            throw JobsFailure(kind: .internalFault, message: "the request has no digest: \(error)")
        }
    }
}

/// A request on its way into the store.
package struct JobSubmission: Hashable, Sendable {
    package var id: JobID
    package var request: JobRequest
    /// The client's own name of this submission (`Idempotency-Key`), within its owner's: sent twice it is one job.
    package var idempotencyKey: String?
    /// How long it waits in the queue at least, so that whoever asks for its state can see it there.
    package var delay: Duration

    package init(id: JobID, request: JobRequest, idempotencyKey: String? = nil, delay: Duration = .zero) {
        self.id = id
        self.request = request
        self.idempotencyKey = idempotencyKey
        self.delay = delay
    }
}

/// What became of a submission. It is durable by the time it is known.
package enum SubmitOutcome: Hashable, Sendable {
    case created(JobID)
    /// The same submission was there already, under this name; what was uploaded with this one can go.
    case existing(JobID)

    package var id: JobID {
        switch self {
        case .created(let id), .existing(let id): id
        }
    }
}

/// A piece of a job's work: the unit of checkpoint, and the culprit where a worker dies in it.
package struct ChunkReference: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The stage that works on it: `detect`.
    package var stage: String
    /// Counted from 0 within the stage.
    package var index: Int

    package init(stage: String, index: Int) {
        self.stage = stage
        self.index = index
    }

    package var description: String { "\(stage) chunk \(index)" }
}

/// Why an attempt, or a whole job, failed: as its owner reads it.
package struct Fault: Error, Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        /// May pass by itself: the machine's, not the video's. Tried again.
        case transient
        /// Would fail again: a damaged video, a setting that cannot work. Never tried again.
        case permanent
    }

    package var kind: Kind
    /// For programs: `GPU_OUT_OF_MEMORY`, `INVALID_VIDEO`.
    package var code: String
    /// What failed, on what.
    package var message: String
    /// What to do next.
    package var hint: String?
    /// Where it failed, where that is known.
    package var chunk: ChunkReference?

    package init(kind: Kind, code: String, message: String, hint: String? = nil, chunk: ChunkReference? = nil) {
        self.kind = kind
        self.code = code
        self.message = message
        self.hint = hint
        self.chunk = chunk
    }
}

/// The end of a worker that did not say how its attempt ended.
package struct WorkerDeath: Hashable, Sendable, Codable {
    /// As people read it: `killed by signal 11`.
    package var reason: String
    /// What it was working on.
    package var chunk: ChunkReference?

    package init(reason: String, chunk: ChunkReference? = nil) {
        self.reason = reason
        self.chunk = chunk
    }
}

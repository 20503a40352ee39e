import Model

/// A job that is put together step by step: named, given a video and a setup, and then run, as often as is wanted.
///
/// Each run is a job of the store's own, which never changes once it has ended; the draft knows which of them is the
/// newest.
package struct Draft: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Put together, or changed since its last run.
        case open
        /// How it stands is how its newest run stands.
        case submitted
        /// Cancelled without a run to cancel.
        case cancelled
        /// On its way out: nothing is done with it any more but to remove what is left.
        case removed
    }

    /// Shared with its first run.
    package let id: JobID
    /// Rises with every change; a change of another revision than the newest is not taken.
    package internal(set) var revision: Int64
    package var state: State
    /// What its owner calls it.
    package var name: String?
    /// Whose turn its runs take in the fair order.
    package let owner: String
    package var video: JobVideo?
    /// A small copy of the video for browsers, once there is one.
    package var proxyPath: String?
    /// JSON text, already normalised; the store does not look into it.
    package var setup: String?
    /// The jobs that were made of it, the newest last.
    package internal(set) var runs: [JobID]
    package let createdAt: WallTime
    package internal(set) var changedAt: WallTime

    package init(
        id: JobID, revision: Int64 = 1, state: State = .open, name: String? = nil, owner: String,
        video: JobVideo? = nil, proxyPath: String? = nil, setup: String? = nil, runs: [JobID] = [],
        createdAt: WallTime, changedAt: WallTime
    ) {
        self.id = id
        self.revision = revision
        self.state = state
        self.name = name
        self.owner = owner
        self.video = video
        self.proxyPath = proxyPath
        self.setup = setup
        self.runs = runs
        self.createdAt = createdAt
        self.changedAt = changedAt
    }

    /// As it is created.
    package init(id: JobID, name: String? = nil, owner: String, at time: WallTime) {
        self.init(id: id, name: name, owner: owner, createdAt: time, changedAt: time)
    }

    /// The run that says how it stands; nil where none does.
    package var currentRun: JobID? { state == .submitted ? runs.last : nil }
}

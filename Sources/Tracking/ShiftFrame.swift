/// What is known, in one processed frame, of the player who is looked for.
package struct ShiftFrame: Hashable, Sendable, Codable {
    /// One track that is visible in the frame.
    package struct Candidate: Hashable, Sendable, Codable {
        package var track: Int
        /// Confidence with which the player's number was read on it in this frame; nil where it was not.
        package var read: Double?
        /// How well its colour is the player's, 0…1; nil where colours are not known.
        package var colour: Double?
        /// What the whole track says: it is the player, it is somebody else, or (nil) neither. Better than any single frame.
        package var isPlayer: Bool?
        /// Whether a person pointed at it: "this is the player".
        package var isPointedAt: Bool

        package init(
            track: Int, read: Double? = nil, colour: Double? = nil, isPlayer: Bool? = nil, isPointedAt: Bool = false
        ) {
            self.track = track
            self.read = read
            self.colour = colour
            self.isPlayer = isPlayer
            self.isPointedAt = isPointedAt
        }
    }

    /// Seconds, ascending from frame to frame.
    package var time: Double
    package var candidates: [Candidate]
    /// Whether a new shot begins here: nothing is continued across a cut.
    package var isCut: Bool

    package init(time: Double, candidates: [Candidate], isCut: Bool = false) {
        self.time = time
        self.candidates = candidates
        self.isCut = isCut
    }
}

/// A stretch in which the player is on camera.
package struct ShiftSegment: Hashable, Sendable, Codable {
    /// Seconds.
    package var start: Double
    package var end: Double

    package init(start: Double, end: Double) {
        self.start = start
        self.end = end
    }

    package var duration: Double { end - start }
}

/// Why a second is in or out.
package struct ShiftTransition: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable { case searching, confirmed, locked }
    package enum Reason: String, Hashable, Sendable, Codable {
        /// The number was read often enough, or the whole track is the player's.
        case ocrConfirm = "ocr_confirm"
        /// Confirmation dropped out; the identity holds for the lock.
        case lockWindow = "lock_window"
        /// Out of sight, unsupported or cut away for too long.
        case lostTimeout = "lost_timeout"
        /// A track came into question: a first read, or somebody pointed at it.
        case candidate
    }

    /// Seconds.
    package var time: Double
    package var from: State
    package var to: State
    package var reason: Reason
    /// The track it is about.
    package var track: Int

    package init(time: Double, from: State, to: State, reason: Reason, track: Int) {
        self.time = time
        self.from = from
        self.to = to
        self.reason = reason
        self.track = track
    }
}

import Model

/// `debug.json`: why every second of a video is in a player's shifts or out of them. Times are seconds.
package struct ShiftDebugDocument: Hashable, Sendable, Codable {
    package struct Parameters: Hashable, Sendable, Codable {
        package var cameraMode: String
        package var playerNumber: Int?
        package var jerseyColour: String?
        package var opponentColour: String?
        package var detectStride: Int
        package var ocrMinConf: Double
        package var minTrackSeconds: Double
        package var gapMergeSeconds: Double
        package var lockSecondsAfterConfirm: Double
        package var lostTimeoutSeconds: Double
        package var jerseyColourTolerance: Double
        package var preRoll: Double
        package var postRoll: Double

        enum CodingKeys: String, CodingKey {
            case cameraMode = "camera_mode"
            case playerNumber = "player_number"
            case jerseyColour = "jersey_color"
            case opponentColour = "opponent_color"
            case detectStride = "detect_stride"
            case ocrMinConf = "ocr_min_conf"
            case minTrackSeconds = "min_track_seconds"
            case gapMergeSeconds = "gap_merge_seconds"
            case lockSecondsAfterConfirm = "lock_seconds_after_confirm"
            case lostTimeoutSeconds = "lost_timeout_seconds"
            case jerseyColourTolerance = "jersey_color_tolerance"
            case preRoll = "pre_roll"
            case postRoll = "post_roll"
        }

        package init(
            cameraMode: String, playerNumber: Int?, jerseyColour: String?, opponentColour: String?, detectStride: Int,
            ocrMinConf: Double, minTrackSeconds: Double, gapMergeSeconds: Double, lockSecondsAfterConfirm: Double,
            lostTimeoutSeconds: Double, jerseyColourTolerance: Double, preRoll: Double, postRoll: Double
        ) {
            self.cameraMode = cameraMode
            self.playerNumber = playerNumber
            self.jerseyColour = jerseyColour
            self.opponentColour = opponentColour
            self.detectStride = detectStride
            self.ocrMinConf = ocrMinConf
            self.minTrackSeconds = minTrackSeconds
            self.gapMergeSeconds = gapMergeSeconds
            self.lockSecondsAfterConfirm = lockSecondsAfterConfirm
            self.lostTimeoutSeconds = lostTimeoutSeconds
            self.jerseyColourTolerance = jerseyColourTolerance
            self.preRoll = preRoll
            self.postRoll = postRoll
        }
    }

    package struct Segment: Hashable, Sendable, Codable {
        package var start: Double
        package var end: Double

        package init(start: Double, end: Double) {
            self.start = start
            self.end = end
        }
    }

    package struct Merge: Hashable, Sendable, Codable {
        package var previousEnd: Double
        package var nextStart: Double
        package var gap: Double

        enum CodingKeys: String, CodingKey {
            case previousEnd = "prev_end"
            case nextStart = "next_start"
            case gap
        }

        package init(previousEnd: Double, nextStart: Double, gap: Double) {
            self.previousEnd = previousEnd
            self.nextStart = nextStart
            self.gap = gap
        }
    }

    package struct Transition: Hashable, Sendable, Codable {
        package var t: Double
        package var from: String
        package var to: String
        package var reason: String
        package var track: Int

        package init(t: Double, from: String, to: String, reason: String, track: Int) {
            self.t = t
            self.from = from
            self.to = to
            self.reason = reason
            self.track = track
        }
    }

    /// The colours of the teams.
    package struct Colours: Hashable, Sendable, Codable {
        /// `decided`, `undecided`, `grey`, `not_seen` or `nobody`.
        package var state: String
        package var own: String?
        package var opponent: String?
        /// Tracks by the colour that they wear.
        package var worn: [String: Int]

        package init(state: String, own: String?, opponent: String?, worn: [String: Int]) {
            self.state = state
            self.own = own
            self.opponent = opponent
            self.worn = worn
        }
    }

    /// One track, and who it is taken for.
    package struct Person: Hashable, Sendable, Codable {
        package var track: Int
        package var start: Double
        package var end: Double
        package var number: Int?
        package var confidence: Double?
        /// How often each number was read.
        package var reads: [String: Int]
        package var looks: Int
        package var colour: String?
        /// Probability of the player's team.
        package var team: Double?
        /// `player`, `other` or `unknown`.
        package var verdict: String

        package init(
            track: Int, start: Double, end: Double, number: Int?, confidence: Double?, reads: [String: Int], looks: Int,
            colour: String?, team: Double?, verdict: String
        ) {
            self.track = track
            self.start = start
            self.end = end
            self.number = number
            self.confidence = confidence
            self.reads = reads
            self.looks = looks
            self.colour = colour
            self.team = team
            self.verdict = verdict
        }
    }

    /// One second of the video.
    package struct Second: Hashable, Sendable, Codable {
        package var t: Int
        /// Whether most of it is in a shift.
        package var isIn: Bool
        /// The track that was followed, if any.
        package var track: Int?
        package var why: String
        /// Numbers that were read in it, on anybody, and how often.
        package var reads: [String: Int]

        enum CodingKeys: String, CodingKey {
            case t
            case isIn = "in"
            case track, why, reads
        }

        package init(t: Int, isIn: Bool, track: Int?, why: String, reads: [String: Int]) {
            self.t = t
            self.isIn = isIn
            self.track = track
            self.why = why
            self.reads = reads
        }
    }

    package var fps: Double
    package var width: Int
    package var height: Int
    package var duration: Double
    package var parameters: Parameters
    package var finding: String
    package var message: String
    /// The track that shows the player for the longest; 0 where none does.
    package var chosenTrack: Int
    /// Frames in which the number was read, by track.
    package var votes: [String: Int]
    package var transitions: [Transition]
    package var rawSegments: [Segment]
    package var mergedSegments: [Segment]
    package var merges: [Merge]
    package var cuts: [Double]
    package var colours: Colours
    package var tracks: [Person]
    package var seconds: [Second]
    package var overlayPath: String?

    enum CodingKeys: String, CodingKey {
        case fps
        case width = "W"
        case height = "H"
        case duration = "duration_s"
        case parameters = "params"
        case finding, message
        case chosenTrack = "chosen_track_id"
        case votes
        case transitions = "state_transitions"
        case rawSegments = "raw_segments"
        case mergedSegments = "merged_segments"
        case merges = "merge_events"
        case cuts, colours, tracks, seconds
        case overlayPath = "debug_overlay_path"
    }

    package init(
        fps: Double, width: Int, height: Int, duration: Double, parameters: Parameters, finding: String,
        message: String,
        chosenTrack: Int, votes: [String: Int], transitions: [Transition], rawSegments: [Segment],
        mergedSegments: [Segment], merges: [Merge], cuts: [Double], colours: Colours, tracks: [Person],
        seconds: [Second], overlayPath: String? = nil
    ) {
        self.fps = fps
        self.width = width
        self.height = height
        self.duration = duration
        self.parameters = parameters
        self.finding = finding
        self.message = message
        self.chosenTrack = chosenTrack
        self.votes = votes
        self.transitions = transitions
        self.rawSegments = rawSegments
        self.mergedSegments = mergedSegments
        self.merges = merges
        self.cuts = cuts
        self.colours = colours
        self.tracks = tracks
        self.seconds = seconds
        self.overlayPath = overlayPath
    }

    /// - Throws: `internalError` for NaN and infinities.
    package func bytes() throws(FormatsFailure) -> [UInt8] { try indentedJSON(self) }
}

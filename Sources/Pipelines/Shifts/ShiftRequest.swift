import Inference
import Model
import Tracking

/// What `gantry shifts` is asked for: one player of one video.
package struct ShiftRequest: Sendable {
    package enum CameraMode: String, Hashable, Sendable, Codable, CaseIterable {
        /// A camera that follows the ball: people are large, and come and go.
        case broadcast
        /// A camera that shows the whole field: people are small, and stay.
        case tactical

        /// Every how many frames people are looked for.
        package var stride: Int { self == .broadcast ? 1 : 3 }

        /// Small people are found in tiles only.
        package var tiling: Tiling { self == .broadcast ? .none : .auto }

        /// How far a shirt may be from the colour that was given, of 255.
        package var colourTolerance: Double { self == .broadcast ? 95 : 70 }

        package var shifts: ShiftSettings {
            var settings = ShiftSettings()
            if self == .tactical {
                settings.minimumReadConfidence = 0.42
                settings.minimumDuration = 1.0
                settings.mergedGap = 0.8
                settings.lock = 1.0
            }
            return settings
        }
    }

    /// Somebody pointed at the player.
    package struct Click: Hashable, Sendable, Codable {
        /// Seconds.
        package var t: Double
        /// Of the picture's width and height, 0…1.
        package var x: Double
        package var y: Double

        package init(t: Double, x: Double, y: Double) {
            self.t = t
            self.x = x
            self.y = y
        }
    }

    /// The video with the boxes, reads and states drawn in, which shows why every second is in or out.
    package enum DebugOverlay: Hashable, Sendable {
        case never, always
        /// Where no shift is found, so that it can be seen why.
        case withoutShifts
    }

    package var track: TrackRequest
    /// 0…99; nil where clicks alone say who is meant.
    package var number: Int?
    /// `#rrggbb`.
    package var jerseyColour: String?
    package var opponentColour: String?
    package var mode: CameraMode
    package var clicks: [Click] = []
    package var settings: ShiftSettings
    package var colourTolerance: Double
    /// Cut a clip of each shift.
    package var clips = false
    /// All clips in one more file.
    package var combined = false
    package var debugOverlay = DebugOverlay.never

    package init(track: TrackRequest, number: Int?, mode: CameraMode = .broadcast) {
        self.track = track
        self.number = number
        self.mode = mode
        settings = mode.shifts
        colourTolerance = mode.colourTolerance
    }

    /// What a job is asked for: clips of everything, and the overlay at least where there are none.
    package init(_ setup: ShiftSetup, track: TrackRequest) {
        self.init(track: track, number: setup.playerNumber, mode: setup.cameraMode)
        self.track.selection = .every(setup.detectStride)
        self.track.tiling = setup.cameraMode.tiling
        // Players are people; a ball wears no number.
        self.track.classes = ["person"]
        jerseyColour = setup.jerseyColour
        opponentColour = setup.opponentColour
        clicks = setup.clicks
        settings.minimumReadConfidence = setup.ocrMinConf
        settings.minimumDuration = setup.minTrackSeconds
        settings.mergedGap = setup.gapMergeSeconds
        settings.lock = setup.lockSecondsAfterConfirm
        settings.lostTimeout = setup.lostTimeoutSeconds
        settings.preRoll = setup.preRoll
        settings.postRoll = setup.postRoll
        colourTolerance = setup.jerseyColourTolerance
        clips = true
        combined = setup.enableCombined
        debugOverlay = setup.debugOverlay ? .always : .withoutShifts
    }

    /// A colour as it is written everywhere else: `#rrggbb` in small letters. The `#` may be missing, and three digits
    /// stand for six (`#f00`). Nil for what is no colour.
    package static func colour(_ text: String) -> String? {
        var digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
        if digits.utf8.count == 3 { digits = digits.map { "\($0)\($0)" }.joined()[...] }
        let colour = "#" + digits.lowercased()
        return OKLab(hexadecimal: colour) == nil ? nil : colour
    }

    /// - Throws: `invalidArgument` for what can be known to be wrong without the video.
    package func validate() throws(PipelineFailure) {
        if let number {
            guard (0...99).contains(number) else {
                throw PipelineFailure(
                    code: .invalidArgument, message: "a jersey number has one or two digits", subject: "\(number)",
                    hint: "Give a number from 0 to 99")
            }
        } else if clicks.isEmpty {
            throw PipelineFailure(
                code: .invalidArgument, message: "nobody is asked for: there is neither a number nor a click",
                hint: "Give the player's number (player_number, --number), or click on them (clicks, --click)")
        }
        for text in [jerseyColour, opponentColour].compactMap({ $0 }) where OKLab(hexadecimal: text) == nil {
            throw PipelineFailure(
                code: .invalidArgument, message: "is no colour", subject: text,
                hint: "Give six hexadecimal digits, for example '#203524' (in quotes: # begins a comment in a shell)")
        }
        for click in clicks {
            guard (0...1).contains(click.x), (0...1).contains(click.y) else {
                throw PipelineFailure(
                    code: .invalidArgument, message: "the click lies outside of the picture",
                    subject: "\(click.t),\(click.x),\(click.y)",
                    hint: "x and y are shares of the picture's width and height, from 0 to 1")
            }
            guard click.t >= 0 else {
                throw PipelineFailure(
                    code: .invalidArgument, message: "the click is before the video begins",
                    subject: "\(click.t),\(click.x),\(click.y)")
            }
        }
    }
}

import PluginWire

/// What a player's shifts are looked for with, complete: every field has a value, and every number lies within its range.
///
/// As JSON it is an object with the fields' names in snake_case; reading that form gives the same value again.
package struct ShiftSetup: Hashable, Sendable {
    /// 0…99; nil where nobody said, and then only clicks tell who is looked for.
    package var playerNumber: Int?
    /// `#rrggbb`, small letters.
    package var jerseyColour: String?
    package var opponentColour: String?
    package var cameraMode: ShiftRequest.CameraMode
    package var clicks: [ShiftRequest.Click]
    /// Every how many frames people are looked for.
    package var detectStride: Int
    /// Reads below it count for nothing, 0…1.
    package var ocrMinConf: Double
    package var minTrackSeconds: Double
    package var gapMergeSeconds: Double
    package var lockSecondsAfterConfirm: Double
    /// How far a shirt may be from the colour given, of 255.
    package var jerseyColourTolerance: Double
    package var lostTimeoutSeconds: Double
    /// Seconds before and after each stretch.
    package var preRoll: Double
    package var postRoll: Double
    /// Only looks whether everything is there that a run needs.
    package var verifyMode: Bool
    /// All clips in one more file.
    package var enableCombined: Bool
    package var debugOverlay: Bool

    /// The defaults of a camera's mode.
    package init(cameraMode mode: ShiftRequest.CameraMode = .broadcast) {
        let shifts = mode.shifts
        cameraMode = mode
        clicks = []
        detectStride = mode.stride
        ocrMinConf = shifts.minimumReadConfidence
        minTrackSeconds = shifts.minimumDuration
        gapMergeSeconds = shifts.mergedGap
        lockSecondsAfterConfirm = shifts.lock
        jerseyColourTolerance = mode.colourTolerance
        lostTimeoutSeconds = shifts.lostTimeout
        preRoll = shifts.preRoll
        postRoll = shifts.postRoll
        verifyMode = false
        enableCombined = true
        debugOverlay = false
    }

    /// What somebody gave: fields that are absent or null get the mode's defaults, numbers beyond their range its end.
    /// Fields that are none of the setup's are left out; see ``unknownFields(in:)``.
    ///
    /// - Parameter given: an object, or null for none.
    /// - Throws: every field of a wrong type or meaning, not only the first.
    package init(normalising given: WireValue) throws(InvalidShiftSetup) {
        guard let fields = given.isNull ? [:] : given.asObject else {
            throw InvalidShiftSetup(issues: [
                ConfigIssue(
                    field: "setup", message: "is \(given.kindName), not an object", code: .invalidType,
                    hint: "Give an object, for example {\"player_number\":17}")
            ])
        }
        var reader = ShiftSetupReader(fields: fields)
        self.init(cameraMode: reader.mode())
        playerNumber = reader.playerNumber()
        jerseyColour = reader.colour("jersey_color")
        opponentColour = reader.colour("opponent_color")
        clicks = reader.clicks()
        detectStride = Int(reader.number("detect_stride", isWhole: true) ?? Double(detectStride))
        reader.read("ocr_min_conf", into: &ocrMinConf)
        reader.read("min_track_seconds", into: &minTrackSeconds)
        reader.read("gap_merge_seconds", into: &gapMergeSeconds)
        reader.read("lock_seconds_after_confirm", into: &lockSecondsAfterConfirm)
        reader.read("jersey_color_tolerance", into: &jerseyColourTolerance)
        reader.read("lost_timeout_seconds", into: &lostTimeoutSeconds)
        reader.read("pre_roll", into: &preRoll)
        reader.read("extend_sec", into: &postRoll)
        reader.read("post_roll", into: &postRoll)  // the field's own name counts before its alias
        reader.read("verify_mode", into: &verifyMode)
        reader.read("enable_combined", into: &enableCombined)
        reader.read("debug_overlay", into: &debugOverlay)
        guard reader.issues.isEmpty else { throw InvalidShiftSetup(issues: reader.issues) }
    }

    /// What each number is brought into.
    static let ranges: [String: ClosedRange<Double>] = [
        "detect_stride": 1...8, "ocr_min_conf": 0...1, "min_track_seconds": 0.1...30, "gap_merge_seconds": 0...20,
        "lock_seconds_after_confirm": 0.1...20, "jersey_color_tolerance": 1...255, "lost_timeout_seconds": 0.1...20,
        "pre_roll": 0...60, "post_roll": 0...60, "extend_sec": 0...60,
    ]

    static let mostClicks = 1000

    /// Names in `given` that are no field of a setup: probably mistyped. In order.
    package static func unknownFields(in given: WireValue) -> [String] {
        let known = (ShiftSetup().wireValue.asObject ?? [:]).keys
        return (given.asObject ?? [:]).keys.filter { !known.contains($0) && $0 != "extend_sec" }.sorted()
    }

    /// What is wrong with one field's value.
    static func issues(ofField name: String, _ value: WireValue) -> [ConfigIssue] {
        do throws(InvalidShiftSetup) {
            _ = try ShiftSetup(normalising: [name: value])
            return []
        } catch {
            return error.issues
        }
    }

    /// What will keep a run with these settings from finding anybody; nil where nothing does.
    static func warning(about settings: [String: WireValue]) -> String? {
        let asksForSomebody =
            settings["player_number"]?.isNull == false || settings["clicks"]?.asArray?.isEmpty == false
        return asksForSomebody || settings["verify_mode"]?.asBoolean == true
            ? nil : "nobody is asked for: there is neither a number nor a click"
    }

    /// Every field, under its name.
    package var wireValue: WireValue {
        [
            "player_number": playerNumber.map { .integer(Int64($0)) } ?? .null,
            "jersey_color": jerseyColour.map(WireValue.string) ?? .null,
            "opponent_color": opponentColour.map(WireValue.string) ?? .null,
            "camera_mode": .string(cameraMode.rawValue),
            "clicks": .array(
                clicks.map { click in
                    [
                        "t": WireValue.number(click.t).simplest, "x": WireValue.number(click.x).simplest,
                        "y": WireValue.number(click.y).simplest,
                    ]
                }),
            "detect_stride": .integer(Int64(detectStride)),
            "ocr_min_conf": WireValue.number(ocrMinConf).simplest,
            "min_track_seconds": WireValue.number(minTrackSeconds).simplest,
            "gap_merge_seconds": WireValue.number(gapMergeSeconds).simplest,
            "lock_seconds_after_confirm": WireValue.number(lockSecondsAfterConfirm).simplest,
            "jersey_color_tolerance": WireValue.number(jerseyColourTolerance).simplest,
            "lost_timeout_seconds": WireValue.number(lostTimeoutSeconds).simplest,
            "pre_roll": WireValue.number(preRoll).simplest, "post_roll": WireValue.number(postRoll).simplest,
            "verify_mode": .boolean(verifyMode), "enable_combined": .boolean(enableCombined),
            "debug_overlay": .boolean(debugOverlay),
        ]
    }
}

extension ShiftSetup: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(normalising: WireValue(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws { try wireValue.encode(to: encoder) }
}

/// A setup that cannot be understood.
package struct InvalidShiftSetup: Error, Hashable {
    /// One or more; `field` is `player_number`, `clicks[2].x`, …
    package var issues: [ConfigIssue]
}

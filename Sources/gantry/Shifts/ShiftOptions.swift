import ArgumentParser
import Pipelines

/// The options that decide what counts as a shift: fields of a job's setup. Where one is not given, the mode decides.
struct ShiftOptions: ParsableArguments {
    @Option(help: "Reads of a number below this confidence do not count, 0 to 1 (default: 0.28, tactical 0.42).")
    var ocrMinConf: Double?

    @Option(help: "Drop shifts with less of the player in them, 0.1 to 30 seconds (default: 1.2, tactical 1.0).")
    var minTrackSeconds: Double?

    @Option(help: "Shifts with at most this much between them are one, 0 to 20 seconds (default: 1.0, tactical 0.8).")
    var gapMergeSeconds: Double?

    @Option(
        help:
            "Follow a confirmed player so long without another confirmation, 0.1 to 20 s (default: 1.5, tactical 1.0).")
    var lockSecondsAfterConfirm: Double?

    @Option(help: "The player may be lost so long before a stretch ends, 0.1 to 20 seconds (default: 1.0).")
    var lostTimeoutSeconds: Double?

    @Option(help: "How far a shirt may be from the colour given, 1 to 255 (default: 95, tactical 70).")
    var jerseyColorTolerance: Double?

    @Option(help: "Seconds before each stretch, 0 to 60 (default: 1.0).")
    var preRoll: Double?

    @Option(help: "Seconds after each stretch, 0 to 60 (default: 2.0).")
    var postRoll: Double?

    @Flag(help: "Also cut the clips, as gantry cut does.")
    var clips = false

    @Flag(help: "Also cut the clips, and all of them in one more file.")
    var combined = false

    @Flag(help: "Also render debug_overlay.mp4: boxes, track ids, reads, colour scores and states.")
    var debugOverlay = false

    func validate() throws {
        for (name, value, range) in [
            ("--ocr-min-conf", ocrMinConf, 0...1), ("--min-track-seconds", minTrackSeconds, 0.1...30),
            ("--gap-merge-seconds", gapMergeSeconds, 0...20),
            ("--lock-seconds-after-confirm", lockSecondsAfterConfirm, 0.1...20),
            ("--lost-timeout-seconds", lostTimeoutSeconds, 0.1...20),
            ("--jersey-color-tolerance", jerseyColorTolerance, 1...255), ("--pre-roll", preRoll, 0...60),
            ("--post-roll", postRoll, 0...60),
        ] as [(String, Double?, ClosedRange<Double>)] {
            if let value, !range.contains(value) {
                throw ValidationError(
                    "\(name) lies between \(BenchTable.fixed(range.lowerBound, digits: 1)) and "
                        + "\(BenchTable.fixed(range.upperBound, digits: 1)).")
            }
        }
    }

    func apply(to request: inout ShiftRequest) {
        func set(_ field: inout Double, _ option: Double?) { field = option ?? field }
        set(&request.settings.minimumReadConfidence, ocrMinConf)
        set(&request.settings.minimumDuration, minTrackSeconds)
        set(&request.settings.mergedGap, gapMergeSeconds)
        set(&request.settings.lock, lockSecondsAfterConfirm)
        set(&request.settings.lostTimeout, lostTimeoutSeconds)
        set(&request.settings.preRoll, preRoll)
        set(&request.settings.postRoll, postRoll)
        set(&request.colourTolerance, jerseyColorTolerance)
        request.clips = clips || combined
        request.combined = combined
        request.debugOverlay = debugOverlay ? .always : .never
    }
}

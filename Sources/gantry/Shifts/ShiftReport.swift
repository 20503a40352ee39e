import Pipelines

/// What a finished `gantry shifts` prints.
struct ShiftReport {
    let outcome: ShiftOutcome

    var text: String {
        let document = outcome.document
        let player = document.player.number.map { "number \($0)" } ?? "who was clicked on"
        let length = ProgressMeter.clock(document.video.duration)
        var lines: [String] = []
        if outcome.finding.kind == .found {
            let count = document.shifts.count == 1 ? "1 shift" : "\(document.shifts.count) shifts"
            lines.append(
                "\(document.video.fileName) (\(length)): \(player), \(count), "
                    + "\(ProgressMeter.duration(document.secondsOnCamera)) on camera")
            for shift in document.shifts {
                let seconds = "\((shift.duration * 10).rounded() / 10) s"
                lines.append(
                    "  \(Self.time(shift.start)) to \(Self.time(shift.end))  \(ProgressMeter.padded(seconds, to: 8))"
                        + "confidence \((shift.confidence * 100).rounded() / 100)")
            }
        } else {
            lines.append("\(document.video.fileName) (\(length)): \(player) was not found. \(outcome.finding.message)")
        }
        lines += document.notes.map { "Note: \($0)." }
        lines.append("Results in \(outcome.folder):")
        lines += outcome.files.map { "  \(ProgressMeter.padded($0, to: 18))\(Self.meaning[$0] ?? "")" }
        return lines.joined(separator: "\n")
    }

    /// `m:ss.t`.
    private static func time(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        let (minutes, rest) = (tenths / 600, tenths % 600)
        return "\(minutes):\(rest < 100 ? "0" : "")\(rest / 10).\(rest % 10)"
    }

    private static let meaning = [
        ShiftPipeline.decisionsName: "the shifts for editing programs",
        ShiftPipeline.overlayName: "everybody's boxes and reads, and the search's state",
        ShiftPipeline.combinedName: "all clips in one",
        ShiftPipeline.shiftsName: "the shifts, what was looked for and what was read",
        ShiftPipeline.tableName: "the shifts as a table",
        ShiftPipeline.tracksName: "everybody's boxes, with the track ids of debug.json",
        ShiftPipeline.debugName: "why every second is in or out",
    ]
}

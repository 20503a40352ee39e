import Media
import Pipelines

/// What a finished `gantry cut` prints: the clips, how each was made, and where they lie.
struct CutReport {
    let outcome: ClipExport.Outcome
    let source: VideoSource

    var text: String {
        let count = outcome.clips.count
        var lines = [
            "\(source.facts.fileName): \(count == 1 ? "1 clip" : "\(count) clips"), "
                + "\(ProgressMeter.duration(outcome.timeOnCamera)) on camera",
            "Results in \(outcome.folder):",
        ]
        lines += (outcome.clips + (outcome.combined.map { [$0] } ?? [])).map(Self.line)
        lines.append("  \(outcome.lists.joined(separator: ", "))")
        return lines.joined(separator: "\n")
    }

    private static func line(_ clip: ClipExport.Clip) -> String {
        let times = clip.path == "combined.mp4" ? "" : "\(seconds(clip.start)) to \(seconds(clip.end)) s, "
        let way: String
        if let reason = clip.wholeBecause {
            way = "encoded as \(clip.codec): \(reason)"
        } else if clip.copied == clip.frames {
            way = "copied"
        } else {
            way = "\(clip.copied) copied, \(clip.frames - clip.copied) encoded"
        }
        return "  \(ProgressMeter.padded(clip.path, to: 20))  \(times)\(ProgressMeter.frames(clip.frames)) (\(way))"
            + (clip.isKept ? ", kept" : "")
    }

    private static func seconds(_ value: Double) -> String { BenchTable.fixed(value, digits: 3) }
}

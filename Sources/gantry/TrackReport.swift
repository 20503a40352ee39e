import Pipelines

/// What a finished `gantry track` prints: what was found, and where it lies. At most 80 columns but for the paths.
struct TrackReport {
    let outcome: TrackOutcome

    var text: String {
        let summary = outcome.summary
        let counts = summary.counts
        let classes = counts.tracksByClass.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let found = classes.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let tracks = counts.tracks == 1 ? "1 track" : "\(counts.tracks) tracks"
        let length = ProgressMeter.clock(summary.video.duration.seconds)
        var lines = [
            "\(summary.video.fileName) (\(length)): \(tracks)\(found.isEmpty ? "" : " (\(found))") in "
                + "\(ProgressMeter.frames(counts.framesAnalysed)), \(ProgressMeter.duration(summary.timings.total))",
            "Results in \(outcome.folder):",
        ]
        lines += outcome.files.map { "  \(ProgressMeter.padded($0, to: 18))\(Self.meaning[$0] ?? "")" }
        if counts.tracks == 0 {
            lines.append(
                counts.detections > 0 && summary.settings.stride ?? 1 > 1
                    ? "Nothing could be followed. A smaller --stride leaves less of a way between two looks."
                    : "Nothing was found. Small objects need --tiles auto; --classes all and a lower --confidence keep more."
            )
        }
        return lines.joined(separator: "\n")
    }

    private static let meaning = [
        "tracks.mot.txt": "MOTChallenge text",
        "tracks.coco.json": "COCO annotations with track ids",
        "tracks.json": "one object a track, exact times",
        "summary.json": "video, settings, engine, counts, timings",
        "overlay.mp4": "the video with boxes, ids and trails",
        "poster.jpg": "the frame with the most to see",
    ]
}

/// One run of the frame step over a whole recording, forwards or backwards in time.
///
/// The result is a set of links: which detection of a later frame continues which of an earlier one.
struct TrackingPass {
    /// For each detection the one that continues it later in the recording, or -1.
    private(set) var next: [Int32]
    /// The camera's offset at each frame.
    private(set) var cameraX: [Double]
    private(set) var cameraY: [Double]

    private init(over recording: Recording) {
        next = Array(repeating: -1, count: recording.detectionCount)
        cameraX = Array(repeating: 0, count: recording.frames.count)
        cameraY = cameraX
    }

    /// One pass for each of `variants`, side by side so that they share the reading of every frame. The variants must
    /// agree on ``TrackingSettings/minimumScore``.
    static func passes(
        over recording: Recording, variants: [TrackingSettings], isReversed: Bool
    ) -> [TrackingPass] {
        var passes = variants.map { _ in TrackingPass(over: recording) }
        var associators = variants.map {
            Associator(settings: $0, geometry: recording.geometry, patience: $0.offline.patience)
        }
        /// Of each pass, by the track's serial number: its detection met last.
        var tips = variants.map { _ in [Int32]() }
        var table = DetectionTable()
        let count = recording.frames.count
        for turn in 0..<count {
            let step = isReversed ? count - 1 - turn : turn
            let time = isReversed ? -recording.times[step] : recording.times[step]
            table.load(recording.frames[step].detections, minimumScore: variants.first?.minimumScore ?? 0)
            for index in variants.indices {
                associators[index].advance(table, time: time)
                passes[index].record(
                    associators[index], table, step: step, offset: recording.offsets[step], isReversed: isReversed,
                    tips: &tips[index])
            }
        }
        return passes
    }

    /// Notes what a frame's associations link.
    private mutating func record(
        _ associator: Associator, _ table: DetectionTable, step: Int, offset: Int, isReversed: Bool,
        tips: inout [Int32]
    ) {
        cameraX[step] = associator.camera.offsetX
        cameraY[step] = associator.camera.offsetY
        for track in associator.tracks {
            guard let row = track.detection else { continue }
            let detection = Int32(offset + table.source[row])
            if track.serial == tips.count {
                tips.append(detection)
                continue
            }
            let tip = tips[track.serial]
            if isReversed { next[Int(detection)] = tip } else { next[Int(tip)] = detection }
            tips[track.serial] = detection
        }
    }
}

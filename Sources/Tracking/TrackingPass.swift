/// One run of the frame step over a whole recording, forwards or backwards in time.
///
/// The result is a set of links: which detection of a later frame continues which of an earlier one.
struct TrackingPass {
    /// For each detection the one that continues it later in the recording, or -1.
    private(set) var next: [Int32]
    /// The camera's offset at each frame.
    private(set) var cameraX: [Double]
    private(set) var cameraY: [Double]

    init(over recording: Recording, settings: TrackingSettings, isReversed: Bool) {
        let count = recording.frames.count
        next = Array(repeating: -1, count: recording.detectionCount)
        cameraX = Array(repeating: 0, count: count)
        cameraY = cameraX
        var associator = Associator(
            settings: settings, geometry: recording.geometry, patience: settings.offline.patience)
        /// By the track's serial number: its detection met last.
        var tips: [Int32] = []
        for turn in 0..<count {
            let step = isReversed ? count - 1 - turn : turn
            let time = recording.times[step]
            associator.advance(recording.frames[step].detections, time: isReversed ? -time : time)
            cameraX[step] = associator.camera.offsetX
            cameraY[step] = associator.camera.offsetY
            for track in associator.tracks {
                guard let row = track.detection else { continue }
                let detection = Int32(recording.offsets[step] + associator.table.source[row])
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
}

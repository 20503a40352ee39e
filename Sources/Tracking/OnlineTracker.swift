import Model

/// Tracks frame by frame, for live use: each frame's answer is given before the next is seen and never revised.
///
/// Memory is bounded by the tracks alive. Tracks are formed per class. Settings out of range
/// (``TrackingSettings/validate()``) give poor tracks, never a trap.
package struct OnlineTracker: Sendable {
    private let settings: TrackingSettings
    private var clock: FrameClock
    private var associator: Associator
    /// The shown identifier of each live track, in the order of the associator's tracks; nil until it is shown.
    private var shown: [(serial: Int, id: Int?)] = []
    private var nextID = 1

    package init(settings: TrackingSettings = TrackingSettings(), geometry: PictureGeometry) {
        self.settings = settings
        clock = FrameClock(frameRate: geometry.frameRate)
        associator = Associator(settings: settings, geometry: geometry, patience: settings.patience)
    }

    /// Tracks held in memory, shown or not.
    var liveTrackCount: Int { associator.tracks.count }

    /// Takes in the next frame (later than all before; any may be left out) and returns the tracks' boxes in it, at
    /// most one a track. No detection is used twice.
    package mutating func update(_ frame: FrameDetections) -> [TrackedBox] {
        associator.advance(frame.detections, time: clock.seconds(of: frame))
        keepIdentifiers()
        var boxes: [TrackedBox] = []
        for (position, track) in associator.tracks.enumerated() {
            guard let (box, score) = visibleBox(of: track, wasShown: shown[position].id != nil, in: frame) else {
                continue
            }
            let id = shown[position].id ?? nextID
            if shown[position].id == nil {
                shown[position].id = id
                nextID += 1
            }
            boxes.append(
                TrackedBox(
                    id: id, classID: track.classID, box: box, score: score, isPredicted: track.detection == nil))
        }
        return boxes
    }

    /// Follows the associator, whose tracks only ever disappear or are added at the end.
    private mutating func keepIdentifiers() {
        var kept = 0
        for track in associator.tracks {
            while kept < shown.count, shown[kept].serial < track.serial { shown.remove(at: kept) }
            if kept == shown.count { shown.append((track.serial, nil)) }
            kept += 1
        }
        shown.removeLast(shown.count - kept)
    }

    private func visibleBox(of track: LiveTrack, wasShown: Bool, in frame: FrameDetections) -> (Box, Double)? {
        if let row = track.detection {
            let detection = frame.detections[associator.table.source[row]]
            guard wasShown || track.isConfirmed || detection.score >= settings.immediateScore else { return nil }
            return (detection.box, detection.score)
        }
        guard wasShown, associator.now - track.lastSeen <= settings.coasting else { return nil }
        let (filter, camera) = (track.filter, associator.camera)
        let box = Box(
            x: filter.x + camera.offsetX - filter.width / 2, y: filter.y + camera.offsetY - filter.height / 2,
            width: filter.width, height: filter.height)
        return (box, track.lastScore)
    }
}

import Model

/// A track's box in the frame just given.
package struct TrackedBox: Hashable, Sendable, Codable {
    package var id: Int
    package var classID: Int
    package var box: Box
    package var score: Double
}

/// Tracks frame by frame.
package struct OnlineTracker: Sendable {
    private var core: Associator
    private var nextID = 1

    package init(settings: TrackingSettings = TrackingSettings(), geometry: PictureGeometry) {
        core = Associator(settings: settings, geometry: geometry)
    }

    package mutating func update(_ frame: FrameDetections) -> [TrackedBox] {
        core.advance(frame)
        var result: [TrackedBox] = []
        for index in core.tracks.indices {
            let track = core.tracks[index]
            if track.confirmed, track.detection < 0, track.publicID > 0, core.now - track.lastSeen <= core.settings.coast {
                let f = track.filter
                result.append(
                    TrackedBox(
                        id: track.publicID, classID: track.classID,
                        box: Box(
                            x: f.x + core.camera.offsetX - f.width / 2, y: f.y + core.camera.offsetY - f.height / 2,
                            width: f.width, height: f.height), score: 0))
                continue
            }
            guard track.detection >= 0,
                track.confirmed || core.table.score[track.detection] >= core.settings.instantScore
            else { continue }
            var id = track.publicID
            if id == 0 {
                id = nextID
                nextID += 1
                core.name(index, id)
            }
            let detection = frame.detections[core.table.source[track.detection]]
            result.append(TrackedBox(id: id, classID: track.classID, box: detection.box, score: detection.score))
        }
        return result
    }
}

extension Associator {
    mutating func name(_ index: Int, _ id: Int) { setPublicID(index, id) }
}

/// How firmly one point of a track continues the one before: where another person's box covers it, or nothing was detected
/// for a while, somebody else may have taken over.
struct TrackContinuity {
    let recording: Recording

    /// Overlap with somebody else's box, and seconds without a detection, from which on hardly anything binds.
    private static let fullOverlap = 0.6
    private static let fullGap = 0.5
    /// Detections with a lower score hide nobody.
    private static let leastScore = 0.3

    /// 0 where nobody else is near; from 1 on it may as well be another's. 1 before the first point and after the last.
    func weakness(of tracklet: Tracklet, at point: Int) -> Double {
        guard point > 0, point < tracklet.points.count else { return 1 }
        let (before, here) = (tracklet.points[point - 1], tracklet.points[point])
        let gap = here.step > before.step + 1 ? (here.time - before.time) / Self.fullGap : 0
        return max(gap, max(crowding(before), crowding(here)) / Self.fullOverlap)
    }

    /// Overlap of a point's detection with the nearest other.
    private func crowding(_ point: Tracklet.Point) -> Double {
        guard let detection = point.detection else { return 0 }
        let detections = recording.frames[point.step].detections
        let own = detection - recording.offsets[point.step]
        var most = 0.0
        for (index, other) in detections.enumerated() where index != own && other.score >= Self.leastScore {
            most = max(most, other.box.iou(detections[own].box))
        }
        return most
    }
}

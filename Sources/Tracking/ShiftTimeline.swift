/// Shifts from the stretches in which a player was followed, and what was done to get there.
///
/// Stretches get their rolls, are clamped to the video, merged across short gaps, and dropped where there is too little of
/// the player in them. What counts for that is the time on camera, not the rolls: with them, the shortest flicker would last
/// for seconds.
package struct ShiftTimeline: Hashable, Sendable, Codable {
    package struct Merge: Hashable, Sendable, Codable {
        package var previousEnd: Double
        package var nextStart: Double
        /// 0 where the rolls overlap.
        package var gap: Double
    }

    /// As followed, in order.
    package private(set) var raw: [ShiftSegment]
    /// The shifts: in order, apart by more than the merged gap, within the video.
    package private(set) var merged: [ShiftSegment] = []
    package private(set) var merges: [Merge] = []
    /// Sum of the stretches within the shifts, in seconds.
    package private(set) var timeOnCamera = 0.0

    /// - Parameters:
    ///   - segments: in order, without overlap.
    ///   - duration: of the video, in seconds.
    package init(_ segments: [ShiftSegment], duration: Double, settings: ShiftSettings) {
        raw = segments
        var shifts: [(segment: ShiftSegment, onCamera: Double)] = []
        for segment in segments {
            let rolled = ShiftSegment(
                start: max(0, segment.start - settings.preRoll), end: min(duration, segment.end + settings.postRoll))
            guard rolled.start < rolled.end else { continue }
            if let last = shifts.last, rolled.start - last.segment.end <= settings.mergedGap {
                merges.append(
                    Merge(
                        previousEnd: last.segment.end, nextStart: rolled.start,
                        gap: max(0, rolled.start - last.segment.end)))
                shifts[shifts.count - 1].segment.end = max(last.segment.end, rolled.end)
                shifts[shifts.count - 1].onCamera += segment.duration
            } else {
                shifts.append((rolled, segment.duration))
            }
        }
        let kept = shifts.filter { $0.onCamera >= settings.minimumDuration }
        merged = kept.map(\.segment)
        timeOnCamera = kept.reduce(0) { $0 + $1.onCamera }
    }
}

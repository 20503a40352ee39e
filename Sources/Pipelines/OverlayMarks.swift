import Media
import Model

/// What to draw on each frame of a video, asked for in ascending order of frame.
struct OverlayMarks {
    /// How far back a trail reaches, in seconds.
    static let trailSeconds = 1.5

    private var timeline: TrackTimeline
    private let classes: [Int: String]
    private let times: [MediaTime]

    /// - Parameters:
    ///   - classes: names by class id.
    ///   - times: the time of every frame of the video.
    init(tracks: [Track], classes: [Int: String], times: [MediaTime]) {
        timeline = TrackTimeline(tracks: tracks)
        self.classes = classes
        self.times = times
    }

    mutating func marks(at frame: Int) -> [OverlayMark] {
        timeline.advance(to: frame).map { presence in
            let name = classes[presence.track.classID] ?? "class \(presence.track.classID)"
            return OverlayMark(
                box: presence.box, id: presence.track.id,
                label: "\(presence.track.id) \(name) \(Self.hundredths(presence.score))",
                isInterpolated: presence.isInterpolated, trail: trail(of: presence, at: frame))
        }
    }

    /// The middle of the lower edge, where a person stands, over the last ``trailSeconds``; the present last.
    private func trail(of presence: TrackTimeline.Presence, at frame: Int) -> [OverlayMark.Point] {
        let observations = presence.track.observations
        let start = times[frame].seconds - Self.trailSeconds
        let recent = presence.past.reversed().prefix { observations[$0].time.seconds >= start }.reversed()
        let past = recent.map { Self.foot(of: observations[$0].box) }
        return past + [Self.foot(of: presence.box)]
    }

    private static func foot(of box: Box) -> OverlayMark.Point { OverlayMark.Point(x: box.centerX, y: box.maxY) }

    private static func hundredths(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

import Media
import Model
import Tracking

/// What the debug overlay shows on each frame, asked for in ascending order of frame: everybody's box with track id, the
/// number read last and its confidence, the score of the shirt's colour; whom the search follows, and its state.
struct ShiftOverlay {
    /// Seconds for which a look is shown.
    private static let lookSeconds = 1.0

    private let outcome: PlayerSearch.Outcome
    private let shifts: [ShiftSegment]
    private let people: [Int: PlayerSearch.Person]
    private let times: [Double]
    private var timeline: TrackTimeline
    /// Of the moments, the last that is not after the frame.
    private var moment = -1

    /// - Parameters:
    ///   - shifts: those that became clips.
    ///   - times: of every frame of the video, in seconds from the first.
    init(_ outcome: PlayerSearch.Outcome, shifts: [ShiftSegment], times: [Double]) {
        self.outcome = outcome
        self.shifts = shifts
        self.times = times
        people = Dictionary(uniqueKeysWithValues: outcome.people.map { ($0.track.id, $0) })
        timeline = TrackTimeline(tracks: outcome.people.map(\.track))
    }

    mutating func scene(at frame: Int) -> OverlayScene {
        while moment + 1 < outcome.states.count, outcome.states[moment + 1].frame <= frame { moment += 1 }
        let now = moment >= 0 ? outcome.states[moment] : nil
        let marks = timeline.advance(to: frame).map { presence in
            let isFollowed = now?.track == presence.track.id
            let label = label(presence.track.id, at: frame, state: isFollowed ? now?.state : nil)
            return OverlayMark(
                box: presence.box, id: presence.track.id, label: label.joined(separator: "  "),
                brief: label.prefix(2).joined(separator: "  "),
                isInterpolated: presence.isInterpolated, isStrong: isFollowed)
        }
        return OverlayScene(marks: marks, caption: caption(at: frame, now))
    }

    /// `12`, `#17 0.91`, `colour 0.88`, `locked`: what is known of it, the most telling first.
    private func label(_ track: Int, at frame: Int, state: ShiftTransition.State?) -> [String] {
        guard let person = people[track] else { return ["\(track)"] }
        var parts = ["\(track)"]
        let look = person.looks.last { $0.frame <= frame && times[frame] - times[$0.frame] <= Self.lookSeconds }
        if let read = look?.read?.best { parts.append("#\(read.number) \(Self.hundredths(read.confidence))") }
        let own = look.flatMap { outcome.teams.observation(of: $0.colours)?.probabilities.first }
        if let score = own ?? person.team?.first { parts.append("colour \(Self.hundredths(score))") }
        if let state { parts.append(state.rawValue) }
        return parts
    }

    /// `0:12.4  searching` and whether the moment is in a shift.
    private func caption(at frame: Int, _ now: PlayerSearch.Moment?) -> String {
        let time = times[frame]
        let tenths = Int((time * 10).rounded(.down))
        let (minutes, rest) = (tenths / 600, tenths % 600)
        var parts = ["\(minutes):\(rest < 100 ? "0" : "")\(rest / 10).\(rest % 10)"]
        if let number = outcome.number { parts.append("#\(number)") }
        let state = now?.state ?? .searching
        parts.append(now?.track.map { "\(state.rawValue) track \($0)" } ?? state.rawValue)
        if let shift = shifts.firstIndex(where: { $0.start <= time && time < $0.end }) {
            parts.append("in clip \(shift + 1)")
        }
        return parts.joined(separator: "  ")
    }

    private static func hundredths(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}

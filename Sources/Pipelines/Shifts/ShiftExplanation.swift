import Formats
import Model
import Tracking

/// Says of every second why it is in a shift or out of all.
struct ShiftExplanation {
    let outcome: PlayerSearch.Outcome
    /// Empty where the search did not come to shifts.
    let shifts: [ShiftSegment]
    let duration: Double

    private struct Moment {
        var frames = 0
        var tracks: [Int: Int] = [:]
        var locked = 0
        var people: Set<Int> = []
        var reads: [String: Int] = [:]
    }

    func seconds() -> [ShiftDebugDocument.Second] {
        let count = max(1, Int(duration.rounded(.up)))
        var moments = [Moment](repeating: Moment(), count: count)
        func second(_ time: Double) -> Int { min(count - 1, max(0, Int(time))) }
        for state in outcome.states {
            let at = second(state.time)
            moments[at].frames += 1
            if let track = state.track { moments[at].tracks[track, default: 0] += 1 }
            if state.state == .locked { moments[at].locked += 1 }
        }
        for (index, person) in outcome.people.enumerated() {
            var timeOfFrame: [Int: Double] = [:]
            for observation in person.track.observations {
                let time = observation.time.seconds
                timeOfFrame[observation.frame] = time
                moments[second(time)].people.insert(index)
            }
            for look in person.looks {
                guard let read = look.read?.best?.number, let time = timeOfFrame[look.frame] else { continue }
                moments[second(time)].reads["\(read)", default: 0] += 1
            }
        }
        return moments.enumerated().map { at, moment in
            let isIn = shifts.contains { $0.start <= Double(at) + 0.5 && Double(at) + 0.5 < $0.end }
            let track = moment.tracks.max { ($0.value, $1.key) < ($1.value, $0.key) }
            let followed = track.flatMap { 2 * $0.value >= moment.frames ? $0.key : nil }
            return ShiftDebugDocument.Second(
                t: at, isIn: isIn, track: followed, why: why(moment, isIn: isIn, followed: followed),
                reads: moment.reads)
        }
    }

    private func why(_ moment: Moment, isIn: Bool, followed: Int?) -> String {
        if let followed {
            let person = outcome.people.first { $0.track.id == followed }
            let by =
                if person?.isPointedAt == true {
                    "somebody pointed at it"
                } else if let identity = person?.identity, identity.number == outcome.number {
                    "\(identity.number) was read \(identity.support) times of \(identity.reads) on it"
                } else if 2 * moment.locked > moment.frames {
                    "the number was read shortly before"
                } else {
                    "the number was read in the last frames"
                }
            return "track \(followed) is followed: \(by)" + (isIn ? "" : "; too short for a shift")
        }
        if isIn { return "before, after or between stretches in which the player was followed" }
        if moment.frames == 0 { return "no frame of it could be analysed" }
        if moment.people.isEmpty { return "nobody was seen" }
        let people = moment.people.map { outcome.people[$0] }
        let others = people.count { $0.isPlayer == false }
        return "\(people.count) seen, \(others) known to be others, \(people.count - others) unknown"
            + (outcome.number.flatMap { number in
                moment.reads["\(number)"].map { "; \(number) was read \($0) times, not enough" }
            } ?? "")
    }
}

/// Cuts a piece of track where who it is changes: the likeliest sequence of players over its sightings (Viterbi 1967).
///
/// A change costs much where one box continues another without doubt and little where someone stood in the way or
/// nothing was detected for a while; between two sightings that disagree, the weakest such point is taken.
struct TrackletSplitter {
    let settings: IdentitySettings
    let continuity: TrackContinuity
    let table: SightingTable
    let players: [Player]

    /// The parts, in order; the piece itself where nothing speaks for a change.
    func split(_ tracklet: Tracklet) -> [Tracklet] {
        let facts = table.facts(of: tracklet)
        guard facts.count > 1 else { return [tracklet] }
        let crossings = zip(facts, facts.dropFirst()).map { weakest(in: tracklet, after: $0.point, upTo: $1.point) }
        var parts: [Tracklet] = []
        var begin = 0
        for cut in cuts(facts, crossings) {
            parts.append(Tracklet(classID: tracklet.classID, points: Array(tracklet.points[begin..<cut])))
            begin = cut
        }
        parts.append(Tracklet(classID: tracklet.classID, points: Array(tracklet.points[begin...])))
        return parts
    }

    private struct Crossing {
        /// The first point that belongs to whoever comes next.
        var point: Int
        var cost: Double
    }

    /// Points at which the likeliest sequence changes.
    private func cuts(_ facts: [IdentityFact], _ crossings: [Crossing]) -> [Int] {
        let nobodies = max(1, table.teamCount + 1)
        let count = players.count + nobodies
        /// Best score of a sequence that ends in each state, and where from it came there by a change: -1 for none.
        var scores = (0..<count).map { emission(of: facts[0], state: $0) }
        var origins: [[Int]] = []
        for (index, fact) in facts.enumerated().dropFirst() {
            let crossing = crossings[index - 1]
            let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
            let change = scores[best] - crossing.cost
            var origin = [Int](repeating: -1, count: count)
            for state in 0..<count {
                if change > scores[state] {
                    scores[state] = change
                    origin[state] = best
                }
                scores[state] += emission(of: fact, state: state)
            }
            origins.append(origin)
        }
        var state = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
        var cuts: [Int] = []
        for index in origins.indices.reversed() where origins[index][state] >= 0 {
            cuts.append(crossings[index].point)
            state = origins[index][state]
        }
        return cuts.reversed()
    }

    /// Log-likelihood of a sighting of a player, or of somebody without a number in one of the teams.
    private func emission(of fact: IdentityFact, state: Int) -> Double {
        if state < players.count {
            let player = players[state]
            return (fact.numbers.isEmpty ? 0 : fact.numbers[player.number])
                + (fact.teams.isEmpty ? 0 : fact.teams[player.team])
        }
        return fact.teams.isEmpty ? 0 : fact.teams[state - players.count]
    }

    /// Where, between two sightings, another may most easily have taken the first one's place.
    private func weakest(in tracklet: Tracklet, after first: Int, upTo last: Int) -> Crossing {
        guard first < last else { return Crossing(point: last, cost: .infinity) }
        var (point, most) = (last, -1.0)
        for candidate in (first + 1)...last {
            let weakness = continuity.weakness(of: tracklet, at: candidate)
            if weakness > most { (point, most) = (candidate, weakness) }
        }
        let range = settings.solidSplitCost - settings.weakSplitCost
        return Crossing(point: point, cost: settings.solidSplitCost - range * min(1, most))
    }
}

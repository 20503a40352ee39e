import Model
import Tracking

/// How sure it is that a shift shows the player who was asked for, from what was seen within it.
///
/// Reads of the number on whom the shift follows count for it, reads of other numbers against it; the shirt's colour
/// counts where colours tell the teams apart; and what every track says as a whole is where a single shift has little of
/// its own. A shift without a read of its own is never as sure as one with many.
struct ShiftConfidence {
    let outcome: PlayerSearch.Outcome

    /// Reads that count as much as the doubt before the first.
    private static let doubt = 0.6
    /// A person's word, where no number was read.
    private static let pointed = 0.9
    /// A read of a number with a digit in common is often the same one, partly hidden.
    private static let partial = 0.3

    private struct Evidence {
        var agreeing = 0.0
        var contradicting = 0.0
        /// Probabilities of the player's team.
        var team: [Double] = []
    }

    /// 0…1, to a thousandth.
    func callAsFunction(_ shift: ShiftSegment) -> Double {
        let people = Dictionary(uniqueKeysWithValues: outcome.people.map { ($0.track.id, $0) })
        // Frames in which each track was followed.
        var followed: [Int: Int] = [:]
        for moment in outcome.states where shift.start <= moment.time && moment.time <= shift.end {
            if let track = moment.track { followed[track, default: 0] += 1 }
        }
        let total = followed.values.reduce(0, +)
        guard total > 0 else { return 0 }
        let evidence = self.evidence(followed.keys.sorted().compactMap { people[$0] }, within: shift)
        let own =
            (evidence.agreeing + Self.doubt / 2) / (evidence.agreeing + evidence.contradicting + Self.doubt)
        // Of whole tracks, by how long each is followed.
        let tracks = followed.sorted { $0.key < $1.key }.reduce(0.0) { sum, entry in
            sum + Double(entry.value) / Double(total) * (people[entry.key].map(ofTrack) ?? 0.5)
        }
        let colour = evidence.team.isEmpty ? 1 : evidence.team.reduce(0, +) / Double(evidence.team.count)
        // The colour alone names nobody: it can only take away.
        return ((own * tracks).squareRoot() * (0.5 + 0.5 * colour) * 1000).rounded() / 1000
    }

    private func ofTrack(_ person: PlayerSearch.Person) -> Double {
        let identity = outcome.number != nil && person.identity?.number == outcome.number ? person.identity : nil
        return max(person.isPointedAt ? Self.pointed : 0, identity?.confidence ?? 0.5)
    }

    private func evidence(_ people: [PlayerSearch.Person], within shift: ShiftSegment) -> Evidence {
        var evidence = Evidence()
        for person in people {
            let times = Dictionary(
                person.track.observations.map { ($0.frame, $0.time.seconds) }, uniquingKeysWith: { first, _ in first })
            if person.isPointedAt { evidence.agreeing += 2 * Self.pointed }
            for look in person.looks {
                guard let time = times[look.frame], shift.start <= time, time <= shift.end else { continue }
                if outcome.teams.isHinted,
                    let team = outcome.teams.observation(of: look.colours)?.probabilities.first
                {
                    evidence.team.append(team)
                }
                guard let number = outcome.number, let read = look.read?.best else { continue }
                if read.number == number {
                    evidence.agreeing += read.confidence
                } else {
                    let weight = Self.isPart(read.number, of: number) ? Self.partial : 1
                    evidence.contradicting += weight * read.confidence
                }
            }
        }
        return evidence
    }

    private static func isPart(_ digits: Int, of number: Int) -> Bool {
        digits < 10 && number >= 10 && (number / 10 == digits || number % 10 == digits)
    }
}

import Glibc
import Model

/// Everything seen of who a piece of track is, summed up: log-likelihoods by number and by team.
///
/// A number speaks against "a back without a number", where every read is noise. Teams are the observed ones and, last,
/// "neither". Sums of independent sightings: pieces of one player add up.
struct IdentityEvidence {
    /// By number; empty where nothing was read.
    private(set) var numbers: [Double] = []
    /// By team, and last for "neither"; empty where no colours were seen.
    private(set) var teams: [Double] = []
    /// Reads by number, each by its weight.
    private(set) var counts: [Int: Double] = [:]
    /// The same, each read counted as one.
    private(set) var matches: [Int: Int] = [:]
    private(set) var reads = 0
    /// Log probability, for a player, of the pieces on which nothing was read (``ReadSilence``); 0 for a nobody.
    var silence = 0.0

    var isEmpty: Bool { numbers.isEmpty && teams.isEmpty }

    mutating func add(_ fact: IdentityFact) {
        Self.accumulate(&numbers, fact.numbers)
        Self.accumulate(&teams, fact.teams)
        if let read = fact.read {
            counts[read, default: 0] += fact.readWeight
            matches[read, default: 0] += 1
            reads += 1
        }
    }

    mutating func add(_ other: IdentityEvidence) {
        Self.accumulate(&numbers, other.numbers)
        Self.accumulate(&teams, other.teams)
        counts.merge(other.counts, uniquingKeysWith: +)
        silence += other.silence
        matches.merge(other.matches, uniquingKeysWith: +)
        reads += other.reads
    }

    func adding(_ other: IdentityEvidence) -> IdentityEvidence {
        var sum = self
        sum.add(other)
        return sum
    }

    /// For one player, against somebody without a number in whichever team.
    func logRatio(for player: Player) -> Double {
        (numbers.isEmpty ? 0 : numbers[player.number]) + teamLogRatio(player.team)
    }

    /// What it says, by itself, for being the player's: where the number was never read whole, what looks like a part of
    /// it, or like it, names nobody.
    func claim(of player: Player) -> Double {
        let number = numbers.isEmpty ? 0 : numbers[player.number]
        return (counts[player.number] == nil ? min(0, number) : number) + teamLogRatio(player.team)
    }

    /// For one team, against any.
    func teamLogRatio(_ team: Int) -> Double {
        teams.indices.contains(team) ? teams[team] - logMeanOfExponentials(teams) : 0
    }

    private static func accumulate(_ sum: inout [Double], _ values: [Double]) {
        if values.isEmpty { return }
        if sum.isEmpty {
            sum = values
        } else {
            for index in sum.indices { sum[index] += values[index] }
        }
    }
}

/// One sighting of a piece of track, in log-likelihoods, weighted by how independent of the others it is.
struct IdentityFact {
    /// Which of the piece's points.
    var point: Int
    var numbers: [Double] = []
    var teams: [Double] = []
    /// The number as read, and the read's weight.
    var read: Int?
    var readWeight = 0.0
}

/// A number in a team.
struct Player: Hashable, Comparable {
    /// 0 also where no colours were seen.
    var team: Int
    var number: Int

    static func < (a: Player, b: Player) -> Bool { (a.number, a.team) < (b.number, b.team) }
}

func logMeanOfExponentials(_ values: [Double]) -> Double {
    guard let most = values.max(), most.isFinite else { return 0 }
    return most + log(values.reduce(0) { $0 + exp($1 - most) } / Double(values.count))
}

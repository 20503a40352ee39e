import Glibc

/// Gives pieces of track to players so that their sightings are as likely as can be, over the whole recording.
///
/// A player is in one place at a time: the pieces of one player must not overlap, and each piece is one player's or
/// nobody's. For one player, with all others' pieces at their price, the best such set is found exactly (weighted
/// interval scheduling); the players take turns until none can improve the whole.
struct IdentityAssignment {
    struct Piece {
        var steps: ClosedRange<Int>
        var evidence: IdentityEvidence
    }

    let settings: IdentitySettings
    let pieces: [Piece]
    /// By how many steps pieces of one player may overlap.
    let tolerance: Int

    /// The players for whom there is enough evidence, and each piece's player, if any.
    func solve() -> (players: [Player], owners: [Player?]) {
        let candidates = Self.candidates(pieces.map(\.evidence), settings: settings)
        let choice = assign(candidates, among: candidates.count).players.count
        var best = assign(candidates, among: choice)
        // The least supported first: does the recording need this player, or do others explain it as well?
        for player in best.players.reversed() {
            let without = assign(best.players.filter { $0 != player }, among: choice)
            if without.score >= best.score { best = without }
        }
        return (best.players, best.owners)
    }

    /// Numbers read often enough to be somebody's, in each team that any of their reads may be of; the best-supported first.
    static func candidates(_ evidence: [IdentityEvidence], settings: IdentitySettings) -> [Player] {
        var counts: [Int: Double] = [:]
        var teamCount = 1
        for piece in evidence {
            counts.merge(piece.counts, uniquingKeysWith: +)
            teamCount = max(teamCount, piece.teams.count - 1)
        }
        var ranked: [(player: Player, support: Double)] = []
        for (number, count) in counts where count >= settings.minimumReads && (0..<ReadModel.numbers).contains(number) {
            for team in 0..<teamCount {
                let player = Player(team: team, number: number)
                let support = evidence.reduce(0) {
                    $0 + max(0, $1.counts[number] == nil ? 0 : $1.logRatio(for: player))
                }
                if support > settings.newPlayerCost { ranked.append((player, support)) }
            }
        }
        ranked.sort { ($1.support, $0.player) < ($0.support, $1.player) }
        return ranked.map(\.player)
    }

    /// Whether one piece may be another's continuation: they may overlap by a moment, where both cling to one box.
    private func follows(_ earlier: Int, _ later: Int) -> Bool {
        let (a, b) = (pieces[earlier].steps, pieces[later].steps)
        return b.lowerBound > a.upperBound - min(tolerance, min(a.count, b.count) / 2) && b.upperBound > a.upperBound
            && b.lowerBound > a.lowerBound
    }

    private struct Solution {
        /// Those who have a piece, the best-supported first.
        var players: [Player]
        var owners: [Player?]
        /// Log-likelihood against nobody's having a name.
        var score: Double
    }

    /// - Parameter choice: among how many players a piece's owner is one.
    private func assign(_ players: [Player], among choice: Int) -> Solution {
        let odds = max(settings.namelessShare, 1e-6) / max(1 - settings.namelessShare, 1e-6)
        let cost = settings.nameCost + max(0, log(Double(max(1, choice)) * odds))
        var owners = [Player?](repeating: nil, count: pieces.count)
        var values = [Double](repeating: 0, count: pieces.count)
        let order = pieces.indices.sorted {
            (pieces[$0].steps.lowerBound, pieces[$0].steps.upperBound, $0)
                < (pieces[$1].steps.lowerBound, pieces[$1].steps.upperBound, $1)
        }
        let gains = players.map { player in pieces.map { $0.evidence.claim(of: player) - cost } }
        let favourites = pieces.indices.map { row in
            players.indices.reduce(-1) { best, next in
                gains[next][row] > (best < 0 ? 0 : gains[best][row]) ? next : best
            }
        }
        for round in 0..<8 {
            var hasChanged = false
            for (rank, player) in players.enumerated() {
                // First everybody takes only what is more likely theirs than anybody else's: two players of one number
                // would otherwise hold each other's pieces, each with nothing better to change to.
                let rows = order.filter { row in
                    gains[rank][row] > 0
                        && (round == 0
                            ? favourites[row] == rank : owners[row] == player || gains[rank][row] > values[row])
                }
                let chain = Set(
                    bestChain(rows) { owners[$0] == player ? gains[rank][$0] : gains[rank][$0] - values[$0] })
                let accepted = isSomebody(player, chain, gains[rank], among: players) ? chain : []
                for row in pieces.indices where (owners[row] == player) != accepted.contains(row) {
                    hasChanged = true
                    owners[row] = accepted.contains(row) ? player : nil
                    values[row] = accepted.contains(row) ? gains[rank][row] : 0
                }
            }
            if !hasChanged { break }
        }
        let named = Set(owners.compactMap(\.self))
        return Solution(
            players: players.filter(named.contains), owners: owners,
            score: values.reduce(0, +) - settings.newPlayerCost * Double(named.count))
    }

    /// Whether a set of pieces is enough for a player to exist.
    private func isSomebody(_ player: Player, _ chain: Set<Int>, _ gains: [Double], among players: [Player]) -> Bool {
        var (gain, reads) = (0.0, 0.0)
        for row in chain.sorted() {
            gain += gains[row]
            reads += pieces[row].evidence.counts[player.number] ?? 0
        }
        guard gain > settings.newPlayerCost, reads >= settings.minimumReads else { return false }
        let evidence = chain.sorted().reduce(into: IdentityEvidence()) { $0.add(pieces[$1].evidence) }
        let own = evidence.logRatio(for: player)
        // What another player explains much better is no player of its own, even where that other is elsewhere: it is what
        // an error left over.
        return !players.contains { evidence.logRatio(for: $0) > own + settings.newPlayerCost }
    }

    /// The pieces without overlap whose values sum to the most.
    ///
    /// - Parameter rows: in order of their first steps.
    private func bestChain(_ rows: [Int], value: (Int) -> Double) -> [Int] {
        var totals: [Double] = []
        var previous: [Int] = []
        for (position, row) in rows.enumerated() {
            var (best, origin) = (0.0, -1)
            for earlier in 0..<position where totals[earlier] > best && follows(rows[earlier], row) {
                (best, origin) = (totals[earlier], earlier)
            }
            totals.append(best + value(row))
            previous.append(origin)
        }
        var position = totals.indices.reduce(-1) { best, next in
            totals[next] > (best < 0 ? 0 : totals[best]) ? next : best
        }
        var chain: [Int] = []
        while position >= 0 {
            chain.append(rows[position])
            position = previous[position]
        }
        return chain
    }
}

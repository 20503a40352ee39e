import Glibc
import Model

/// Who the pieces of track are while they are being linked: entities, each a player or somebody unnamed, with everything
/// seen of them and the steps at which they are somewhere.
struct IdentityLedger {
    struct Entity {
        var player: Player?
        var evidence: IdentityEvidence
        /// Ascending, without overlap.
        var spans: [ClosedRange<Int>]
    }

    private let settings: IdentitySettings
    private let players: [Player]
    /// By how many steps an entity may seem to be in two places.
    private let tolerance: Int
    private var entities: [Entity] = []
    /// Where an entity was merged into another: which.
    private var parents: [Int] = []

    /// Most that sightings speak for a link, and against it where they do not exclude it.
    private static let mostFor = 5.0
    private static let mostAgainst = 12.0

    init(players: [Player], settings: IdentitySettings, tolerance: Int) {
        self.tolerance = tolerance
        self.players = players
        self.settings = settings
    }

    mutating func add(_ entity: Entity) -> Int {
        entities.append(entity)
        parents.append(parents.count)
        return parents.count - 1
    }

    /// Lays another, later piece to an entity.
    mutating func extend(_ index: Int, with span: ClosedRange<Int>, _ evidence: IdentityEvidence) {
        let root = root(index)
        entities[root].evidence.add(evidence)
        entities[root].spans.append(span)
    }

    /// The player that an entity is, with how sure that is.
    func identity(of index: Int) -> Identity? {
        let entity = entities[root(index)]
        guard let player = entity.player else { return nil }
        let share = (1 - settings.namelessShare) / Double(max(1, players.count))
        var others = settings.namelessShare
        let own = entity.evidence.logRatio(for: player)
        others *= exp(-own)
        for other in players where other != player {
            others += share * exp(min(600, entity.evidence.logRatio(for: other) - own))
        }
        return Identity(
            team: entity.evidence.teams.isEmpty ? nil : player.team, number: player.number,
            confidence: share / (share + others), support: entity.evidence.matches[player.number] ?? 0,
            reads: entity.evidence.reads)
    }

    subscript(_ index: Int) -> Entity { entities[root(index)] }

    func root(_ index: Int) -> Int {
        var root = index
        while parents[root] != root { root = parents[root] }
        return root
    }

    /// How much sightings speak for one piece's being continued by another, as a log-likelihood ratio; minus infinity where
    /// it cannot be.
    func evidence(_ earlier: Tracklet, _ later: Tracklet) -> Double {
        guard let first = earlier.entity.map(root), let second = later.entity.map(root) else { return 0 }
        let (a, b) = (entities[first], entities[second])
        if first == second {
            let isNext = !a.spans.contains { $0.lowerBound > earlier.last.step && $0.upperBound < later.first.step }
            return isNext ? Self.mostFor : -.infinity
        }
        if a.player != nil, b.player != nil { return -.infinity }
        if overlap(a.spans, b.spans) { return -.infinity }
        return min(Self.mostFor, max(-Self.mostAgainst, samePerson(a.evidence, b.evidence)))
    }

    /// Makes two entities one; false where they turned out to be two meanwhile.
    mutating func merge(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (root(a), root(b))
        if first == second { return true }
        if entities[first].player != nil, entities[second].player != nil { return false }
        if overlap(entities[first].spans, entities[second].spans) { return false }
        let (kept, gone) = (min(first, second), max(first, second))
        entities[kept].player = entities[first].player ?? entities[second].player
        entities[kept].evidence.add(entities[gone].evidence)
        entities[kept].spans = (entities[kept].spans + entities[gone].spans).sorted { $0.lowerBound < $1.lowerBound }
        parents[gone] = kept
        return true
    }

    /// Both are one player, or one person without a number in one team, against any two people.
    private func samePerson(_ a: IdentityEvidence, _ b: IdentityEvidence) -> Double {
        if a.isEmpty && a.silence == 0 || b.isEmpty && b.silence == 0 { return 0 }
        let both = a.adding(b)
        return logEvidence(both) - logEvidence(a) - logEvidence(b)
    }

    /// Log probability of sightings of somebody: any player, or nobody with a number in any team.
    private func logEvidence(_ evidence: IdentityEvidence) -> Double {
        let share = players.isEmpty ? 0 : (1 - settings.namelessShare) / Double(players.count)
        let base = evidence.teams.isEmpty ? 0 : logMeanOfExponentials(evidence.teams)
        var sum = (players.isEmpty ? 1 : settings.namelessShare)
        for player in players { sum += share * exp(min(600, evidence.logRatio(for: player) + evidence.silence)) }
        return base + log(sum)
    }

    private func overlap(_ a: [ClosedRange<Int>], _ b: [ClosedRange<Int>]) -> Bool {
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            let shared = min(a[i].upperBound, b[j].upperBound) - max(a[i].lowerBound, b[j].lowerBound) + 1
            if shared > min(tolerance, min(a[i].count, b[j].count) / 2) { return true }
            if a[i].upperBound < b[j].upperBound { i += 1 } else { j += 1 }
        }
        return false
    }
}

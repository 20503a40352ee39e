import Model

/// Turns pieces of track and sightings into whole tracks with names.
///
/// Pieces are kept pure first and cut where who they are changes (``TrackletSplitter``); players take the pieces that are
/// theirs, wherever they are (``IdentityAssignment``); what has no name is linked by motion and sightings together
/// (``TrackletLinker`` with an ``IdentityLedger``), and what those links bring together is named once more.
struct IdentityResolution {
    let settings: IdentitySettings
    let linking: TrackingSettings.Linking
    let recording: Recording
    let camera: CameraPath
    let table: SightingTable

    /// Links across at most this long a gap, in seconds, come before the naming.
    private static let shortGap = 0.5
    private static let firstGap = 0.5

    /// By how many steps pieces of one person may overlap.
    private var tolerance: Int {
        guard let first = recording.times.first, let last = recording.times.last, last > first else { return 0 }
        return Int(settings.overlapTolerance * Double(recording.times.count - 1) / (last - first))
    }

    /// Tracklets, each all of one person that is known, and their identities.
    func resolve(_ pieces: [Tracklet]) -> [(tracklet: Tracklet, identity: Identity?)] {
        var tracklets = link(split(pieces), longestGap: Self.firstGap)
        for _ in 0..<3 {
            let cut = cutAtHandovers(tracklets)
            if cut.count == tracklets.count { break }
            tracklets = cut
        }
        for longestGap in [Self.shortGap, linking.longestGap] {
            tracklets = link(tracklets, longestGap: min(longestGap, linking.longestGap))
        }
        return gather(tracklets)
    }

    private func evidence(of tracklet: Tracklet) -> IdentityEvidence {
        table.facts(of: tracklet).reduce(into: IdentityEvidence()) { $0.add($1) }
    }

    private func split(_ pieces: [Tracklet]) -> [Tracklet] {
        let players = IdentityAssignment.candidates(pieces.map(evidence), settings: settings)
        let splitter = TrackletSplitter(
            settings: settings, continuity: TrackContinuity(recording: recording), table: table, players: players)
        return pieces.flatMap(splitter.split)
    }

    /// Cuts pieces that claim a player who is elsewhere at the time, where the other piece may have handed the player over.
    private func cutAtHandovers(_ tracklets: [Tracklet]) -> [Tracklet] {
        let evidence = tracklets.map(evidence)
        let (players, owners) = assignment(tracklets, evidence).solve()
        let handover = IdentityHandover(continuity: TrackContinuity(recording: recording))
        var cuts: [Int: Set<Int>] = [:]
        for (claimant, piece) in tracklets.enumerated() {
            guard
                let player = players.max(by: {
                    evidence[claimant].logRatio(for: $0) < evidence[claimant].logRatio(for: $1)
                }), owners[claimant] != player,
                evidence[claimant].logRatio(for: player) > settings.newPlayerCost
            else { continue }
            for (owner, other) in tracklets.enumerated()
            where owners[owner] == player && other.first.step <= piece.last.step && piece.first.step <= other.last.step
            {
                let (mine, theirs) = (reads(of: player, on: piece), reads(of: player, on: other))
                guard let mineFirst = mine.first, let mineLast = mine.last, let theirsFirst = theirs.first,
                    let theirsLast = theirs.last
                else { continue }
                if let cut = handover.find(piece, lastRead: mineLast, other, firstRead: theirsFirst) {
                    cuts[claimant, default: []].insert(cut.earlier)
                    cuts[owner, default: []].insert(cut.later)
                } else if let cut = handover.find(other, lastRead: theirsLast, piece, firstRead: mineFirst) {
                    cuts[owner, default: []].insert(cut.earlier)
                    cuts[claimant, default: []].insert(cut.later)
                }
            }
        }
        return tracklets.enumerated().flatMap { index, tracklet in
            var parts: [Tracklet] = []
            var begin = 0
            for cut in (cuts[index] ?? []).sorted() + [tracklet.points.count] where cut > begin {
                parts.append(Tracklet(classID: tracklet.classID, points: Array(tracklet.points[begin..<cut])))
                begin = cut
            }
            return parts
        }
    }

    /// The points at which a player's number was read.
    private func reads(of player: Player, on tracklet: Tracklet) -> [Int] {
        table.facts(of: tracklet).filter { $0.read == player.number }.map(\.point)
    }

    private func assignment(_ tracklets: [Tracklet], _ evidence: [IdentityEvidence]) -> IdentityAssignment {
        return IdentityAssignment(
            settings: settings,
            pieces: zip(tracklets, evidence).map {
                IdentityAssignment.Piece(steps: $0.first.step...$0.last.step, evidence: $1)
            },
            tolerance: tolerance)
    }

    private struct Naming {
        var tracklets: [Tracklet]
        var ledger: IdentityLedger
    }

    /// Gives each tracklet its entity.
    private func name(_ tracklets: [Tracklet]) -> Naming {
        var evidence = tracklets.map(evidence)
        let (players, owners) = assignment(tracklets, evidence).solve()
        let silence = ReadSilence(
            tracklets.indices.filter { owners[$0] != nil }.map { (tracklets[$0].points.count, evidence[$0].reads) })
        for index in tracklets.indices where evidence[index].reads == 0 {
            evidence[index].silence = silence.logProbability(detections: tracklets[index].points.count)
        }
        var ledger = IdentityLedger(players: players, settings: settings, tolerance: tolerance)
        var entityOfPlayer: [Player: Int] = [:]
        var named = tracklets
        let order = tracklets.indices.sorted { (tracklets[$0].first.step, $0) < (tracklets[$1].first.step, $1) }
        for index in order {
            let tracklet = tracklets[index]
            let span = tracklet.first.step...tracklet.last.step
            if let owner = owners[index], let entity = entityOfPlayer[owner] {
                ledger.extend(entity, with: span, evidence[index])
                named[index].entity = entity
            } else {
                let entity = ledger.add(
                    IdentityLedger.Entity(player: owners[index], evidence: evidence[index], spans: [span]))
                named[index].entity = entity
                if let owner = owners[index] { entityOfPlayer[owner] = entity }
            }
        }
        return Naming(tracklets: named, ledger: ledger)
    }

    private func link(_ tracklets: [Tracklet], longestGap: Double) -> [Tracklet] {
        let naming = name(tracklets)
        var settings = linking
        settings.longestGap = longestGap
        var linker = TrackletLinker(settings: settings, cameraX: camera.x, ledger: naming.ledger)
        return linker.link(naming.tracklets)
    }

    /// Names once more and lays every player's tracklets together.
    private func gather(_ tracklets: [Tracklet]) -> [(tracklet: Tracklet, identity: Identity?)] {
        let naming = name(tracklets)
        var whole: [Int: Tracklet] = [:]
        var order: [Int] = []
        for tracklet in naming.tracklets.sorted(by: { ($0.first.step, $0.first.x) < ($1.first.step, $1.first.x) }) {
            let entity = tracklet.entity ?? -1
            if whole[entity] == nil {
                whole[entity] = tracklet
                order.append(entity)
            } else {
                let last = whole[entity]?.last.step ?? -1
                whole[entity]?.points.append(contentsOf: tracklet.points.drop { $0.step <= last })
            }
        }
        return order.compactMap { entity in
            whole[entity].map { ($0, naming.ledger.identity(of: entity)) }
        }
    }
}

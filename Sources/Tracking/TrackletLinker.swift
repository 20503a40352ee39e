import Glibc

/// Joins pieces of one object's track across the gaps between them: global assignment on ``LinkEvidence``.
///
/// Short gaps first: the longer pieces that come out know their velocities better.
struct TrackletLinker {
    private let settings: TrackingSettings.Linking
    private var evidence: LinkEvidence
    private var solver = SparseAssignment()
    /// Who the pieces are, where something was seen of that.
    private(set) var ledger: IdentityLedger?

    /// Log density, on the scale of the evidence, of a newcomer's place: anywhere along the side.
    private static let newcomerLogDensity = -0.4
    /// Shorter pieces say nothing of how many come back.
    private static let fewestDetections = 8

    private struct Pair {
        var row: Int
        var column: Int
        var weight: Double
    }

    /// - Parameter cameraX: where the camera pointed at each step, in pixels; empty for one that stands still.
    init(settings: TrackingSettings.Linking, cameraX: [Double] = [], ledger: IdentityLedger? = nil) {
        self.settings = settings
        self.ledger = ledger
        evidence = LinkEvidence(settings: settings, cameraX: cameraX)
    }

    /// The joined tracklets, in the order of their first frames.
    mutating func link(_ tracklets: [Tracklet]) -> [Tracklet] {
        var linked = tracklets
        evidence.returnLogOdds = returnLogOdds(tracklets)
        for window in [0.15, 0.5, 1.2] where window < settings.longestGap { linked = link(linked, window: window) }
        return link(linked, window: settings.longestGap)
    }

    /// What the recording itself says about how many come back.
    ///
    /// Doubled and capped: between a match and a hockey bench the odds differ by more than an estimate from a dozen
    /// entries dares to say, and nowhere are returns more than likely.
    private func returnLogOdds(_ tracklets: [Tracklet]) -> Double {
        let known = tracklets.filter { $0.points.count >= Self.fewestDetections }
        let ends = known.filter { $0.last.side != nil }.map { EndState.end(of: $0, span: settings.span) }
            .sorted { ($0.time, $0.x) < ($1.time, $1.x) }
        var share = ReturnShare()
        var (low, high) = (0, 0)
        for tracklet in known.sorted(by: { ($0.first.time, $0.first.x) < ($1.first.time, $1.first.x) })
        where tracklet.first.side != nil {
            let start = EndState.start(of: tracklet, span: settings.span)
            while high < ends.count, ends[high].time < start.time { high += 1 }
            while low < high, start.time - ends[low].time > settings.longestGap { low += 1 }
            let exits = ends[low..<high].filter { $0.side == start.side }
            if exits.isEmpty { continue }
            let fit = exits.reduce(0) { $0 + exp(evidence.motionOfReturn($1, start) - Self.newcomerLogDensity) }
            share.add(entryWithRatio: fit / Double(exits.count))
        }
        return 2 * min(0.5, share.logOdds)
    }

    /// Links across gaps of at most `window` seconds.
    private mutating func link(_ unordered: [Tracklet], window: Double) -> [Tracklet] {
        let tracklets = unordered.enumerated().sorted { a, b in
            (a.element.first.step, a.offset) < (b.element.first.step, b.offset)
        }.map(\.element)
        let pairs = candidates(tracklets, window: window)
        solver.begin(columns: tracklets.count)
        var next = 0
        for row in tracklets.indices {
            while next < pairs.count, pairs[next].row == row {
                solver.addEdge(column: pairs[next].column, weight: pairs[next].weight)
                next += 1
            }
            solver.closeRow()
        }
        solver.solve()
        var successors = successors(count: tracklets.count, pairs)
        if ledger != nil { withdrawContradictions(from: &successors, tracklets, pairs) }
        return join(tracklets, successors)
    }

    /// Every pair with evidence for it, ordered by row.
    private func candidates(_ tracklets: [Tracklet], window: Double) -> [Pair] {
        let starts = tracklets.map { EndState.start(of: $0, span: settings.span) }
        let ends = tracklets.map { EndState.end(of: $0, span: settings.span) }
        let firstSteps = tracklets.map(\.first.step)
        var pairs: [Pair] = []
        for row in tracklets.indices {
            let lastStep = tracklets[row].last.step
            var low = row + 1
            var high = tracklets.count
            while low < high {
                let middle = (low + high) / 2
                if firstSteps[middle] <= lastStep { low = middle + 1 } else { high = middle }
            }
            while low < tracklets.count, starts[low].time - ends[row].time <= window {
                if tracklets[row].classID == tracklets[low].classID {
                    let identity = ledger?.evidence(tracklets[row], tracklets[low]) ?? 0
                    let weight = evidence.evidence(ends[row], starts[low]) + identity
                    if weight > 0 { pairs.append(Pair(row: row, column: low, weight: weight)) }
                }
                low += 1
            }
        }
        return pairs
    }

    /// The matched pairs that beat every rival for either end by the margin.
    private func successors(count: Int, _ pairs: [Pair]) -> [Int?] {
        var rowRanking = [Ranking](repeating: Ranking(), count: count)
        var columnRanking = rowRanking
        for pair in pairs {
            rowRanking[pair.row].add(pair.weight)
            columnRanking[pair.column].add(pair.weight)
        }
        var successors = [Int?](repeating: nil, count: count)
        for pair in pairs where solver.column(ofRow: pair.row) == pair.column {
            let rival = max(
                rowRanking[pair.row].rival(of: pair.weight), columnRanking[pair.column].rival(of: pair.weight))
            if pair.weight >= rival + settings.margin { successors[pair.row] = pair.column }
        }
        return successors
    }

    /// Links that each hold by themselves may together put one person in two places, or name them twice: the
    /// best-supported stay.
    private mutating func withdrawContradictions(
        from successors: inout [Int?], _ tracklets: [Tracklet], _ pairs: [Pair]
    ) {
        let taken = pairs.filter { successors[$0.row] == $0.column }
            .sorted { ($1.weight, $0.row) < ($0.weight, $1.row) }
        for pair in taken {
            guard let first = tracklets[pair.row].entity, let second = tracklets[pair.column].entity else { continue }
            if ledger?.merge(first, second) == false { successors[pair.row] = nil }
        }
    }

    private func join(_ tracklets: [Tracklet], _ successors: [Int?]) -> [Tracklet] {
        var isContinuation = [Bool](repeating: false, count: tracklets.count)
        for case let successor? in successors { isContinuation[successor] = true }
        var joined: [Tracklet] = []
        for head in tracklets.indices where !isContinuation[head] {
            var whole = tracklets[head]
            var tail = successors[head]
            while let part = tail {
                whole.points.append(contentsOf: tracklets[part].points)
                tail = successors[part]
            }
            joined.append(whole)
        }
        return joined
    }
}

/// The two largest of some weights.
private struct Ranking {
    private var best = 0.0
    private var second = 0.0

    mutating func add(_ weight: Double) {
        if weight > best {
            (best, second) = (weight, best)
        } else {
            second = max(second, weight)
        }
    }

    /// The largest weight but for one of `weight`.
    func rival(of weight: Double) -> Double { weight >= best ? second : best }
}

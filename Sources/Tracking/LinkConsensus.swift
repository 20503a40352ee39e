/// Several passes' links merged into one set of tracklets by vote.
///
/// Near a crossing one pass's answer hangs on a pixel; the same crossing seen from its other end, or with another
/// belief about how objects move, errs at other places. Every detection takes the successor, and the predecessor, that
/// makes the sum of votes over the whole recording largest: one exact assignment.
struct LinkConsensus {
    private struct Ballot {
        var pass: TrackingPass
        var weight: Double
    }

    private let minimumShare: Double
    private var ballots: [Ballot] = []

    /// - Parameter minimumShare: the share of all votes that a link needs, 0…1.
    init(minimumShare: Double) { self.minimumShare = minimumShare }

    mutating func add(_ pass: TrackingPass, weight: Double = 1) { ballots.append(Ballot(pass: pass, weight: weight)) }

    /// For each detection the one that continues it, or -1.
    func links() -> [Int32] {
        guard ballots.count > 1 else { return ballots.first?.pass.next ?? [] }
        let count = ballots[0].pass.next.count
        var solver = SparseAssignment()
        solver.begin(columns: count)
        for row in 0..<count {
            for (rank, ballot) in ballots.enumerated() {
                let successor = ballot.pass.next[row]
                // A successor already named by an earlier pass was counted there.
                guard successor >= 0, !ballots[..<rank].contains(where: { $0.pass.next[row] == successor }) else {
                    continue
                }
                var votes = ballot.weight
                for other in ballots[(rank + 1)...] where other.pass.next[row] == successor { votes += other.weight }
                solver.addEdge(column: Int(successor), weight: votes / Double(ballots.count) - minimumShare)
            }
            solver.closeRow()
        }
        solver.solve()
        return (0..<count).map { row in Int32(solver.column(ofRow: row) ?? -1) }
    }
}

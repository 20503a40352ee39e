import TestSupport
import Testing

@testable import Tracking

@Suite("Sparse assignment")
struct SparseAssignmentTests {
    /// The best total over every way to match rows with columns.
    private func bruteForce(_ weights: [[Double]], row: Int = 0, used: Set<Int> = []) -> Double {
        guard row < weights.count else { return 0 }
        var best = bruteForce(weights, row: row + 1, used: used)
        for (column, weight) in weights[row].enumerated() where weight > 0 && !used.contains(column) {
            best = max(best, weight + bruteForce(weights, row: row + 1, used: used.union([column])))
        }
        return best
    }

    private func solve(_ weights: [[Double]], columns: Int, with solver: inout SparseAssignment) -> [Int?] {
        solver.begin(columns: columns)
        for row in weights {
            for (column, weight) in row.enumerated() { solver.addEdge(column: column, weight: weight) }
            solver.closeRow()
        }
        solver.solve()
        return weights.indices.map { solver.column(ofRow: $0) }
    }

    @Test("finds the best total that trying everything finds", arguments: UInt64(1)...40)
    func equalsBruteForce(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        // One solver for all problems: what one leaves behind must not reach the next.
        var solver = SparseAssignment()
        for _ in 0..<25 {
            let rows = Int.random(in: 0...6, using: &random)
            let columns = Int.random(in: 0...6, using: &random)
            let density = Double.random(in: 0.1...1, using: &random)
            let isTied = Bool.random(using: &random)
            let weights = (0..<rows).map { _ in
                (0..<columns).map { _ -> Double in
                    guard Double.random(in: 0..<1, using: &random) < density else { return 0 }
                    return isTied
                        ? Double(Int.random(in: -1...3, using: &random)) : .random(in: -0.2...1, using: &random)
                }
            }
            let answer = solve(weights, columns: columns, with: &solver)
            let matched = answer.compactMap { $0 }
            #expect(Set(matched).count == matched.count, "a column twice, seed \(seed)")
            var total = 0.0
            for (row, column) in answer.enumerated() {
                guard let column else { continue }
                #expect(weights[row][column] > 0)
                #expect(solver.row(ofColumn: column) == row)
                total += weights[row][column]
            }
            #expect(abs(total - bruteForce(weights)) < 1e-9, "seed \(seed): \(weights)")
        }
    }

    @Test("leaves a row alone rather than take what another needs more")
    func staysUnmatched() {
        var solver = SparseAssignment()
        #expect(solve([[0.9], [0.8]], columns: 1, with: &solver) == [0, nil])
        #expect(solve([[0.8], [0.9]], columns: 1, with: &solver) == [nil, 0])
    }

    @Test("ignores weights that are no numbers")
    func ignoresNotANumber() {
        var solver = SparseAssignment()
        #expect(solve([[.nan, .infinity, 0.5]], columns: 3, with: &solver) == [2])
    }
}

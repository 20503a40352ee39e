/// Identity precision, recall and F1 (Ristani et al., 2016): objects and tracks are paired once for the whole sequence,
/// so that as many frames as possible agree at an overlap of 0.5.
package struct IdentityScores: Hashable, Sendable {
    package private(set) var truePositives = 0
    package private(set) var falseNegatives = 0
    package private(set) var falsePositives = 0

    package var idf1: Double {
        Double(truePositives) / max(1, Double(truePositives) + Double(falsePositives + falseNegatives) / 2)
    }
    package var idp: Double { Double(truePositives) / max(1, Double(truePositives + falsePositives)) }
    package var idr: Double { Double(truePositives) / max(1, Double(truePositives + falseNegatives)) }

    init(_ sequence: PreparedSequence) {
        var agreements = [Int](repeating: 0, count: sequence.pairs.count)
        for frame in sequence.frames {
            for overlap in frame.overlaps where overlap.similarity >= CLEARScores.threshold {
                agreements[overlap.pair] += 1
            }
        }
        truePositives = Self.greatestAgreement(sequence, agreements)
        falseNegatives = sequence.objectBoxes - truePositives
        falsePositives = sequence.trackBoxes - truePositives
    }

    /// All sequences as one: everything is a sum.
    init(combining parts: [IdentityScores]) {
        for part in parts {
            truePositives += part.truePositives
            falseNegatives += part.falseNegatives
            falsePositives += part.falsePositives
        }
    }

    /// The greatest sum of agreements that a one-to-one pairing reaches.
    ///
    /// Only the sum matters, so each connected group of identities is solved by itself: thousands of short tracks cost
    /// little.
    private static func greatestAgreement(_ sequence: PreparedSequence, _ agreements: [Int]) -> Int {
        let objectCount = sequence.objectCounts.count
        var parents = Array(0..<(objectCount + sequence.trackCounts.count))
        func root(_ node: Int) -> Int {
            var node = node
            while parents[node] != node {
                parents[node] = parents[parents[node]]
                node = parents[node]
            }
            return node
        }
        let agreeing = sequence.pairs.indices.filter { agreements[$0] > 0 }
        for index in agreeing {
            parents[root(sequence.pairs[index].object)] = root(objectCount + sequence.pairs[index].track)
        }
        let groups = Dictionary(grouping: agreeing) { root(sequence.pairs[$0].object) }
        var assignment = LinearAssignment()
        // A sum of whole numbers: the order of the groups is of no consequence.
        return groups.values.reduce(0) { sum, group in
            var rows: [Int: Int] = [:]
            var columns: [Int: Int] = [:]
            for index in group {
                let pair = sequence.pairs[index]
                rows[pair.object] = rows[pair.object] ?? rows.count
                columns[pair.track] = columns[pair.track] ?? columns.count
            }
            var scores = [Double](repeating: 0, count: rows.count * columns.count)
            for index in group {
                let pair = sequence.pairs[index]
                guard let row = rows[pair.object], let column = columns[pair.track] else { continue }
                scores[row * columns.count + column] = Double(agreements[index])
            }
            let matches = assignment.maximize(scores: scores, rows: rows.count, columns: columns.count)
            return sum + matches.reduce(0) { $0 + Int(scores[$1.row * columns.count + $1.column]) }
        }
    }
}

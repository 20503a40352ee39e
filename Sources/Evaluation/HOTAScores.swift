/// Higher Order Tracking Accuracy and its parts (Luiten et al., IJCV 2021), at the 19 thresholds 0.05…0.95.
///
/// Arrays have one value per threshold; the plain values are their means, as published figures are.
package struct HOTAScores: Hashable, Sendable {
    /// Overlap thresholds, the lowest first.
    package static let alphas: [Double] = (0..<19).map { 0.05 + Double($0) * 0.05 }

    package private(set) var truePositives = [Double](repeating: 0, count: alphas.count)
    package private(set) var falseNegatives = [Double](repeating: 0, count: alphas.count)
    package private(set) var falsePositives = [Double](repeating: 0, count: alphas.count)
    package private(set) var associationAccuracies = [Double](repeating: 0, count: alphas.count)
    package private(set) var associationRecalls = [Double](repeating: 0, count: alphas.count)
    package private(set) var associationPrecisions = [Double](repeating: 0, count: alphas.count)
    package private(set) var localisationAccuracies = [Double](repeating: 1, count: alphas.count)

    package var detectionAccuracies: [Double] {
        alphaMap { truePositives[$0] / max(1, truePositives[$0] + falseNegatives[$0] + falsePositives[$0]) }
    }
    package var detectionRecalls: [Double] {
        alphaMap { truePositives[$0] / max(1, truePositives[$0] + falseNegatives[$0]) }
    }
    package var detectionPrecisions: [Double] {
        alphaMap { truePositives[$0] / max(1, truePositives[$0] + falsePositives[$0]) }
    }
    package var accuracies: [Double] {
        let detection = detectionAccuracies
        return alphaMap { (detection[$0] * associationAccuracies[$0]).squareRoot() }
    }

    package var hota: Double { mean(accuracies) }
    package var detA: Double { mean(detectionAccuracies) }
    package var assA: Double { mean(associationAccuracies) }
    package var detRe: Double { mean(detectionRecalls) }
    package var detPr: Double { mean(detectionPrecisions) }
    package var assRe: Double { mean(associationRecalls) }
    package var assPr: Double { mean(associationPrecisions) }
    package var locA: Double { mean(localisationAccuracies) }
    /// HOTA at the lowest threshold: how well it tracks where precise boxes do not matter.
    package var hotaAtLowestAlpha: Double { accuracies[0] }

    init(_ sequence: PreparedSequence) {
        guard sequence.trackBoxes > 0, sequence.objectBoxes > 0 else {
            falseNegatives = alphaMap { _ in Double(sequence.objectBoxes) }
            falsePositives = alphaMap { _ in Double(sequence.trackBoxes) }
            return
        }
        let alignment = Self.alignment(of: sequence)
        // matches[pair * alphas + alpha]: how often the pair was matched at the threshold.
        var matches = [Double](repeating: 0, count: sequence.pairs.count * Self.alphas.count)
        var similaritySums = [Double](repeating: 0, count: Self.alphas.count)
        var assignment = LinearAssignment()
        for frame in sequence.frames {
            let columns = frame.tracks.count
            var scores = [Double](repeating: 0, count: frame.objects.count * columns)
            var overlapAt = [Int](repeating: -1, count: scores.count)
            for (index, overlap) in frame.overlaps.enumerated() {
                let cell = overlap.row * columns + overlap.column
                scores[cell] = alignment[overlap.pair] * overlap.similarity
                overlapAt[cell] = index
            }
            var matched = [Double](repeating: 0, count: Self.alphas.count)
            for match in assignment.maximize(scores: scores, rows: frame.objects.count, columns: columns) {
                let index = overlapAt[match.row * columns + match.column]
                guard index >= 0 else { continue }
                let overlap = frame.overlaps[index]
                for (a, alpha) in Self.alphas.enumerated() {
                    guard overlap.similarity >= alpha - .ulpOfOne else { break }
                    matched[a] += 1
                    similaritySums[a] += overlap.similarity
                    matches[overlap.pair * Self.alphas.count + a] += 1
                }
            }
            for a in matched.indices {
                truePositives[a] += matched[a]
                falseNegatives[a] += Double(frame.objects.count) - matched[a]
                falsePositives[a] += Double(columns) - matched[a]
            }
        }
        for (index, pair) in sequence.pairs.enumerated() {
            let objectCount = Double(sequence.objectCounts[pair.object])
            let trackCount = Double(sequence.trackCounts[pair.track])
            for a in Self.alphas.indices {
                let count = matches[index * Self.alphas.count + a]
                associationAccuracies[a] += count * count / max(1, objectCount + trackCount - count)
                associationRecalls[a] += count * count / max(1, objectCount)
                associationPrecisions[a] += count * count / max(1, trackCount)
            }
        }
        for a in Self.alphas.indices {
            associationAccuracies[a] /= max(1, truePositives[a])
            associationRecalls[a] /= max(1, truePositives[a])
            associationPrecisions[a] /= max(1, truePositives[a])
            localisationAccuracies[a] = max(1e-10, similaritySums[a]) / max(1e-10, truePositives[a])
        }
    }

    /// All sequences as one: counts are summed, association and localisation weighted by true positives.
    init(combining parts: [HOTAScores]) {
        truePositives = alphaMap { a in parts.reduce(0) { $0 + $1.truePositives[a] } }
        falseNegatives = alphaMap { a in parts.reduce(0) { $0 + $1.falseNegatives[a] } }
        falsePositives = alphaMap { a in parts.reduce(0) { $0 + $1.falsePositives[a] } }
        func weighted(_ values: (HOTAScores) -> [Double]) -> [Double] {
            alphaMap { a in
                parts.reduce(0) { $0 + values($1)[a] * $1.truePositives[a] } / max(1, truePositives[a])
            }
        }
        associationAccuracies = weighted(\.associationAccuracies)
        associationRecalls = weighted(\.associationRecalls)
        associationPrecisions = weighted(\.associationPrecisions)
        localisationAccuracies = alphaMap { a in
            let sum = parts.reduce(0) { $0 + $1.localisationAccuracies[a] * $1.truePositives[a] }
            return max(1e-10, sum) / max(1e-10, truePositives[a])
        }
    }

    /// How well each pair of identities aligns over the whole sequence, before any unique matching.
    private static func alignment(of sequence: PreparedSequence) -> [Double] {
        var potential = [Double](repeating: 0, count: sequence.pairs.count)
        for frame in sequence.frames {
            var rowSums = [Double](repeating: 0, count: frame.objects.count)
            var columnSums = [Double](repeating: 0, count: frame.tracks.count)
            for overlap in frame.overlaps {
                rowSums[overlap.row] += overlap.similarity
                columnSums[overlap.column] += overlap.similarity
            }
            for overlap in frame.overlaps {
                let union = columnSums[overlap.column] + rowSums[overlap.row] - overlap.similarity
                if union > .ulpOfOne { potential[overlap.pair] += overlap.similarity / union }
            }
        }
        return zip(potential, sequence.pairs).map { potential, pair in
            let boxes = Double(sequence.objectCounts[pair.object] + sequence.trackCounts[pair.track])
            return potential / (boxes - potential)
        }
    }

    private func alphaMap(_ value: (Int) -> Double) -> [Double] { Self.alphas.indices.map(value) }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}

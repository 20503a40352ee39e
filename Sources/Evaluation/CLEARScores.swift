/// The CLEAR MOT metrics (Bernardin and Stiefelhagen, 2008) at an overlap of 0.5, matched as TrackEval does it: keep
/// the previous frame's pairs first, then make the overlap greatest.
package struct CLEARScores: Hashable, Sendable {
    package private(set) var truePositives = 0
    package private(set) var falseNegatives = 0
    package private(set) var falsePositives = 0
    /// Times an object was matched to another track than when it was last matched.
    package private(set) var identitySwitches = 0
    /// Objects followed for more than 80 %, for 20 % to 80 %, for less than 20 % of their frames.
    package private(set) var mostlyTracked = 0
    package private(set) var partlyTracked = 0
    package private(set) var mostlyLost = 0
    /// Times an object's tracking was interrupted and taken up again.
    package private(set) var fragmentations = 0
    private var similaritySum = 0.0
    /// TrackEval answers 0, not the formula's value, where one side is empty.
    private var isDegenerate = false

    /// 1 - (misses + false positives + identity switches) / ground-truth boxes; below 0 for poor results.
    package var mota: Double {
        if isDegenerate { return 0 }
        return Double(truePositives - falsePositives - identitySwitches)
            / max(1, Double(truePositives + falseNegatives))
    }
    /// Mean overlap of the matched boxes.
    package var motp: Double { similaritySum / max(1, Double(truePositives)) }

    static let threshold = 0.5

    init(_ sequence: PreparedSequence) {
        guard sequence.trackBoxes > 0, sequence.objectBoxes > 0 else {
            isDegenerate = true
            falseNegatives = sequence.objectBoxes
            falsePositives = sequence.trackBoxes
            mostlyLost = sequence.trackBoxes == 0 ? sequence.objectCounts.count : 0
            return
        }
        let objects = sequence.objectCounts.count
        var matchedCounts = [Int](repeating: 0, count: objects)
        var runs = [Int](repeating: 0, count: objects)
        // -1: none. The last track an object was ever matched to, and the one in the last frame that had both sides.
        var lastTrack = [Int](repeating: -1, count: objects)
        var currentTrack = [Int](repeating: -1, count: objects)
        var assignment = LinearAssignment()
        for frame in sequence.frames {
            guard !frame.objects.isEmpty, !frame.tracks.isEmpty else {
                falsePositives += frame.tracks.count
                falseNegatives += frame.objects.count
                continue
            }
            let columns = frame.tracks.count
            var scores = [Double](repeating: 0, count: frame.objects.count * columns)
            var similarities = scores
            for overlap in frame.overlaps where overlap.similarity >= Self.threshold - .ulpOfOne {
                let cell = overlap.row * columns + overlap.column
                let continues = currentTrack[frame.objects[overlap.row]] == frame.tracks[overlap.column]
                scores[cell] = (continues ? 1000 : 0) + overlap.similarity
                similarities[cell] = overlap.similarity
            }
            let matches = assignment.maximize(scores: scores, rows: frame.objects.count, columns: columns)
                .filter { scores[$0.row * columns + $0.column] > .ulpOfOne }
            let wasTracked = matches.map { currentTrack[frame.objects[$0.row]] >= 0 }
            for object in currentTrack.indices { currentTrack[object] = -1 }
            for (match, wasTracked) in zip(matches, wasTracked) {
                let (object, track) = (frame.objects[match.row], frame.tracks[match.column])
                if lastTrack[object] >= 0, lastTrack[object] != track { identitySwitches += 1 }
                if !wasTracked { runs[object] += 1 }
                matchedCounts[object] += 1
                lastTrack[object] = track
                currentTrack[object] = track
                similaritySum += similarities[match.row * columns + match.column]
            }
            truePositives += matches.count
            falseNegatives += frame.objects.count - matches.count
            falsePositives += columns - matches.count
        }
        for object in 0..<objects {
            let ratio = Double(matchedCounts[object]) / Double(sequence.objectCounts[object])
            if ratio > 0.8 { mostlyTracked += 1 } else if ratio >= 0.2 { partlyTracked += 1 } else { mostlyLost += 1 }
            fragmentations += max(0, runs[object] - 1)
        }
    }

    /// All sequences as one: everything is a sum.
    init(combining parts: [CLEARScores]) {
        for part in parts {
            truePositives += part.truePositives
            falseNegatives += part.falseNegatives
            falsePositives += part.falsePositives
            identitySwitches += part.identitySwitches
            mostlyTracked += part.mostlyTracked
            partlyTracked += part.partlyTracked
            mostlyLost += part.mostlyLost
            fragmentations += part.fragmentations
            similaritySum += part.similaritySum
        }
    }
}

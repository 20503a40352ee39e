/// How well a tracker's result agrees with the ground truth of one sequence, or of several taken together.
///
/// Every value equals what TrackEval 1.3's `MotChallenge2DBox` computes, including for ties and empty sequences.
package struct TrackingScores: Hashable, Sendable {
    package let hota: HOTAScores
    package let clear: CLEARScores
    package let identity: IdentityScores
    /// Identities and boxes that were compared, after preprocessing.
    package let objectCount: Int
    package let trackCount: Int
    package let objectBoxCount: Int
    package let trackBoxCount: Int

    /// Scores one sequence.
    ///
    /// - Parameters:
    ///   - groundTruth: In the order of the file; the order decides between equal assignments, as in TrackEval.
    ///   - tracks: The tracker's boxes, in the order of the file.
    ///   - preprocessing: What is taken out first.
    ///   - sequence: The sequence's name, for failures.
    /// - Throws: ``EvaluationFailure`` where an identity has two boxes in one frame.
    package init(
        groundTruth: [LabelledBox], tracks: [LabelledBox], preprocessing: Preprocessing, sequence: String
    ) throws(EvaluationFailure) {
        let prepared = try PreparedSequence(
            groundTruth: groundTruth, tracks: tracks, preprocessing: preprocessing, name: sequence)
        hota = HOTAScores(prepared)
        clear = CLEARScores(prepared)
        identity = IdentityScores(prepared)
        objectCount = prepared.objectCounts.count
        trackCount = prepared.trackCounts.count
        objectBoxCount = prepared.objectBoxes
        trackBoxCount = prepared.trackBoxes
    }

    /// Several sequences as one, weighted by their boxes (TrackEval's `COMBINED_SEQ`).
    package init(combining parts: [TrackingScores]) {
        hota = HOTAScores(combining: parts.map(\.hota))
        clear = CLEARScores(combining: parts.map(\.clear))
        identity = IdentityScores(combining: parts.map(\.identity))
        objectCount = parts.reduce(0) { $0 + $1.objectCount }
        trackCount = parts.reduce(0) { $0 + $1.trackCount }
        objectBoxCount = parts.reduce(0) { $0 + $1.objectBoxCount }
        trackBoxCount = parts.reduce(0) { $0 + $1.trackBoxCount }
    }
}

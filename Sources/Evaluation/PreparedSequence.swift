import Model

/// One sequence after preprocessing: ids numbered from 0, and the overlap of every pair of boxes that overlaps at all.
struct PreparedSequence {
    /// A ground-truth box and a tracker's box of one frame that overlap.
    struct Overlap {
        /// Position among the frame's ground-truth boxes.
        var row: Int
        /// Position among the frame's tracker boxes.
        var column: Int
        /// Intersection over union, above 0.
        var similarity: Double
        /// Index of the two identities' pair among all pairs that ever overlap.
        var pair: Int
    }

    struct Frame {
        /// Ground-truth identities, numbered from 0.
        var objects: [Int]
        /// Tracker identities, numbered from 0.
        var tracks: [Int]
        var overlaps: [Overlap]
    }

    /// Only frames with a box on either side.
    private(set) var frames: [Frame] = []
    /// Boxes of each ground-truth identity, and of each of the tracker's.
    private(set) var objectCounts: [Int] = []
    private(set) var trackCounts: [Int] = []
    /// The two identities of each pair.
    private(set) var pairs: [(object: Int, track: Int)] = []

    var objectBoxes: Int { objectCounts.reduce(0, +) }
    var trackBoxes: Int { trackCounts.reduce(0, +) }

    /// - Throws: ``EvaluationFailure`` where an identity has two boxes in one frame.
    init(
        groundTruth: [LabelledBox], tracks: [LabelledBox], preprocessing: Preprocessing, name: String
    ) throws(EvaluationFailure) {
        let truth = Self.byFrame(groundTruth)
        let result = Self.byFrame(tracks)
        var assignment = LinearAssignment()
        var kept: [(objects: [LabelledBox], tracks: [LabelledBox])] = []
        for frame in Set(truth.keys).union(result.keys).sorted() {
            let frameTruth = truth[frame] ?? []
            let frameResult = result[frame] ?? []
            try Self.requireUniqueIDs(frameTruth, side: "ground truth", frame: frame, name: name)
            try Self.requireUniqueIDs(frameResult, side: "result", frame: frame, name: name)
            let removed = Self.distracted(
                frameResult, by: frameTruth, preprocessing: preprocessing, assignment: &assignment)
            let objects = frameTruth.filter { box in
                box.isScored && (preprocessing.distractors == nil || box.classID == Preprocessing.pedestrian)
            }
            kept.append((objects, frameResult.indices.filter { !removed.contains($0) }.map { frameResult[$0] }))
        }
        let objectNumbers = Self.numbers(of: kept.lazy.flatMap(\.objects))
        let trackNumbers = Self.numbers(of: kept.lazy.flatMap(\.tracks))
        objectCounts = Array(repeating: 0, count: objectNumbers.count)
        trackCounts = Array(repeating: 0, count: trackNumbers.count)
        var pairNumbers: [Int: Int] = [:]
        for (objects, tracks) in kept {
            var frame = Frame(
                objects: objects.compactMap { objectNumbers[$0.id] }, tracks: tracks.compactMap { trackNumbers[$0.id] },
                overlaps: [])
            for object in frame.objects { objectCounts[object] += 1 }
            for track in frame.tracks { trackCounts[track] += 1 }
            for (row, object) in objects.enumerated() {
                for (column, track) in tracks.enumerated() {
                    let similarity = Self.similarity(object.box, track.box)
                    guard similarity > 0 else { continue }
                    let (objectID, trackID) = (frame.objects[row], frame.tracks[column])
                    let key = objectID * trackCounts.count + trackID
                    let pair = pairNumbers[key] ?? pairs.count
                    if pair == pairs.count {
                        pairNumbers[key] = pair
                        pairs.append((objectID, trackID))
                    }
                    frame.overlaps.append(Overlap(row: row, column: column, similarity: similarity, pair: pair))
                }
            }
            frames.append(frame)
        }
    }

    /// Intersection over union from the corners: the very operations of TrackEval, so that ties fall alike.
    static func similarity(_ a: Box, _ b: Box) -> Double {
        let (aRight, aBottom) = (a.x + a.width, a.y + a.height)
        let (bRight, bBottom) = (b.x + b.width, b.y + b.height)
        let width = max(min(aRight, bRight) - max(a.x, b.x), 0)
        let height = max(min(aBottom, bBottom) - max(a.y, b.y), 0)
        let shared = width * height
        let aArea = (aRight - a.x) * (aBottom - a.y)
        let bArea = (bRight - b.x) * (bBottom - b.y)
        let union = aArea + bArea - shared
        let epsilon = Double.ulpOfOne
        return aArea > epsilon && bArea > epsilon && union > epsilon ? shared / union : 0
    }

    /// Positions of the tracker's boxes that match a distractor.
    private static func distracted(
        _ tracks: [LabelledBox], by groundTruth: [LabelledBox], preprocessing: Preprocessing,
        assignment: inout LinearAssignment
    ) -> Set<Int> {
        guard let distractors = preprocessing.distractors,
            groundTruth.contains(where: { distractors.contains($0.classID) })
        else { return [] }
        var scores: [Double] = []
        scores.reserveCapacity(groundTruth.count * tracks.count)
        for object in groundTruth {
            for track in tracks {
                let similarity = similarity(object.box, track.box)
                scores.append(similarity < 0.5 - .ulpOfOne ? 0 : similarity)
            }
        }
        let matches = assignment.maximize(scores: scores, rows: groundTruth.count, columns: tracks.count)
        return Set(
            matches.lazy
                .filter { scores[$0.row * tracks.count + $0.column] > .ulpOfOne }
                .filter { distractors.contains(groundTruth[$0.row].classID) }
                .map(\.column))
    }

    private static func byFrame(_ boxes: [LabelledBox]) -> [Int: [LabelledBox]] {
        Dictionary(grouping: boxes, by: \.frame)
    }

    /// Identities in ascending order, numbered from 0.
    private static func numbers(of boxes: some Sequence<LabelledBox>) -> [Int: Int] {
        let ids = Set(boxes.lazy.map(\.id)).sorted()
        return Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    }

    private static func requireUniqueIDs(
        _ boxes: [LabelledBox], side: String, frame: Int, name: String
    ) throws(EvaluationFailure) {
        var seen = Set<Int>(minimumCapacity: boxes.count)
        for box in boxes where !seen.insert(box.id).inserted {
            throw EvaluationFailure(
                code: .invalidData, message: "id \(box.id) has two boxes in frame \(frame) of the \(side)",
                subject: name, hint: "An identity may appear once in a frame")
        }
    }
}

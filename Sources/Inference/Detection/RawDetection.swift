import Model

/// A detection before views are merged.
struct RawDetection: Hashable {
    var detection: Detection
    /// Rank of the plan's input that it was seen in.
    var view: Int
}

extension Detection {
    /// The order of every result: score downwards, then class, left, top, width, height upwards.
    static func precedes(_ a: Detection, _ b: Detection) -> Bool {
        if a.score != b.score { return a.score > b.score }
        if a.classID != b.classID { return a.classID < b.classID }
        if a.box.x != b.box.x { return a.box.x < b.box.x }
        if a.box.y != b.box.y { return a.box.y < b.box.y }
        if a.box.width != b.box.width { return a.box.width < b.box.width }
        return a.box.height < b.box.height
    }
}

/// Suppression of overlapping boxes of one class (greedy, best score first).
///
/// A box is dropped where a better one overlaps it by more than `threshold` (intersection over union), or where it is a
/// part of one: nearly all of it lies within a clearly better box, as the upper half of a person lies within the person.
func suppressOverlaps(_ detections: [Detection], threshold: Double) -> [Detection] {
    var kept: [Detection] = []
    var keptOfClass: [Int: [Detection]] = [:]
    for detection in detections.sorted(by: Detection.precedes) {
        let isSeen = keptOfClass[detection.classID]?.contains { better in
            better.box.iou(detection.box) > threshold || detection.isPart(of: better)
        }
        if isSeen == true { continue }
        kept.append(detection)
        keptOfClass[detection.classID, default: []].append(detection)
    }
    return kept
}

extension Detection {
    /// A part has this much of its area within the whole …
    private static let partCoverage = 0.85
    /// … and at most this share of its score: somebody who stands before another is seen about as well.
    private static let partScore = 0.6

    fileprivate func isPart(of whole: Detection) -> Bool {
        score <= Self.partScore * whole.score && box.intersectionArea(whole.box) >= Self.partCoverage * box.area
    }
}

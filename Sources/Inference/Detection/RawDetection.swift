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

/// Greedy non-maximum suppression within each class: of boxes that overlap more than `threshold` (intersection over
/// union) the best-scored stays. The result is in `Detection.precedes` order.
func suppressOverlaps(_ detections: [Detection], threshold: Double) -> [Detection] {
    var kept: [Detection] = []
    var keptOfClass: [Int: [Box]] = [:]
    for detection in detections.sorted(by: Detection.precedes) {
        if keptOfClass[detection.classID]?.contains(where: { $0.iou(detection.box) > threshold }) == true { continue }
        kept.append(detection)
        keptOfClass[detection.classID, default: []].append(detection.box)
    }
    return kept
}

import Model

/// The usable detections of one frame as flat columns, in an order that does not depend on the order they came in.
struct DetectionTable {
    private(set) var count = 0
    private(set) var x: [Double] = []
    private(set) var y: [Double] = []
    private(set) var width: [Double] = []
    private(set) var height: [Double] = []
    private(set) var score: [Double] = []
    private(set) var classID: [Int] = []
    /// Index into the frame's own list.
    private(set) var source: [Int] = []
    private(set) var widest = 0.0
    private var order: [Int] = []

    /// Takes in a frame. Boxes that are not finite, have no area or lie absurdly far out, and scores below
    /// `lowScore` or not a number, are left out. Sorted by left edge.
    mutating func load(_ detections: [Detection], lowScore: Double) {
        order.removeAll(keepingCapacity: true)
        for index in detections.indices where Self.isUsable(detections[index], lowScore: lowScore) {
            order.append(index)
        }
        order.sort { Self.precedes(detections[$0], detections[$1]) }
        x.removeAll(keepingCapacity: true)
        y.removeAll(keepingCapacity: true)
        width.removeAll(keepingCapacity: true)
        height.removeAll(keepingCapacity: true)
        score.removeAll(keepingCapacity: true)
        classID.removeAll(keepingCapacity: true)
        source.removeAll(keepingCapacity: true)
        widest = 0
        for index in order {
            let detection = detections[index]
            x.append(detection.box.centerX)
            y.append(detection.box.centerY)
            width.append(detection.box.width)
            height.append(detection.box.height)
            score.append(detection.score)
            classID.append(detection.classID)
            source.append(index)
            widest = max(widest, detection.box.width)
        }
        count = order.count
    }

    private static func isUsable(_ detection: Detection, lowScore: Double) -> Bool {
        let box = detection.box
        let limit = 1e7
        return detection.score >= lowScore && detection.score.isFinite
            && box.width > 1e-3 && box.width < limit && box.height > 1e-3 && box.height < limit
            && abs(box.x) < limit && abs(box.y) < limit
    }

    private static func precedes(_ a: Detection, _ b: Detection) -> Bool {
        if a.box.x != b.box.x { return a.box.x < b.box.x }
        if a.box.y != b.box.y { return a.box.y < b.box.y }
        if a.box.width != b.box.width { return a.box.width < b.box.width }
        if a.box.height != b.box.height { return a.box.height < b.box.height }
        if a.score != b.score { return a.score > b.score }
        return a.classID < b.classID
    }
}

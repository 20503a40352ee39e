import Glibc
import Model

/// The usable detections of one frame as flat columns, in an order that does not depend on the order they came in:
/// in bands of similar width (octaves), within a band from left to right, so that the few that can meet a given box
/// are found by binary search.
struct DetectionTable {
    /// Detections whose widths differ by less than a factor of 2.
    private struct Band {
        var range: Range<Int>
        var widest: Double
    }

    private(set) var count = 0
    /// Centres and sizes in pixels.
    private(set) var x: [Double] = []
    private(set) var y: [Double] = []
    private(set) var width: [Double] = []
    private(set) var height: [Double] = []
    private(set) var score: [Double] = []
    private(set) var classID: [Int] = []
    /// Index into the frame's own list.
    private(set) var source: [Int] = []
    private var left: [Double] = []
    private var bands: [Band] = []
    private var order: [(octave: Int, index: Int)] = []

    /// Takes in a frame. Left out are boxes that are not finite, have no area or lie absurdly far out, and scores that
    /// are lower than `minimumScore` or not finite.
    mutating func load(_ detections: [Detection], minimumScore: Double) {
        order.removeAll(keepingCapacity: true)
        for index in detections.indices where Self.isUsable(detections[index], minimumScore: minimumScore) {
            order.append((Int(ilogb(detections[index].box.width)), index))
        }
        order.sort { a, b in
            a.octave != b.octave ? a.octave < b.octave : Self.precedes(detections[a.index], detections[b.index])
        }
        count = order.count
        x.removeAll(keepingCapacity: true)
        y.removeAll(keepingCapacity: true)
        width.removeAll(keepingCapacity: true)
        height.removeAll(keepingCapacity: true)
        score.removeAll(keepingCapacity: true)
        classID.removeAll(keepingCapacity: true)
        source.removeAll(keepingCapacity: true)
        left.removeAll(keepingCapacity: true)
        bands.removeAll(keepingCapacity: true)
        var octave: Int?
        for (row, entry) in order.enumerated() {
            let detection = detections[entry.index]
            if entry.octave != octave {
                octave = entry.octave
                bands.append(Band(range: row..<row, widest: 0))
            }
            bands[bands.count - 1].range = bands[bands.count - 1].range.lowerBound..<row + 1
            bands[bands.count - 1].widest = max(bands[bands.count - 1].widest, detection.box.width)
            x.append(detection.box.centerX)
            y.append(detection.box.centerY)
            width.append(detection.box.width)
            height.append(detection.box.height)
            score.append(detection.score)
            classID.append(detection.classID)
            source.append(entry.index)
            left.append(detection.box.x)
        }
    }

    /// Calls `body` with every row whose box, grown by `buffer` of its size on every side, may meet the stretch
    /// `minX`…`maxX` sideways (and with some that do not).
    @inline(__always)
    func forEachRow(near minX: Double, _ maxX: Double, buffer: Double, _ body: (Int) -> Void) {
        for band in bands {
            let lowest = minX - band.widest * (1 + buffer)
            let highest = maxX + band.widest * buffer
            var low = band.range.lowerBound
            var high = band.range.upperBound
            while low < high {
                let middle = (low + high) / 2
                if left[middle] < lowest { low = middle + 1 } else { high = middle }
            }
            while low < band.range.upperBound, left[low] <= highest {
                body(low)
                low += 1
            }
        }
    }

    private static func isUsable(_ detection: Detection, minimumScore: Double) -> Bool {
        let box = detection.box
        // Far beyond any picture, and small enough that no product overflows.
        let limit = 1e7
        let sizes = 1e-3...limit
        // Comparisons with NaN are false, so NaN is left out too.
        return detection.score >= minimumScore && detection.score.isFinite && sizes.contains(box.width)
            && sizes.contains(box.height) && abs(box.x) < limit && abs(box.y) < limit
    }

    /// A total order of detections that tell apart, whatever the order they came in.
    static func precedes(_ a: Detection, _ b: Detection) -> Bool {
        if a.box.x != b.box.x { return a.box.x < b.box.x }
        if a.box.y != b.box.y { return a.box.y < b.box.y }
        if a.box.width != b.box.width { return a.box.width < b.box.width }
        if a.box.height != b.box.height { return a.box.height < b.box.height }
        if a.score != b.score { return a.score > b.score }
        return a.classID < b.classID
    }
}

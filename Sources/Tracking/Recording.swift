import Model

/// The frames of a whole recording, with every detection numbered.
struct Recording {
    /// Each frame's detections are in ``DetectionTable/precedes(_:_:)`` order, without those that are not finite: what is
    /// decided by a detection's number, such as a tie of votes, does not depend on the order they came in.
    let frames: [FrameDetections]
    let geometry: PictureGeometry
    /// Strictly ascending seconds of each frame.
    let times: [Double]
    /// Number of each frame's first detection; one more entry holds the count of all.
    let offsets: [Int]
    /// Every how many frames of the video there is one here, as a rule (the median): at least 1.
    let stride: Double

    init(_ frames: [FrameDetections], geometry: PictureGeometry) {
        self.frames = frames.map { frame in
            var sorted = frame
            sorted.detections = frame.detections.filter(\.isFinite).sorted(by: DetectionTable.precedes)
            return sorted
        }
        self.geometry = geometry
        var clock = FrameClock(frameRate: geometry.frameRate)
        var times: [Double] = []
        var offsets = [0]
        for frame in self.frames {
            times.append(clock.seconds(of: frame))
            offsets.append(offsets[offsets.count - 1] + frame.detections.count)
        }
        self.times = times
        self.offsets = offsets
        let steps = zip(frames, frames.dropFirst()).map { Double($1.frame) - Double($0.frame) }.sorted()
        stride = steps.isEmpty ? 1 : max(1, medianOfSorted(steps))
    }

    var detectionCount: Int { offsets[offsets.count - 1] }
}

extension Detection {
    fileprivate var isFinite: Bool {
        box.x.isFinite && box.y.isFinite && box.width.isFinite && box.height.isFinite && score.isFinite
    }
}

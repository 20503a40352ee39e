import Model

/// The frames of a whole recording, with every detection numbered.
struct Recording {
    let frames: [FrameDetections]
    let geometry: PictureGeometry
    /// Strictly ascending seconds of each frame.
    let times: [Double]
    /// Number of each frame's first detection; one more entry holds the count of all.
    let offsets: [Int]

    init(_ frames: [FrameDetections], geometry: PictureGeometry) {
        self.frames = frames
        self.geometry = geometry
        var clock = FrameClock(frameRate: geometry.frameRate)
        var times: [Double] = []
        var offsets = [0]
        for frame in frames {
            times.append(clock.seconds(of: frame))
            offsets.append(offsets[offsets.count - 1] + frame.detections.count)
        }
        self.times = times
        self.offsets = offsets
    }

    var detectionCount: Int { offsets[offsets.count - 1] }
}

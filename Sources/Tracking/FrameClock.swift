import Model

/// Turns frames into strictly ascending seconds, whatever their time stamps say.
struct FrameClock {
    private let frameInterval: Double
    private var last: (frame: Int, stamp: Double, seconds: Double)?

    init(frameRate: Double) {
        frameInterval = frameRate.isFinite && frameRate > 0 ? 1 / max(frameRate, 1e-3) : 1.0 / 30
    }

    /// The frame's time: its own where that lies after the frame before, else as many frame intervals later as it is
    /// frames later.
    mutating func seconds(of input: FrameDetections) -> Double {
        let stamp = input.time.seconds
        guard let last else {
            last = (input.frame, stamp, stamp)
            return stamp
        }
        var elapsed = stamp - last.stamp
        if !(elapsed > 0) { elapsed = max(1, Double(input.frame) - Double(last.frame)) * frameInterval }
        let seconds = last.seconds + elapsed
        self.last = (input.frame, stamp, seconds)
        return seconds
    }
}

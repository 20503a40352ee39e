/// Where the camera pointed throughout a recording, told from finished links: in each frame the median displacement of
/// everything that was followed into it.
///
/// The frame step's own estimate (``CameraMotion``) is what objects did *beyond their prediction*. Frame by frame that
/// is the better one, but its errors add up: who enters has no velocity yet and who leaves has one, so a pan makes it
/// drift one way, and backwards in time the other way. Over a gap of seconds only displacements themselves hold.
struct CameraPath {
    /// Offset of the picture at each step, in pixels: positions less this are stabilised.
    private(set) var x: [Double]
    private(set) var y: [Double]

    /// - Parameters:
    ///   - next: for each detection the one that continues it, or -1.
    ///   - pass: says what the camera did where too few objects are followed.
    init(links next: [Int32], _ recording: Recording, pass: TrackingPass, settings: TrackingSettings.Camera) {
        let count = recording.frames.count
        x = Array(repeating: 0, count: count)
        y = x
        guard settings.isEstimated, count > 1 else { return }
        let pictureWidth = Double(recording.geometry.width)
        var displacementsX: [Double] = []
        var displacementsY: [Double] = []
        for step in 1..<count {
            displacementsX.removeAll(keepingCapacity: true)
            displacementsY.removeAll(keepingCapacity: true)
            let before = recording.frames[step - 1].detections
            let now = recording.frames[step].detections
            let reach = recording.offsets[step]..<recording.offsets[step + 1]
            for row in before.indices {
                let successor = Int(next[recording.offsets[step - 1] + row])
                guard reach.contains(successor) else { continue }
                let (a, b) = (before[row].box, now[successor - reach.lowerBound].box)
                // A box that the picture cuts off has its centre wherever the cut is.
                guard Tracklet.Side(minX: a.x, maxX: a.maxX, pictureWidth: pictureWidth) == nil,
                    Tracklet.Side(minX: b.x, maxX: b.maxX, pictureWidth: pictureWidth) == nil
                else { continue }
                displacementsX.append(b.centerX - a.centerX)
                displacementsY.append(b.centerY - a.centerY)
            }
            if displacementsX.count >= max(1, settings.minimumPairs) {
                displacementsX.sort()
                displacementsY.sort()
                x[step] = x[step - 1] + medianOfSorted(displacementsX)
                y[step] = y[step - 1] + medianOfSorted(displacementsY)
            } else {
                x[step] = x[step - 1] + pass.cameraX[step] - pass.cameraX[step - 1]
                y[step] = y[step - 1] + pass.cameraY[step] - pass.cameraY[step - 1]
            }
        }
    }
}

/// Position, velocity and size of a tracklet at one of its ends, for looking beyond it.
struct EndState {
    /// Seconds.
    let time: Double
    /// Rank among the analysed frames.
    let step: Int
    let x: Double
    let y: Double
    /// Pixels per second.
    let velocityX: Double
    let velocityY: Double
    let width: Double
    let height: Double
    let side: Tracklet.Side?
    /// Detections in the whole tracklet.
    let count: Int

    /// The state at the first observation.
    static func start(of tracklet: Tracklet, span: Double) -> EndState {
        let points = tracklet.points
        let anchor = tracklet.first.time
        let end = points.firstIndex { $0.time > anchor + span } ?? points.count
        return EndState(at: tracklet.first, points[..<max(min(points.count, fewest), end)], count: points.count)
    }

    /// The state at the last observation.
    static func end(of tracklet: Tracklet, span: Double) -> EndState {
        let points = tracklet.points
        let anchor = tracklet.last.time
        let begin = (points.lastIndex { $0.time < anchor - span } ?? -1) + 1
        return EndState(at: tracklet.last, points[min(begin, max(0, points.count - fewest))...], count: points.count)
    }

    /// Observations that are read even where they reach further back than the span.
    private static let fewest = 4

    private init(at anchor: Tracklet.Point, _ points: ArraySlice<Tracklet.Point>, count: Int) {
        time = anchor.time
        step = anchor.step
        side = anchor.side
        self.count = count
        let times = points.map { $0.time - anchor.time }
        let lineX = RobustLine(times: times, values: points.map(\.x))
        let lineY = RobustLine(times: times, values: points.map(\.y))
        (x, velocityX) = (lineX.value, lineX.slope)
        (y, velocityY) = (lineY.value, lineY.slope)
        width = medianOfSorted(points.map(\.width).sorted())
        height = medianOfSorted(points.map(\.height).sorted())
    }
}

/// A straight line through noisy samples: least squares, then once more without the outliers.
struct RobustLine {
    /// At time 0.
    let value: Double
    let slope: Double

    /// - Precondition: at least one sample, as many times as values.
    init(times: [Double], values: [Double]) {
        let line = Self.leastSquares(times, values, isKept: nil)
        guard values.count > 4 else {
            (value, slope) = line
            return
        }
        let residuals = values.indices.map { abs(values[$0] - line.value - line.slope * times[$0]) }
        // 2.5 standard deviations, estimated from the median absolute residual.
        let limit = 2.5 * 1.4826 * medianOfSorted(residuals.sorted())
        (value, slope) = Self.leastSquares(times, values, isKept: residuals.map { $0 <= limit })
    }

    private static func leastSquares(
        _ times: [Double], _ values: [Double], isKept: [Bool]?
    ) -> (value: Double, slope: Double) {
        var (n, sumT, sumV, sumTT, sumTV) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for index in values.indices where isKept?[index] ?? true {
            let (t, v) = (times[index], values[index])
            n += 1
            sumT += t
            sumV += v
            sumTT += t * t
            sumTV += t * v
        }
        let determinant = n * sumTT - sumT * sumT
        guard determinant > 1e-12 else { return (n > 0 ? sumV / n : values[0], 0) }
        let slope = (n * sumTV - sumT * sumV) / determinant
        return ((sumV - slope * sumT) / n, slope)
    }
}

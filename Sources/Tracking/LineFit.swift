/// A straight line through noisy samples: value and slope at a chosen time, robust against single outliers.
struct LineFit {
    var value: Double
    var slope: Double
}

/// Position, velocity and size of a tracklet at one of its ends, for looking beyond it.
struct EndState {
    var time: Double
    var x: Double
    var y: Double
    var velocityX: Double
    var velocityY: Double
    var width: Double
    var height: Double
    var side: Int

    /// Fits lines through the observations within `span` seconds of the end (at least a few, at most what there is).
    init(of points: [Tracklet.Point], atStart: Bool, span: Double, uncrop: Double = 0) {
        let anchor = atStart ? points[0].time : points[points.count - 1].time
        var range: ArraySlice<Tracklet.Point>
        if atStart {
            let end = points.firstIndex { $0.time > anchor + span } ?? points.count
            range = points[..<max(min(points.count, 4), end)]
        } else {
            let begin = (points.lastIndex { $0.time < anchor - span } ?? -1) + 1
            range = points[min(begin, max(0, points.count - 4))...]
        }
        time = anchor
        side = atStart ? points[0].side : points[points.count - 1].side
        // A box cut off by the border: its inner edge is true, its centre is not.
        let whole = Self.median(points.map(\.width))
        let fitX = Self.fit(range, anchor) { point in
            let cut = uncrop * max(0, whole - point.width)
            return point.side == 0 ? point.x : point.x + Double(point.side) * cut / 2
        }
        let fitY = Self.fit(range, anchor) { $0.y }
        x = fitX.value
        velocityX = fitX.slope
        y = fitY.value
        velocityY = fitY.slope
        width = Self.median(range.map(\.width))
        height = Self.median(range.map(\.height))
    }

    private static func fit(
        _ points: ArraySlice<Tracklet.Point>, _ anchor: Double, _ value: (Tracklet.Point) -> Double
    ) -> LineFit {
        let samples = points.map { (time: $0.time - anchor, value: value($0)) }
        let line = leastSquares(samples)
        guard samples.count > 4 else { return line }
        func residual(_ sample: (time: Double, value: Double)) -> Double {
            abs(sample.value - line.value - line.slope * sample.time)
        }
        let limit = 2.5 * 1.4826 * median(samples.map(residual))
        return leastSquares(samples.filter { residual($0) <= limit })
    }

    private static func leastSquares(_ samples: [(time: Double, value: Double)]) -> LineFit {
        var (n, st, sv, stt, stv) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (t, v) in samples {
            n += 1
            st += t
            sv += v
            stt += t * t
            stv += t * v
        }
        let denominator = n * stt - st * st
        guard denominator > 1e-12 else { return LineFit(value: n > 0 ? sv / n : 0, slope: 0) }
        let slope = (n * stv - st * sv) / denominator
        return LineFit(value: (sv - slope * st) / n, slope: slope)
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

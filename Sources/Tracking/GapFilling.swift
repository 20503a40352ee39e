/// Fills the gaps of a finished track.
enum GapFilling {
    /// Linear interpolation over gaps of at most `longest` seconds, on the analysed frames only.
    static func fill(_ points: [Tracklet.Point], times: [Double], longest: Double) -> [Tracklet.Point] {
        var filled: [Tracklet.Point] = []
        filled.reserveCapacity(points.count)
        for point in points {
            if let last = filled.last, point.step > last.step + 1, point.time - last.time <= longest {
                for step in (last.step + 1)..<point.step {
                    filled.append(between(last, point, step: step, time: times[step]))
                }
            }
            filled.append(point)
        }
        return filled
    }

    private static func between(
        _ a: Tracklet.Point, _ b: Tracklet.Point, step: Int, time: Double
    ) -> Tracklet.Point {
        let share = (time - a.time) / (b.time - a.time)
        func mix(_ from: Double, _ to: Double) -> Double { from + (to - from) * share }
        return Tracklet.Point(
            step: step, time: time, x: mix(a.x, b.x), y: mix(a.y, b.y), width: mix(a.width, b.width),
            height: mix(a.height, b.height), score: mix(a.score, b.score), side: nil, isDetected: false)
    }
}

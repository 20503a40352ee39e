import Glibc

/// Fills gaps and smooths positions of finished tracks.
struct TrackSmoothing {
    /// Linear interpolation over gaps of at most `limit` seconds, on the analysed frames only.
    static func fillGaps(_ points: [Tracklet.Point], times: [Double], limit: Double, bridge: Double) -> [Tracklet.Point]
    {
        var result: [Tracklet.Point] = []
        result.reserveCapacity(points.count)
        for point in points {
            if let last = result.last, point.step > last.step + 1, point.time - last.time <= limit {
                for step in (last.step + 1)..<point.step {
                    let t = (times[step] - last.time) / (point.time - last.time)
                    func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * t }
                    result.append(
                        Tracklet.Point(
                            step: step, time: times[step], x: mix(last.x, point.x), y: mix(last.y, point.y),
                            width: mix(last.width, point.width), height: mix(last.height, point.height),
                            score: mix(last.score, point.score), detected: false))
                }
            }
            result.append(point)
        }
        return result
    }

    /// Local linear regression with a Gaussian kernel (Cleveland, 1979), sigma in analysed frames.
    static func smooth(_ points: [Tracklet.Point], position: Double, size: Double) -> [Tracklet.Point] {
        var result = points
        if position > 0 {
            regress(
                points, sigma: position, read: { ($0.x, $0.y) },
                write: {
                    result[$0].x = $1
                    result[$0].y = $2
                })
        }
        if size > 0 {
            regress(
                points, sigma: size, read: { ($0.width, $0.height) },
                write: {
                    result[$0].width = max($1, points[$0].width * 0.5)
                    result[$0].height = max($2, points[$0].height * 0.5)
                })
        }
        return result
    }

    private static func regress(
        _ points: [Tracklet.Point], sigma: Double, read: (Tracklet.Point) -> (Double, Double),
        write: (Int, Double, Double) -> Void
    ) {
        let radius = Int((3 * sigma).rounded(.up))
        for index in points.indices {
            let center = points[index].step
            var (sw, st, stt) = (0.0, 0.0, 0.0)
            var (sa, sta, sb, stb) = (0.0, 0.0, 0.0, 0.0)
            for other in max(0, index - radius)...min(points.count - 1, index + radius) {
                let t = Double(points[other].step - center)
                if abs(t) > Double(radius) { continue }
                let w = exp(-t * t / (2 * sigma * sigma))
                let (a, b) = read(points[other])
                sw += w
                st += w * t
                stt += w * t * t
                sa += w * a
                sta += w * t * a
                sb += w * b
                stb += w * t * b
            }
            let determinant = sw * stt - st * st
            if determinant > 1e-9 * sw * sw {
                write(index, (stt * sa - st * sta) / determinant, (stt * sb - st * stb) / determinant)
            } else {
                write(index, sa / sw, sb / sw)
            }
        }
    }
}

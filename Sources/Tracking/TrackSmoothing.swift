import Glibc

/// Local linear regression with a Gaussian kernel (Cleveland, 1979), over analysed frames.
struct TrackSmoothing {
    private let reach: Int
    /// Weight of an observation by its distance in frames.
    private let weights: [Double]

    /// - Parameter sigma: the kernel's standard deviation in frames, above 0.
    init(sigma: Double) {
        reach = Int((3 * sigma).rounded(.up))
        weights = (0...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    }

    /// Smooths two values of every observation together.
    func smooth(
        _ points: inout [Tracklet.Point], _ a: WritableKeyPath<Tracklet.Point, Double>,
        _ b: WritableKeyPath<Tracklet.Point, Double>
    ) {
        let steps = points.map(\.step)
        let valuesA = points.map { $0[keyPath: a] }
        let valuesB = points.map { $0[keyPath: b] }
        for index in points.indices {
            var (sum, sumT, sumTT) = (0.0, 0.0, 0.0)
            var (sumA, sumTA, sumB, sumTB) = (0.0, 0.0, 0.0, 0.0)
            for other in max(0, index - reach)...min(points.count - 1, index + reach) {
                let distance = steps[other] - steps[index]
                guard abs(distance) <= reach else { continue }
                let weight = weights[abs(distance)]
                let weighted = weight * Double(distance)
                sum += weight
                sumT += weighted
                sumTT += weighted * Double(distance)
                sumA += weight * valuesA[other]
                sumTA += weighted * valuesA[other]
                sumB += weight * valuesB[other]
                sumTB += weighted * valuesB[other]
            }
            let determinant = sum * sumTT - sumT * sumT
            if determinant > 1e-9 * sum * sum {
                points[index][keyPath: a] = (sumTT * sumA - sumT * sumTA) / determinant
                points[index][keyPath: b] = (sumTT * sumB - sumT * sumTB) / determinant
            }
        }
    }
}

/// Estimates the camera's pan from the objects alone: what nearly all of them do at once, the camera did.
///
/// Positions less (``offsetX``, ``offsetY``) are *stabilised*: an object that stands still in the world keeps them
/// while the camera pans.
struct CameraMotion {
    private(set) var offsetX = 0.0
    private(set) var offsetY = 0.0
    private var velocityX = 0.0
    private var velocityY = 0.0
    private var displacementsX: [Double] = []
    private var displacementsY: [Double] = []
    private var sizes: [Double] = []
    private var deviations: [Double] = []

    /// Carries on as before, with fading velocity.
    mutating func predict(steps: Double, momentum: Double) {
        offsetX += velocityX * steps
        offsetY += velocityY * steps
        velocityX *= momentum
        velocityY *= momentum
    }

    mutating func beginPairs() {
        displacementsX.removeAll(keepingCapacity: true)
        displacementsY.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
    }

    /// One confident pair: how far the detection lies from where its track was expected, and the object's size
    /// √(width · height), all in pixels.
    mutating func addPair(dx: Double, dy: Double, size: Double) {
        displacementsX.append(dx)
        displacementsY.append(dy)
        sizes.append(size)
    }

    /// Moves the offset by the median displacement of the pairs added since ``beginPairs()``, shrunk in so far as
    /// their spread explains it and in so far as it is small against `steadiness` of the median size; nothing where
    /// there are fewer than `minimumPairs`.
    mutating func settle(minimumPairs: Int, caution: Double, steadiness: Double, steps: Double) {
        guard displacementsX.count >= max(1, minimumPairs) else { return }
        sizes.sort()
        let jitter = steadiness * medianOfSorted(sizes)
        let dx = Self.faded(
            Self.shrunkMedian(&displacementsX, caution: caution, deviations: &deviations), jitter: jitter)
        let dy = Self.faded(
            Self.shrunkMedian(&displacementsY, caution: caution, deviations: &deviations), jitter: jitter)
        offsetX += dx
        offsetY += dy
        velocityX += dx / steps
        velocityY += dy / steps
    }

    /// What a Wiener filter leaves of a displacement under noise with the standard deviation `jitter`.
    private static func faded(_ displacement: Double, jitter: Double) -> Double {
        let power = displacement * displacement
        return power > 0 ? displacement * power / (power + jitter * jitter) : 0
    }

    private static func shrunkMedian(
        _ values: inout [Double], caution: Double, deviations: inout [Double]
    ) -> Double {
        values.sort()
        let median = medianOfSorted(values)
        deviations.removeAll(keepingCapacity: true)
        for value in values { deviations.append(abs(value - median)) }
        deviations.sort()
        // Standard error of a median, the spread taken from the median absolute deviation of a normal distribution.
        let error = 1.4826 * medianOfSorted(deviations) * 1.2533 / Double(values.count).squareRoot()
        let power = median * median
        let denominator = power + caution * error * error
        return denominator > 0 ? median * power / denominator : 0
    }
}

/// The median of ascending values, of which there is at least one.
func medianOfSorted(_ values: [Double]) -> Double {
    let middle = values.count / 2
    return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
}

/// Estimates the camera's pan from the objects alone: what nearly all of them do at once, the camera did.
///
/// Positions relative to ``offsetX``, ``offsetY`` are *stabilised*: an object that stands still in the world keeps
/// them while the camera pans.
struct CameraMotion {
    private(set) var offsetX = 0.0
    private(set) var offsetY = 0.0
    private var velocityX = 0.0
    private var velocityY = 0.0
    private var xs: [Double] = []
    private var ys: [Double] = []
    private var scratch: [Double] = []
    private var scale = 0.0

    mutating func predict(steps: Double, momentum: Double) {
        offsetX += velocityX * steps
        offsetY += velocityY * steps
        velocityX *= momentum
        velocityY *= momentum
    }

    mutating func beginPairs() {
        xs.removeAll(keepingCapacity: true)
        ys.removeAll(keepingCapacity: true)
        scale = 0
    }

    /// One confident pair: how far the detection lies from where the track was expected.
    mutating func addPair(dx: Double, dy: Double, size: Double) {
        xs.append(dx)
        ys.append(dy)
        scale += size
    }

    /// Moves the offset by the median displacement, when there are enough pairs and it stands out of their spread.
    mutating func settle(minimumPairs: Double, significance: Double, steps: Double) -> Bool {
        let count = Double(xs.count)
        guard count >= minimumPairs else { return false }
        let mx = median(xs)
        let my = median(ys)
        let sx = spread(xs, around: mx) * 1.4826 * 1.2533 / count.squareRoot()
        let sy = spread(ys, around: my) * 1.4826 * 1.2533 / count.squareRoot()
        // Shrink towards no motion where the spread explains the median.
        let wx = mx * mx / (mx * mx + significance * sx * sx + 1e-12)
        let wy = my * my / (my * my + significance * sy * sy + 1e-12)
        offsetX += mx * wx
        offsetY += my * wy
        velocityX += mx * wx / steps
        velocityY += my * wy / steps
        return true
    }

    private mutating func median(_ values: [Double]) -> Double {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: values)
        scratch.sort()
        let middle = scratch.count / 2
        return scratch.count % 2 == 1 ? scratch[middle] : (scratch[middle - 1] + scratch[middle]) / 2
    }

    private mutating func spread(_ values: [Double], around center: Double) -> Double {
        scratch.removeAll(keepingCapacity: true)
        for value in values { scratch.append(abs(value - center)) }
        scratch.sort()
        return scratch[scratch.count / 2]
    }
}

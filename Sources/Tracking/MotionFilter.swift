import Model

/// Constant-velocity Kalman filter (Kalman, 1960) over a box's centre and size.
///
/// Centre x and y share one covariance and width and height another, because their noises are the same multiple of
/// the object's size; no matrix is ever built. Time is counted in steps of 1/30 s.
struct MotionFilter {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
    var velocityX = 0.0
    var velocityY = 0.0
    var velocityWidth = 0.0
    var velocityHeight = 0.0

    private var position: AxisCovariance
    private var vertical: AxisCovariance
    private var size: AxisCovariance

    init(x: Double, y: Double, width: Double, height: Double, noise: MotionNoise) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        let scale = noise.scale(width, height)
        position = AxisCovariance(
            measurement: noise.measurement * scale, velocity: noise.initialVelocity * scale)
        vertical = position
        size = AxisCovariance(
            measurement: noise.sizeMeasurement * scale, velocity: noise.initialVelocity * scale * 0.3)
    }

    mutating func predict(steps: Double, noise: MotionNoise) {
        x += velocityX * steps
        y += velocityY * steps
        width = max(width + velocityWidth * steps, width * 0.3)
        height = max(height + velocityHeight * steps, height * 0.3)
        let scale = noise.scale(width, height)
        position.predict(steps: steps, position: noise.position * scale, velocity: noise.velocity * scale)
        vertical.predict(steps: steps, position: noise.position * scale * noise.verticalProcess, velocity: noise.velocity * scale * noise.verticalProcess)
        size.predict(steps: steps, position: 0, velocity: noise.sizeVelocity * scale)
    }

    mutating func correct(x mx: Double, y my: Double, width mw: Double, height mh: Double, noise: MotionNoise,
        trust: Double = 1
    ) {
        let scale = noise.scale(mw, mh)
        let (kp, kv) = position.correct(measurement: noise.measurement * scale * trust)
        let (dx, dy) = (mx - x, my - y)
        x += kp * dx
        let (yp, yv) = vertical.correct(measurement: noise.measurement * scale * trust * noise.verticalMeasurement)
        y += yp * dy
        velocityX += kv * dx
        velocityY += yv * dy
        let (sp, sv) = size.correct(measurement: noise.sizeMeasurement * scale * trust)
        let (dw, dh) = (mw - width, mh - height)
        width += sp * dw
        height += sp * dh
        velocityWidth += sv * dw
        velocityHeight += sv * dh
        width = max(width, mw * 0.2)
        height = max(height, mh * 0.2)
    }
}

/// Standard deviations as fractions of the object's size.
struct MotionNoise {
    var measurement: Double
    var position: Double
    var velocity: Double
    var sizeMeasurement: Double
    var sizeVelocity: Double
    var initialVelocity: Double

    func at(unit: Double) -> MotionNoise {
        var result = self
        result.position /= unit.squareRoot()
        result.velocity /= unit * unit.squareRoot()
        result.sizeVelocity /= unit * unit.squareRoot()
        result.initialVelocity /= unit
        return result
    }
    var scaleMode = 0.0
    var verticalProcess = 1.0
    var verticalMeasurement = 1.0
    func scale(_ width: Double, _ height: Double) -> Double {
        scaleMode == 0 ? (width * height).squareRoot() : scaleMode == 1 ? height * 0.63 : (width + height) * 0.47
    }
}

/// Covariance of (value, velocity) along one axis.
struct AxisCovariance {
    private var value: Double
    private var cross = 0.0
    private var velocity: Double

    init(measurement: Double, velocity: Double) {
        value = measurement * measurement
        self.velocity = velocity * velocity
    }

    mutating func predict(steps: Double, position: Double, velocity noise: Double) {
        let q = noise * noise * steps
        value += 2 * steps * cross + steps * steps * velocity + q * steps * steps / 3 + position * position * steps
        cross += steps * velocity + q * steps / 2
        velocity += q
    }

    /// Gains for value and velocity; the covariance is updated.
    mutating func correct(measurement: Double) -> (Double, Double) {
        let innovation = value + measurement * measurement
        let (gainValue, gainVelocity) = (value / innovation, cross / innovation)
        velocity -= gainVelocity * cross
        value *= 1 - gainValue
        cross *= 1 - gainValue
        return (gainValue, gainVelocity)
    }
}

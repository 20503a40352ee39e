/// Constant-velocity Kalman filter (Kalman, 1960) over a box's centre and size, as four independent axes.
///
/// Size, not aspect ratio: a stretched arm changes the width and leaves the height alone. Width and height share one
/// covariance, because their noises are the same multiple of the object's size. Positions are in stabilised pixels
/// (``CameraMotion``), time in steps of 1/30 s.
struct MotionFilter {
    private(set) var x: Double
    private(set) var y: Double
    private(set) var width: Double
    private(set) var height: Double
    private var velocityX = 0.0
    private var velocityY = 0.0
    private var velocityWidth = 0.0
    private var velocityHeight = 0.0
    private var covarianceX: AxisCovariance
    private var covarianceY: AxisCovariance
    private var covarianceSize: AxisCovariance

    init(x: Double, y: Double, width: Double, height: Double, noise: MotionNoise) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        let size = MotionNoise.size(width, height)
        covarianceX = AxisCovariance(
            value: noise.measurement * size, velocity: noise.initialVelocity * size)
        covarianceY = covarianceX
        // Sizes change several times more slowly than positions.
        covarianceSize = AxisCovariance(
            value: noise.sizeMeasurement * size, velocity: 0.3 * noise.initialVelocity * size)
    }

    /// Moves on by `steps`. An object that was not seen keeps its size: nothing corrects a runaway size.
    mutating func predict(steps: Double, wasSeen: Bool, noise: MotionNoise) {
        if !wasSeen {
            velocityWidth = 0
            velocityHeight = 0
        }
        x += velocityX * steps
        y += velocityY * steps
        width = max(width + velocityWidth * steps, width * 0.3)
        height = max(height + velocityHeight * steps, height * 0.3)
        let size = MotionNoise.size(width, height)
        let displacement = noise.displacement * size
        let acceleration = noise.acceleration * size
        covarianceX.predict(steps: steps, displacement: displacement, acceleration: acceleration)
        covarianceY.predict(
            steps: steps, displacement: displacement * noise.vertical, acceleration: acceleration * noise.vertical)
        covarianceSize.predict(steps: steps, displacement: 0, acceleration: noise.sizeAcceleration * size)
    }

    /// Takes in a detection's centre and size.
    mutating func correct(
        x measuredX: Double, y measuredY: Double, width measuredWidth: Double, height measuredHeight: Double,
        noise: MotionNoise
    ) {
        let size = MotionNoise.size(measuredWidth, measuredHeight)
        let gainX = covarianceX.correct(measurement: noise.measurement * size)
        let gainY = covarianceY.correct(measurement: noise.measurement * size)
        let gainSize = covarianceSize.correct(measurement: noise.sizeMeasurement * size)
        let (dx, dy) = (measuredX - x, measuredY - y)
        x += gainX.value * dx
        velocityX += gainX.velocity * dx
        y += gainY.value * dy
        velocityY += gainY.velocity * dy
        let (dw, dh) = (measuredWidth - width, measuredHeight - height)
        width = max(width + gainSize.value * dw, 0.2 * measuredWidth)
        velocityWidth += gainSize.velocity * dw
        height = max(height + gainSize.value * dh, 0.2 * measuredHeight)
        velocityHeight += gainSize.velocity * dh
    }
}

/// Covariance of (value, velocity) along one axis.
struct AxisCovariance {
    private var value: Double
    private var cross = 0.0
    private var velocity: Double

    /// From standard deviations.
    init(value: Double, velocity: Double) {
        self.value = value * value
        self.velocity = velocity * velocity
    }

    mutating func predict(steps: Double, displacement: Double, acceleration: Double) {
        let q = acceleration * acceleration * steps
        value += steps * (2 * cross + steps * (velocity + q / 3) + displacement * displacement)
        cross += steps * (velocity + q / 2)
        velocity += q
    }

    /// The gains for value and velocity.
    mutating func correct(measurement: Double) -> (value: Double, velocity: Double) {
        let innovation = value + measurement * measurement
        let gain = (value: value / innovation, velocity: cross / innovation)
        velocity -= gain.velocity * cross
        value *= 1 - gain.value
        cross *= 1 - gain.value
        return gain
    }
}

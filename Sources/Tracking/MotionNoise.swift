import Glibc

/// What the motion filter takes for granted: standard deviations as fractions of the object's size √(w·h), in steps of
/// 1/30 s.
struct MotionNoise {
    private(set) var measurement: Double
    private(set) var displacement: Double
    private(set) var acceleration: Double
    private(set) var vertical: Double
    private(set) var initialVelocity: Double
    private(set) var sizeMeasurement: Double
    private(set) var sizeAcceleration: Double

    init(_ motion: TrackingSettings.Motion) {
        measurement = motion.measurement
        displacement = motion.displacement
        acceleration = motion.acceleration
        vertical = motion.vertical
        initialVelocity = motion.initialVelocity
        sizeMeasurement = motion.sizeMeasurement
        sizeAcceleration = motion.sizeAcceleration
    }

    /// The noise for frames that lie `steps` apart.
    ///
    /// People filmed at 7 frames/s do not wander 4 times as far from a straight line in a frame as those filmed at 30:
    /// half way between noise per second and noise per frame is what sequences of 7 to 60 frames/s agree on.
    func adapted(toSteps steps: Double) -> MotionNoise {
        let unit = steps.squareRoot()
        var result = self
        result.displacement /= unit.squareRoot()
        result.acceleration /= unit * unit.squareRoot()
        result.sizeAcceleration /= unit * unit.squareRoot()
        result.initialVelocity /= unit
        return result
    }

    static func size(_ width: Double, _ height: Double) -> Double { (width * height).squareRoot() }
}

/// A piece of one object's track: observations in stabilised coordinates (``CameraMotion``), ascending in time.
struct Tracklet {
    /// A side of the picture that a box touches: beyond it an object is out of sight.
    enum Side {
        case left, right

        /// The side that a box touches, within a hair of the picture's width.
        init?(minX: Double, maxX: Double, pictureWidth: Double) {
            if minX < 0.015 * pictureWidth {
                self = .left
            } else if maxX > 0.985 * pictureWidth {
                self = .right
            } else {
                return nil
            }
        }
    }

    struct Point {
        /// Rank among the analysed frames.
        var step: Int
        /// Seconds.
        var time: Double
        /// Centre and size in pixels.
        var x: Double
        var y: Double
        var width: Double
        var height: Double
        var score: Double
        var side: Side?
        /// False where filled in between two detections.
        var isDetected: Bool
        /// The detection's number in the ``Recording``; nil where filled in.
        var detection: Int?
    }

    var classID: Int
    /// Never empty.
    var points: [Point]
    /// Who it is, in an ``IdentityLedger``; nil where nothing was seen of anybody.
    var entity: Int?

    var first: Point { points[0] }
    var last: Point { points[points.count - 1] }
}

import Model

/// A piece of a track, as the first pass leaves it: observations in stabilised coordinates (the picture's, less the
/// camera's offset), ascending in time.
struct Tracklet {
    /// One observation; positions are the box's centre.
    struct Point {
        /// Rank among the analysed frames.
        var step: Int
        /// Seconds.
        var time: Double
        var x: Double
        var y: Double
        var width: Double
        var height: Double
        var score: Double
        /// Rank among all detections of the recording.
        var detection = -1
        /// -1 where the box touches the picture's left border, 1 the right one, 0 neither.
        var side = 0
        /// A detection's own box; false where filled in.
        var detected: Bool
    }

    var classID: Int
    var points: [Point]
}

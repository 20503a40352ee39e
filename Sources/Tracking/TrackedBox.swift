import Model

/// A track's box in the frame just given.
package struct TrackedBox: Hashable, Sendable, Codable {
    /// Contiguous from 1 in the order in which tracks are first shown.
    package var id: Int
    package var classID: Int
    /// The detection's own box, or where the track is expected when it was not detected.
    package var box: Box
    /// The detection's score; for a predicted box that of the last detection.
    package var score: Double
    /// Whether the box is a prediction for a track not detected in this frame.
    package var isPredicted: Bool

    package init(id: Int, classID: Int, box: Box, score: Double, isPredicted: Bool) {
        self.id = id
        self.classID = classID
        self.box = box
        self.score = score
        self.isPredicted = isPredicted
    }
}

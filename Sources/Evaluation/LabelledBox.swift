import Model

/// One object in one frame, of the ground truth or of a tracker's result.
package struct LabelledBox: Hashable, Sendable {
    /// Any numbering, the same on both sides.
    package var frame: Int
    /// The object's or the track's identity, unique within a frame.
    package var id: Int
    /// In pixels.
    package var box: Box
    /// Ground truth only: whether the annotators want the box scored (MOTChallenge's flag).
    package var isScored: Bool
    /// Ground truth only: MOTChallenge's class; 1 is a pedestrian.
    package var classID: Int

    package init(frame: Int, id: Int, box: Box, isScored: Bool = true, classID: Int = 1) {
        self.frame = frame
        self.id = id
        self.box = box
        self.isScored = isScored
        self.classID = classID
    }
}

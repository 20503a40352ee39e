/// One object found in one frame.
package struct Detection: Hashable, Sendable, Codable {
    package var box: Box
    /// The detector's confidence, 0…1.
    package var score: Double
    /// Index into the model's class list (``ClassCatalogue``).
    package var classID: Int

    @inlinable
    package init(box: Box, score: Double, classID: Int) {
        self.box = box
        self.score = score
        self.classID = classID
    }
}

/// What was found in one frame.
package struct FrameDetections: Hashable, Sendable, Codable {
    /// Rank of the frame in presentation order, counted from 0 over every frame of the video (not only those analysed).
    package var frame: Int
    package var time: MediaTime
    package var detections: [Detection]

    package init(frame: Int, time: MediaTime, detections: [Detection]) {
        self.frame = frame
        self.time = time
        self.detections = detections
    }
}

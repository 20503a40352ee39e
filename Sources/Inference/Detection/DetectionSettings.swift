/// What a session keeps of what the model sees.
package struct DetectionSettings: Hashable, Sendable, Codable {
    /// 0…1; detections below it are dropped.
    package var scoreThreshold: Double
    /// Intersection over union from which two boxes of one class are one object.
    package var overlapThreshold: Double
    /// Class indices to keep; all where `nil`.
    package var classes: Set<Int>?

    package init(scoreThreshold: Double, overlapThreshold: Double, classes: Set<Int>?) {
        self.scoreThreshold = scoreThreshold
        self.overlapThreshold = overlapThreshold
        self.classes = classes
    }
}

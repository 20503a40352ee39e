/// One object followed over time.
package struct Track: Hashable, Sendable, Codable {
    /// Where an observation's box comes from.
    package enum Origin: String, Hashable, Sendable, Codable {
        /// A detection of that frame.
        case detected
        /// Filled in between two detections of the same track.
        case interpolated
    }

    package struct Observation: Hashable, Sendable, Codable {
        /// Rank of the frame in presentation order, from 0.
        package var frame: Int
        package var time: MediaTime
        package var box: Box
        /// The detection's score; for an interpolated box, interpolated likewise.
        package var score: Double
        package var origin: Origin

        package init(frame: Int, time: MediaTime, box: Box, score: Double, origin: Origin) {
            self.frame = frame
            self.time = time
            self.box = box
            self.score = score
            self.origin = origin
        }
    }

    /// Contiguous from 1 within a result.
    package var id: Int
    package var classID: Int
    /// In ascending order of frame, at most one a frame; never empty.
    package var observations: [Observation]

    package init(id: Int, classID: Int, observations: [Observation]) {
        self.id = id
        self.classID = classID
        self.observations = observations
    }

    /// Mean score of the detected observations: how sure the detector was of this object.
    package var confidence: Double {
        let detected = observations.lazy.filter { $0.origin == .detected }
        var (sum, count) = (0.0, 0)
        for observation in detected {
            sum += observation.score
            count += 1
        }
        return count > 0 ? sum / Double(count) : 0
    }
}

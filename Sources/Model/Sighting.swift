/// A jersey number as it was read in one frame, with how sure the reader was.
package struct JerseyRead: Hashable, Sendable, Codable {
    /// One candidate reading.
    package struct Candidate: Hashable, Sendable, Codable {
        /// 0…99. `7` and `07` are the same number.
        package var number: Int
        /// The reader's probability for it, 0…1.
        package var confidence: Double

        package init(number: Int, confidence: Double) {
            self.number = number
            self.confidence = confidence
        }
    }

    /// What it may say. Their confidences sum to at most 1: the rest is "cannot be read".
    package var candidates: [Candidate]

    package init(number: Int, confidence: Double) {
        candidates = [Candidate(number: number, confidence: confidence)]
    }

    package init(candidates: [Candidate]) { self.candidates = candidates }

    /// The likeliest reading; of equals the first. Nil where nothing was read.
    package var best: Candidate? {
        candidates.reduce(nil) { best, next in next.confidence > (best?.confidence ?? 0) ? next : best }
    }
}

/// How far a jersey's colour speaks for each team in one frame.
package struct TeamObservation: Hashable, Sendable, Codable {
    /// By team, from 0; they sum to at most 1, and the rest is "neither": a referee, a spectator.
    package var probabilities: [Double]

    package init(probabilities: [Double]) { self.probabilities = probabilities }
}

/// What was seen, in one frame, of who someone is.
package struct Sighting: Hashable, Sendable, Codable {
    /// Rank of the frame in presentation order, from 0.
    package var frame: Int
    /// Whom it is about: the detection of that frame that this box overlaps most.
    package var box: Box
    /// Nil where no number could be read, which says nothing.
    package var read: JerseyRead?
    package var team: TeamObservation?

    package init(frame: Int, box: Box, read: JerseyRead? = nil, team: TeamObservation? = nil) {
        self.frame = frame
        self.box = box
        self.read = read
        self.team = team
    }
}

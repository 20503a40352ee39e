import Model

/// Sightings as a reader of jersey numbers of a given quality would have made them, from ground truth: what identity
/// resolution is measured with, apart from any reader.
///
/// In a given share of the boxes of people who wear a number it is read, rightly with a given probability; a wrong read is
/// any other number, all alike. With each read goes a team, right with a given probability. Confidences say nothing of
/// which reads are right. Nobody without a number is ever read, and no team is seen without a read.
package struct SimulatedReads: Hashable, Sendable {
    /// What someone wears.
    package struct Jersey: Hashable, Sendable {
        /// From 0.
        package var team: Int
        /// 0…99.
        package var number: Int

        package init(team: Int, number: Int) {
            self.team = team
            self.number = number
        }
    }

    /// Share of boxes that are read, 0…1.
    package var share: Double
    /// Share of reads that are right.
    package var accuracy: Double
    /// Share of team observations that are right.
    package var teamAccuracy: Double

    /// Least overlap of a detection with the ground truth that it shows.
    private static let leastOverlap = 0.5
    /// Weaker detections are not looked at.
    private static let leastScore = 0.3

    package init(share: Double, accuracy: Double, teamAccuracy: Double) {
        self.share = share
        self.accuracy = accuracy
        self.teamAccuracy = teamAccuracy
    }

    /// - Parameters:
    ///   - frames: what was detected; frames count from 0.
    ///   - groundTruth: frames count from 0 here as well.
    ///   - jerseys: by ground-truth id, of those who wear a number; two teams.
    package func sightings(
        frames: [FrameDetections], groundTruth: [LabelledBox], jerseys: [Int: Jersey], seed: UInt64
    ) -> [Sighting] {
        var random = SeededGenerator(seed: seed)
        var truth: [Int: [LabelledBox]] = [:]
        for box in groundTruth { truth[box.frame, default: []].append(box) }
        var sightings: [Sighting] = []
        for frame in frames {
            for (detection, id) in Self.matches(frame.detections, truth[frame.frame] ?? []) {
                guard let jersey = jerseys[id], Double.random(in: 0..<1, using: &random) < share else { continue }
                let isRight = Double.random(in: 0..<1, using: &random) < accuracy
                let isRightTeam = Double.random(in: 0..<1, using: &random) < teamAccuracy
                var number = jersey.number
                if !isRight { number = (number + Int.random(in: 1..<100, using: &random)) % 100 }
                let team = isRightTeam ? jersey.team : 1 - jersey.team
                let confidence = Double.random(in: 0.5..<1, using: &random)
                let sure = max(teamAccuracy, 1 - teamAccuracy)
                sightings.append(
                    Sighting(
                        frame: frame.frame, box: frame.detections[detection].box,
                        read: JerseyRead(number: number, confidence: confidence),
                        team: TeamObservation(probabilities: team == 0 ? [sure, 1 - sure] : [1 - sure, sure])))
            }
        }
        return sightings
    }

    /// Detections, in their order, each with the ground-truth box it overlaps most; the closest pairs first.
    private static func matches(
        _ detections: [Detection], _ truth: [LabelledBox]
    ) -> [(detection: Int, id: Int)] {
        var pairs: [(overlap: Double, detection: Int, truth: Int)] = []
        for (index, detection) in detections.enumerated() where detection.score >= leastScore {
            for (other, box) in truth.enumerated() {
                let overlap = detection.box.iou(box.box)
                if overlap >= leastOverlap { pairs.append((overlap, index, other)) }
            }
        }
        pairs.sort { ($1.overlap, $0.detection, $0.truth) < ($0.overlap, $1.detection, $1.truth) }
        var idOfDetection: [Int: Int] = [:]
        var taken = Set<Int>()
        for pair in pairs where idOfDetection[pair.detection] == nil && taken.insert(pair.truth).inserted {
            idOfDetection[pair.detection] = truth[pair.truth].id
        }
        return idOfDetection.sorted { $0.key < $1.key }.map { (detection: $0.key, id: $0.value) }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers for the same seed, everywhere.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Model
import Testing

@testable import Evaluation

@Suite struct TrackingScoresTests {
    private func line(id: Int, frames: Range<Int>, x: Double = 0) -> [LabelledBox] {
        frames.map { LabelledBox(frame: $0, id: id, box: Box(x: x + Double($0), y: 0, width: 10, height: 20)) }
    }

    @Test func aPerfectResultScoresOne() throws {
        let truth = line(id: 1, frames: 1..<11) + line(id: 5, frames: 3..<9, x: 100)
        let scores = try TrackingScores(groundTruth: truth, tracks: truth, preprocessing: .mot17, sequence: "s")
        #expect(scores.hota.hota == 1)
        #expect(scores.clear.mota == 1)
        #expect(scores.identity.idf1 == 1)
        #expect(scores.clear.identitySwitches == 0)
    }

    @Test func aSwitchHalfwayCostsAssociationNotDetection() throws {
        let truth = line(id: 1, frames: 1..<11)
        let tracks = line(id: 1, frames: 1..<6) + line(id: 2, frames: 6..<11)
        let scores = try TrackingScores(groundTruth: truth, tracks: tracks, preprocessing: .mot17, sequence: "s")
        #expect(scores.hota.detA == 1)
        #expect(abs(scores.hota.assA - 0.5) < 1e-12)
        #expect(scores.clear.identitySwitches == 1)
        #expect(scores.clear.mota == 0.9)
        #expect(abs(scores.identity.idf1 - 0.5) < 1e-12)
    }

    @Test func anIdentityTwiceInAFrameIsRefused() {
        let truth = line(id: 1, frames: 1..<3)
        #expect {
            try TrackingScores(groundTruth: truth, tracks: truth + truth, preprocessing: .mot17, sequence: "street")
        } throws: { error in
            let failure = error as? EvaluationFailure
            return failure?.subject == "street" && failure?.message.contains("id 1 has two boxes in frame 1") == true
        }
    }
}

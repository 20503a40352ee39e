import Testing

@testable import Pipelines

@Suite struct ScoreScaleTests {
    private let scale = ScoreScale(model: 0.4, tracker: 0.65)

    @Test func theConfidentScoreBecomesTheStartScoreAndTheEndsStay() {
        #expect(scale.toTracker(0) == 0)
        #expect(scale.toTracker(0.4) == 0.65)
        #expect(scale.toTracker(1) == 1)
    }

    @Test func aStoredScoreComesBackExactly() {
        for step in 0...10_000 {
            let score = Double(Float(Double(step) / 10_000))
            #expect(scale.toModel(scale.toTracker(score)) == score)
        }
    }

    @Test func orderIsKept() {
        let mapped = (0...1000).map { scale.toTracker(Double($0) / 1000) }
        #expect(zip(mapped, mapped.dropFirst()).allSatisfy { $0 < $1 })
    }
}

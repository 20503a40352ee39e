import Model
import TestSupport
import Testing

@testable import Inference

/// A frame of 1000x500 seen by 1x2 tiles (0…556 and 444…1000) and as a whole (view 2).
@Suite struct SeamMergeTests {
    private static let plan = InputPlan(
        frameWidth: 1000, frameHeight: 500, inputWidth: 416, inputHeight: 416,
        description: InputDescription(width: 416, height: 416, fit: .stretch), tiling: .grid(rows: 1, columns: 2),
        largestBatch: 1)

    private func merged(
        _ boxes: (view: Int, x: Double, y: Double, maxX: Double, maxY: Double, score: Double)...
    ) -> [Detection] {
        SeamMerge(plan: Self.plan, overlapThreshold: 0.6).merged(
            boxes.map {
                let box = Box(x: $0.x, y: $0.y, width: $0.maxX - $0.x, height: $0.maxY - $0.y)
                return RawDetection(detection: Detection(box: box, score: $0.score, classID: 0), view: $0.view)
            })
    }

    @Test func `the plan is what the cases assume`() {
        #expect(Self.plan.inputs.map(\.region.x) == [0, 444, 0])
        #expect(Self.plan.inputs.map(\.region.maxX) == [556, 1000, 1000])
    }

    @Test func `one object in two tiles and in the whole frame is one`() {
        let found = merged((0, 460, 100, 500, 200, 0.8), (1, 461, 101, 501, 201, 0.7), (2, 462, 99, 499, 203, 0.4))
        #expect(found.map(\.score) == [0.8])
    }

    @Test func `a tile's box counts before the coarse one of the whole frame, however sure that is`() {
        let found = merged((0, 100, 100, 120, 140, 0.5), (2, 94, 90, 130, 150, 0.7))
        #expect(found.map(\.box.x) == [100])
    }

    @Test func `a piece gives way to the object seen whole, however sure the piece`() {
        let found = merged((0, 520, 100, 556, 200, 0.95), (1, 520, 100, 590, 200, 0.6))
        #expect(found.map(\.box.maxX) == [590])
    }

    @Test func `a close-up over both tiles is the whole frame's box`() {
        let found = merged(
            (0, 300, 50, 556, 480, 0.9), (1, 444, 40, 800, 490, 0.85), (2, 300, 45, 800, 485, 0.8))
        #expect(found.count == 1)
        #expect(found.first?.box.width == 500)
    }

    @Test func `pieces that continue each other are joined where nothing saw the whole`() {
        let found = merged((0, 400, 100, 556, 300, 0.9), (1, 444, 102, 640, 298, 0.85))
        #expect(found.count == 1)
        #expect(found.first?.box == Box(x: 400, y: 100, width: 240, height: 200))
    }

    @Test func `pieces of different height are two objects`() {
        let found = merged((0, 500, 100, 556, 150, 0.9), (1, 444, 120, 560, 400, 0.85))
        #expect(found.count == 2)
    }

    @Test func `two people side by side at the seam stay two`() {
        let found = merged((0, 470, 100, 500, 200, 0.8), (0, 505, 100, 540, 200, 0.7), (1, 471, 100, 501, 200, 0.6))
        #expect(found.map(\.box.x) == [470, 505])
    }

    @Test func `a child in front of an adult is not swallowed`() {
        let found = merged((0, 100, 50, 300, 450, 0.9), (0, 150, 250, 220, 450, 0.8))
        #expect(found.count == 2)
    }

    @Test func `what fills a tile from side to side is not believed`() {
        #expect(merged((0, 0, 0, 556, 500, 0.9)).isEmpty)
        #expect(merged((0, 0, 0, 556, 500, 0.9), (1, 444, 0, 1000, 500, 0.9)).isEmpty)
        // The frame's own borders cut nothing.
        #expect(merged((0, 0, 0, 400, 500, 0.9)).count == 1)
        #expect(merged((2, 0, 0, 1000, 500, 0.9)).count == 1)
    }

    @Test func `the result does not depend on the order of what was seen`() {
        var boxes: [RawDetection] = []
        var dice = SplitMix64(seed: 7)
        for _ in 0..<60 {
            let view = Int.random(in: 0...2, using: &dice)
            let region = Self.plan.inputs[view].region
            let x = Double.random(in: region.x..<region.maxX - 30, using: &dice)
            let y = Double.random(in: 0..<400, using: &dice)
            let box = Box(
                x: x, y: y, width: min(region.maxX - x, Double.random(in: 20..<200, using: &dice)), height: 90)
            boxes.append(
                RawDetection(
                    detection: Detection(
                        box: box, score: Double(Int.random(in: 1...9, using: &dice)) / 10,
                        classID: Int.random(in: 0...1, using: &dice)), view: view))
        }
        let merge = SeamMerge(plan: Self.plan, overlapThreshold: 0.6)
        let expected = merge.merged(boxes)
        for _ in 0..<10 {
            boxes.shuffle(using: &dice)
            #expect(merge.merged(boxes) == expected)
        }
        for (a, b) in zip(expected, expected.dropFirst()) { #expect(!Detection.precedes(b, a)) }
    }
}

@Suite struct SuppressionTests {
    @Test func `the best of overlapping boxes stays, class by class`() {
        let box = { (x: Double) in Box(x: x, y: 0, width: 10, height: 10) }
        let kept = suppressOverlaps(
            [
                Detection(box: box(0), score: 0.5, classID: 0), Detection(box: box(1), score: 0.9, classID: 0),
                Detection(box: box(1), score: 0.4, classID: 1), Detection(box: box(8), score: 0.3, classID: 0),
            ], threshold: 0.5)
        #expect(kept.map(\.score) == [0.9, 0.4, 0.3])
    }

    @Test func `a part goes with its whole, but somebody seen as well in front of another stays`() {
        let whole = Detection(box: Box(x: 0, y: 0, width: 40, height: 100), score: 0.9, classID: 0)
        let upperHalf = Detection(box: Box(x: 4, y: 0, width: 32, height: 50), score: 0.3, classID: 0)
        let inFront = Detection(box: Box(x: 4, y: 45, width: 32, height: 50), score: 0.8, classID: 0)
        let ball = Detection(box: Box(x: 10, y: 80, width: 8, height: 8), score: 0.3, classID: 32)
        let kept = suppressOverlaps([upperHalf, inFront, whole, ball], threshold: 0.6)
        #expect(kept == [whole, inFront, ball])
    }
}

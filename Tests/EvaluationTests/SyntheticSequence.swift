import Formats
import Model
import TestSupport

/// A sequence with ground truth and a flawed result, made from a seed: what scoring has to cope with, in small.
struct SyntheticSequence {
    var name: String
    var groundTruth: [MOTText.Row] = []
    var tracks: [MOTText.Row] = []

    /// - Parameter isQuantised: Boxes on a coarse grid, so that overlaps tie exactly.
    init(seed: UInt64, frames: Int, objects: Int, isQuantised: Bool) {
        name = "seed-\(seed)"
        var random = SplitMix64(seed: seed)
        func uniform(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &random) }
        func placed(_ value: Double) -> Double {
            isQuantised ? (value / 8).rounded() * 8 : (value * 100).rounded() / 100
        }
        var nextTrack = 1
        for object in 0..<objects {
            let first = Int.random(in: 1...frames, using: &random)
            let last = min(frames, first + Int.random(in: 0..<frames, using: &random))
            var (x, y) = (uniform(0...150), uniform(0...80))
            let (vx, vy) = (uniform(-4...4), uniform(-2...2))
            let (width, height) = (uniform(16...48), uniform(30...70))
            // Mostly pedestrians, some of every other class.
            let classID = uniform(0...1) < 0.75 ? 1 : Int.random(in: 2...13, using: &random)
            let isScored = classID == 1 && uniform(0...1) < 0.9
            var track = nextTrack
            nextTrack += 1
            for frame in first...last {
                x += vx
                y += vy
                let box = Box(x: placed(x), y: placed(y), width: placed(width), height: placed(height))
                groundTruth.append(
                    MOTText.Row(
                        frame: frame, id: object, box: box, confidence: isScored ? 1 : 0, classID: classID,
                        visibility: 1))
                // Identity switches, misses, noise.
                if uniform(0...1) < 0.05 {
                    track = nextTrack
                    nextTrack += 1
                }
                guard uniform(0...1) < 0.85 else { continue }
                let noisy = Box(
                    x: placed(x + uniform(-9...9)), y: placed(y + uniform(-9...9)),
                    width: placed(width * uniform(0.8...1.2)), height: placed(height * uniform(0.8...1.2)))
                tracks.append(MOTText.Row(frame: frame, id: track, box: noisy, confidence: 0.5))
                if uniform(0...1) < 0.05 {  // A second track on the very same box.
                    tracks.append(MOTText.Row(frame: frame, id: nextTrack, box: noisy, confidence: 0.4))
                    nextTrack += 1
                }
            }
        }
        for _ in 0..<frames {  // Clutter.
            let box = Box(x: placed(uniform(0...200)), y: placed(uniform(0...120)), width: 24, height: 48)
            let frame = Int.random(in: 1...frames, using: &random)
            tracks.append(MOTText.Row(frame: frame, id: nextTrack, box: box, confidence: 0.3))
            nextTrack += 1
        }
    }
}

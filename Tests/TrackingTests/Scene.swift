import Foundation
import Model
import TestSupport

extension SplitMix64 {
    /// Normally distributed (Box & Muller, 1958).
    mutating func normal() -> Double {
        let radius = (-2 * log(Double.random(in: Double.leastNonzeroMagnitude...1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

/// Objects that move along known paths, and a detector that watches them: the truth that trackers are tested against.
struct Scene {
    struct Appearance {
        var x: Double
        var y: Double
        var width = 40.0
        var height = 100.0
        var score = 0.9
    }

    /// For each object where it is, in pixels of its centre, at a time in seconds; nil while it is not detected.
    var objects: [(Double) -> Appearance?] = []
    var classIDs: [Int] = []
    /// Standard deviation of the detected edges, as a fraction of the object's size.
    var noise = 0.01
    /// Times of the frames, in milliseconds.
    var stamps: [Int64]
    /// Of each frame, among all frames of the video.
    var numbers: [Int]

    /// Frames at a steady rate, every `stride`-th of them.
    init(seconds: Double, frameRate: Double = 30, stride: Int = 1) {
        numbers = Array(Swift.stride(from: 0, to: Int(seconds * frameRate), by: stride))
        stamps = numbers.map { Int64((Double($0) * 1000 / frameRate).rounded()) }
    }

    mutating func add(classID: Int = 0, _ path: @escaping (Double) -> Appearance?) {
        objects.append(path)
        classIDs.append(classID)
    }

    /// What the detector reports, and which object each detection is.
    func frames(seed: UInt64) -> [(input: FrameDetections, objects: [Int])] {
        var random = SplitMix64(seed: seed)
        return zip(numbers, stamps).map { number, stamp in
            var detections: [Detection] = []
            var truth: [Int] = []
            for (object, path) in objects.enumerated() {
                guard let seen = path(Double(stamp) / 1000) else { continue }
                let width = seen.width * (1 + noise * random.normal())
                let height = seen.height * (1 + noise * random.normal())
                let x = seen.x + noise * seen.width * random.normal()
                let y = seen.y + noise * seen.height * random.normal()
                detections.append(
                    Detection(
                        box: Box(x: x - width / 2, y: y - height / 2, width: width, height: height),
                        score: seen.score, classID: classIDs[object]))
                truth.append(object)
            }
            let time = MediaTime(ticks: stamp, timebase: .milliseconds)
            return (FrameDetections(frame: number, time: time, detections: detections), truth)
        }
    }
}

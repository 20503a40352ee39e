import Model
import TestSupport

@testable import Formats

/// Results made from a seed, with the values that go wrong: negative zeros, denormals, huge and tiny numbers, names
/// with quotes and line breaks.
enum Samples {
    static let timebase = Timebase(1, 12_800)

    static func number(_ random: inout SplitMix64) -> Double {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: 0
        case 1: -0.0
        case 2: Double(Int.random(in: -5000...5000, using: &random))
        case 3: Double.random(in: -1e-9...1e-9, using: &random)
        case 4: Double.random(in: -1e17...1e17, using: &random)
        case 5: .leastNonzeroMagnitude
        case 6: 0.1 + 0.2
        default: Double.random(in: -2000...4000, using: &random)
        }
    }

    static func box(_ random: inout SplitMix64) -> Box {
        Box(
            x: number(&random), y: number(&random), width: number(&random).magnitude,
            height: number(&random).magnitude)
    }

    static func time(_ frame: Int) -> MediaTime { MediaTime(ticks: Int64(frame) * 512 - 1024, timebase: timebase) }

    static func tracks(_ random: inout SplitMix64) -> [Track] {
        (0..<Int.random(in: 0...6, using: &random)).map { index in
            var frame = Int.random(in: 0...50, using: &random)
            let observations = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                defer { frame += Int.random(in: 1...5, using: &random) }
                return Track.Observation(
                    frame: frame, time: time(frame), box: box(&random), score: Double.random(in: 0...1, using: &random),
                    origin: Bool.random(using: &random) ? .detected : .interpolated)
            }
            return Track(
                id: index + 1, classID: [0, 32].randomElement(using: &random) ?? 0, observations: observations)
        }
    }

    static let classes = [0: "person", 32: "sports \"ball\""]

    static let facts = VideoFacts(
        fileName: "Spiel \"A\"\n– Köln\u{1F3D2}.mp4", fileSize: 1_234_567, container: "mov,mp4",
        streams: [
            VideoFacts.Stream(index: 0, kind: .video, codec: "h264", bitRate: 2_000_000),
            VideoFacts.Stream(index: 1, kind: .audio, codec: "aac", language: "deu", sampleRate: 48_000, channels: 2),
        ], videoStream: 0, codec: "h264", pixelFormat: "yuv420p", width: 1280, height: 720, rotation: 90,
        frameCount: 250, startTime: MediaTime(ticks: -1024, timebase: timebase),
        duration: MediaTime(ticks: 128_000, timebase: timebase), frameRate: 25, isVariableFrameRate: false,
        keyframeCount: 5)

    static let video = VideoReference(facts, sha256: String(repeating: "0f", count: 32))

    static func tracksDocument(_ random: inout SplitMix64) -> TracksDocument {
        TracksDocument(video: video, classes: classes, tracks: tracks(&random))
    }

    static func cocoSource(_ random: inout SplitMix64) -> COCODocument.Source {
        COCODocument.Source(
            videoID: "Spiel \"A\"", video: video,
            frames: (0..<120).map { COCODocument.Frame(number: $0, time: time($0)) }, classes: classes,
            tracks: tracks(&random))
    }

    static func chunk(_ random: inout SplitMix64) throws -> DetectionChunk {
        let first = Int.random(in: 0...100_000, using: &random)
        let range = first..<(first + Int.random(in: 0...60, using: &random))
        let stride = Int.random(in: 1...4, using: &random)
        let frames = Swift.stride(from: range.lowerBound, to: range.upperBound, by: stride).map { frame in
            FrameDetections(
                frame: frame, time: time(frame),
                detections: (0..<Int.random(in: 0...8, using: &random)).map { _ in
                    Detection(
                        box: box(&random), score: Double.random(in: 0...1, using: &random),
                        classID: Int.random(in: 0...79, using: &random))
                })
        }
        return try DetectionChunk(
            fingerprint: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }, range: range, frames: frames)
    }

    struct Settings: Codable, Hashable, Sendable {
        var model = "picodet/s"
        var stride = 3
        var thresholds = [0.1, 1e-7]
        var classes: [String: Bool] = ["person": true, "ball": false]
    }

    static let summary = RunSummary(
        video: facts, videoSHA256: String(repeating: "ab", count: 32), settings: Settings(),
        engine: EngineIdentity(
            engine: "openvino", version: "2026.4", device: "cpu", precision: "bf16", model: "picodet-s",
            modelSHA256: String(repeating: "c", count: 64)),
        counts: .init(framesAnalysed: 84, detections: 900, tracks: 7, boxes: 512, tracksByClass: ["person": 7]),
        timings: .init(
            total: 12.5, stages: ["detect": 11, "track": 0.1], framesAnalysed: 60, framesResumed: 24,
            framesPerSecond: 5.45))
}

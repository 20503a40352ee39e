import Foundation
import Model
import TestSupport
import Testing

@testable import Tracking

/// What holds for any input whatever; the seed of a failing case is its argument.
@Suite("Tracking properties")
struct TrackingPropertyTests {
    /// People wandering about at random, missed at random, with clutter.
    private func wandering(seed: UInt64, objects: Int = 12, seconds: Double = 4) -> [FrameDetections] {
        var random = SplitMix64(seed: seed)
        var scene = Scene(seconds: seconds, stride: Int.random(in: 1...2, using: &random))
        scene.noise = 0.03
        for _ in 0..<objects {
            let x = Double.random(in: 300...900, using: &random)
            let y = Double.random(in: 200...500, using: &random)
            let vx = Double.random(in: -80...80, using: &random)
            let sway = Double.random(in: 0...40, using: &random)
            let missed = Double.random(in: 0..<3, using: &random)
            let score = Double.random(in: 0.3...0.95, using: &random)
            scene.add { time in
                guard time < missed || time > missed + 0.3 else { return nil }
                return .init(x: x + vx * time, y: y + sway * sin(3 * time), score: score)
            }
        }
        for _ in 0..<3 {
            let (x, y) = (Double.random(in: 0...1280, using: &random), Double.random(in: 0...720, using: &random))
            scene.add { Int($0 * 30) % 7 == 0 ? .init(x: x, y: y, score: 0.7) : nil }
        }
        return scene.frames(seed: seed).map(\.input)
    }

    private func offline(_ frames: [FrameDetections], geometry: PictureGeometry = Outcome.picture) -> [Track] {
        OfflineTracker(geometry: geometry).tracks(from: frames)
    }

    private func online(
        _ frames: [FrameDetections], geometry: PictureGeometry = Outcome.picture
    ) -> [[TrackedBox]] {
        var tracker = OnlineTracker(geometry: geometry)
        return frames.map { tracker.update($0) }
    }

    @Test("ids count from 1, a track has one observation a frame, in order", arguments: UInt64(1)...8)
    func wellFormed(seed: UInt64) {
        let frames = wandering(seed: seed)
        let tracks = offline(frames)
        #expect(tracks.map(\.id) == Array(1...max(1, tracks.count)).prefix(tracks.count).map { $0 })
        #expect(!tracks.isEmpty)
        for (track, next) in zip(tracks, tracks.dropFirst()) {
            #expect(track.observations[0].frame <= next.observations[0].frame)
        }
        let analysed = Set(frames.map(\.frame))
        for track in tracks {
            #expect(zip(track.observations, track.observations.dropFirst()).allSatisfy { $0.frame < $1.frame })
            #expect(track.observations.allSatisfy { analysed.contains($0.frame) && $0.box.isFinite && $0.box.area > 0 })
        }
        var shown: [Int] = []
        for boxes in online(frames) {
            #expect(Set(boxes.map(\.id)).count == boxes.count)
            for box in boxes where !shown.contains(box.id) { shown.append(box.id) }
        }
        #expect(shown == Array(1...shown.count))
    }

    @Test("no detection is used twice", arguments: UInt64(1)...8)
    func usesDetectionsOnce(seed: UInt64) {
        let frames = wandering(seed: seed)
        for (frame, boxes) in zip(frames, online(frames)) {
            let used = boxes.filter { !$0.isPredicted }.map(\.box)
            #expect(Set(used).count == used.count)
            #expect(used.allSatisfy { box in frame.detections.contains { $0.box == box } })
        }
        // Unsmoothed, offline boxes are detections' own too.
        var settings = TrackingSettings()
        (settings.smoothing.position, settings.smoothing.size) = (0, 0)
        var seen: [Int: Int] = [:]
        for track in OfflineTracker(settings: settings, geometry: Outcome.picture).tracks(from: frames) {
            for observation in track.observations where observation.origin == .detected {
                seen[observation.frame, default: 0] += 1
            }
        }
        for frame in frames { #expect(seen[frame.frame, default: 0] <= frame.detections.count) }
    }

    @Test(
        "the same input gives the same tracks, in whatever order a frame lists its detections",
        arguments: UInt64(1)...8)
    func isDeterministic(seed: UInt64) {
        let frames = wandering(seed: seed)
        var random = SplitMix64(seed: seed)
        let shuffled = frames.map { frame in
            var frame = frame
            frame.detections.shuffle(using: &random)
            return frame
        }
        let tracks = offline(frames)
        #expect(offline(frames) == tracks)
        #expect(offline(shuffled) == tracks)
        #expect(online(shuffled) == online(frames))
    }

    @Test("a picture twice as large gives the same tracks, twice as large", arguments: UInt64(1)...8)
    func scales(seed: UInt64) {
        let frames = wandering(seed: seed)
        // Exact: doubling loses no bits.
        func doubled(_ box: Box) -> Box {
            Box(x: 2 * box.x, y: 2 * box.y, width: 2 * box.width, height: 2 * box.height)
        }
        let large = frames.map { frame in
            var frame = frame
            for index in frame.detections.indices { frame.detections[index].box = doubled(frame.detections[index].box) }
            return frame
        }
        let expected = offline(frames).map { track in
            var track = track
            for index in track.observations.indices {
                track.observations[index].box = doubled(track.observations[index].box)
            }
            return track
        }
        #expect(offline(large, geometry: PictureGeometry(width: 2560, height: 1440, frameRate: 30)) == expected)
    }

    @Test("what is tracked does not depend on where in a large picture it is", arguments: UInt64(1)...8)
    func translates(seed: UInt64) {
        let frames = wandering(seed: seed)
        let wide = PictureGeometry(width: 20_000, height: 20_000, frameRate: 30)
        func moved(by offset: Double) -> [[Int]] {
            let frames = frames.map { frame in
                var frame = frame
                for index in frame.detections.indices {
                    frame.detections[index].box.x += offset
                    frame.detections[index].box.y += offset
                }
                return frame
            }
            return offline(frames, geometry: wide).map { $0.observations.map(\.frame) }
        }
        #expect(moved(by: 2048) == moved(by: 8192))
    }

    @Test("boxes and scores that make no sense are ignored", arguments: [false, true])
    func ignoresNonsense(isAlone: Bool) {
        let sound = Detection(box: Box(x: 300, y: 300, width: 40, height: 100), score: 0.9, classID: 0)
        var nonsense: [Detection] = []
        for value in [Double.nan, .infinity, -.infinity, 1e300, -1e300] {
            nonsense.append(Detection(box: Box(x: value, y: 0, width: 40, height: 100), score: 0.9, classID: 0))
            nonsense.append(Detection(box: Box(x: 0, y: value, width: 40, height: 100), score: 0.9, classID: 0))
            nonsense.append(Detection(box: Box(x: 0, y: 0, width: value, height: 100), score: 0.9, classID: 0))
            nonsense.append(Detection(box: Box(x: 0, y: 0, width: 40, height: value), score: 0.9, classID: 0))
        }
        for score in [Double.nan, .infinity, -1] {
            nonsense.append(Detection(box: sound.box, score: score, classID: 0))
        }
        nonsense.append(Detection(box: Box(x: 0, y: 0, width: 0, height: 10), score: 0.9, classID: 0))
        nonsense.append(Detection(box: Box(x: 0, y: 0, width: -5, height: 10), score: 0.9, classID: 0))
        let frames = (0..<30).map { number in
            FrameDetections(
                frame: number, time: MediaTime(ticks: Int64(number), timebase: Timebase(1, 30)),
                detections: isAlone ? nonsense : nonsense + [sound] + nonsense)
        }
        #expect(offline(frames).count == (isAlone ? 0 : 1))
        #expect(online(frames).last?.count == (isAlone ? 0 : 1))
    }

    @Test("no frames, empty frames, one frame, equal and falling times: never a trap")
    func oddRecordings() {
        #expect(offline([]).isEmpty)
        let box = Detection(box: Box(x: 300, y: 300, width: 40, height: 100), score: 0.9, classID: 0)
        func frames(_ count: Int, _ ticks: (Int) -> Int64, _ detections: [Detection]) -> [FrameDetections] {
            (0..<count).map {
                FrameDetections(
                    frame: $0, time: MediaTime(ticks: ticks($0), timebase: Timebase(1, 30)), detections: detections)
            }
        }
        #expect(offline(frames(20, { Int64($0) }, [])).isEmpty)
        #expect(offline(frames(1, { Int64($0) }, [box])).isEmpty)
        #expect(
            online(frames(1, { Int64($0) }, [box])) == [
                [
                    TrackedBox(id: 1, classID: 0, box: box.box, score: 0.9, isPredicted: false)
                ]
            ])
        #expect(offline(frames(20, { _ in 5 }, [box])).count == 1)
        #expect(offline(frames(20, { -Int64($0) }, [box])).count == 1)
        #expect(offline(frames(20, { $0 == 10 ? .max : .min }, [box])).count >= 1)
        let noPicture = PictureGeometry(width: 0, height: 0, frameRate: .nan)
        #expect(online(frames(20, { Int64($0) }, [box]), geometry: noPicture).count == 20)
    }

    @Test("online memory is bounded over 100,000 frames")
    func isBounded() {
        var tracker = OnlineTracker(geometry: Outcome.picture)
        var most = 0
        for number in 0..<100_000 {
            // Somebody new every tenth of a second, who stays for half a second.
            let detections = (0..<2).map { slot in
                let visit = (number + 7 * slot) / 15
                return Detection(
                    box: Box(x: Double((visit * 397 + slot * 600) % 1200), y: 300, width: 40, height: 100), score: 0.9,
                    classID: slot)
            }
            _ = tracker.update(
                FrameDetections(
                    frame: number, time: MediaTime(ticks: Int64(number), timebase: Timebase(1, 30)),
                    detections: detections))
            most = max(most, tracker.liveTrackCount)
        }
        #expect(most <= 12)
    }
}

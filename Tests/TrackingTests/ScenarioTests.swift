import Foundation
import Model
import TestSupport
import Testing

@testable import Tracking

@Suite("Tracking scenarios")
struct ScenarioTests {
    private static let seeds: ClosedRange<UInt64> = 1...5

    /// Two people who walk through each other.
    private func crossing(stride: Int = 1) -> Scene {
        var scene = Scene(seconds: 8, stride: stride)
        scene.add { .init(x: 200 + 100 * $0, y: 300) }
        scene.add { .init(x: 1000 - 100 * $0, y: 310, height: 104) }
        return scene
    }

    @Test("people who cross keep their ids", arguments: seeds)
    func crossing(seed: UInt64) {
        #expect(Outcome.offline(crossing(), seed: seed).isPerfect)
        #expect(Outcome.online(crossing(), seed: seed).isPerfect)
    }

    @Test("a stride of 1 to 5 frames changes nothing", arguments: 1...5)
    func stride(stride: Int) {
        #expect(Outcome.offline(crossing(stride: stride), seed: 7).isPerfect)
        #expect(Outcome.online(crossing(stride: stride), seed: 7).isPerfect)
    }

    @Test("offline, few analysed frames a second still make tracks, shorter than the least of a full rate")
    func wideStride() {
        var scene = Scene(seconds: 4, stride: 20)
        scene.add { .init(x: 300 + 15 * $0, y: 300) }
        scene.add { .init(x: 900, y: 500 + 10 * $0) }
        #expect(scene.numbers.count < TrackingSettings().offline.minimumDetections)
        #expect(Outcome.offline(scene, seed: 3).isPerfect)
    }

    @Test("offline, a gap longer than any pass waits is linked", arguments: seeds)
    func gapBeyondPatience(seed: UInt64) {
        var scene = Scene(seconds: 8)
        scene.add { $0 > 3 && $0 < 4.2 ? nil : .init(x: 300 + 20 * $0, y: 300) }
        scene.add { .init(x: 900, y: 500 + 10 * $0) }
        #expect(1.2 > TrackingSettings().offline.patience)
        #expect(Outcome.offline(scene, seed: seed).isPerfect)
    }

    @Test("passes side by side find what each finds alone", arguments: [false, true])
    func passesSideBySide(isReversed: Bool) {
        let recording = Recording(
            crossing().frames(seed: 3).map(\.input),
            geometry: PictureGeometry(width: 1280, height: 720, frameRate: 30))
        var other = TrackingSettings()
        other.motion.displacement = 0.2
        other.association.buffer = 0
        let variants = [TrackingSettings(), other]
        let together = TrackingPass.passes(over: recording, variants: variants, isReversed: isReversed)
        let alone = variants.flatMap {
            TrackingPass.passes(over: recording, variants: [$0], isReversed: isReversed)
        }
        #expect(together.map(\.next) == alone.map(\.next))
        #expect(together.map(\.cameraX) == alone.map(\.cameraX))
        #expect(together[0].next.contains { $0 >= 0 })
    }

    @Test("an occlusion of half a second keeps the id", arguments: seeds)
    func occlusion(seed: UInt64) {
        var scene = Scene(seconds: 6)
        scene.add { $0 > 2.5 && $0 < 3 ? nil : .init(x: 200 + 120 * $0, y: 300) }
        scene.add { .init(x: 500, y: 500 + 10 * $0) }
        #expect(Outcome.offline(scene, seed: seed).isPerfect)
        #expect(Outcome.online(scene, seed: seed).isPerfect)
    }

    @Test("a camera that suddenly pans gives nobody a new id", arguments: seeds)
    func pan(seed: UInt64) {
        var scene = Scene(seconds: 6)
        for place in 0..<8 {
            scene.add { time in
                let pan = 250 * max(0, min(time - 2, 2))
                return .init(x: 700 + 70 * Double(place) - pan, y: 200 + 40 * Double(place % 3) + 8 * time)
            }
        }
        #expect(Outcome.offline(scene, seed: seed).isPerfect)
        #expect(Outcome.online(scene, seed: seed).isPerfect)
    }

    @Test("a stretch of doubtful detections belongs to the track, but starts none", arguments: seeds)
    func lowScores(seed: UInt64) {
        var scene = Scene(seconds: 6)
        scene.add { .init(x: 300 + 60 * $0, y: 300, score: $0 > 2 && $0 < 4 ? 0.25 : 0.9) }
        scene.add { .init(x: 900, y: 300 + 10 * $0, score: 0.3) }
        for outcome in [Outcome.offline(scene, seed: seed), Outcome.online(scene, seed: seed)] {
            #expect(outcome.idsOfObject[0] == [1])
            #expect(outcome.idsOfObject[1] == nil)
        }
    }

    @Test("offline, who leaves across a side and comes back soon is the same person", arguments: seeds)
    func reentry(seed: UInt64) {
        var scene = Scene(seconds: 4)
        // Out of sight for half a second; a box is cut off by the picture's left border.
        scene.add { time in
            let x = 60 + 100 * cos(.pi * time)
            let left = max(0, x - 20)
            guard x + 20 - left > 4 else { return nil }
            return .init(x: (left + x + 20) / 2, y: 300, width: x + 20 - left)
        }
        scene.add { .init(x: 800 + 10 * $0, y: 300) }
        let outcome = Outcome.offline(scene, seed: seed)
        #expect(outcome.idsOfObject[0]?.count == 1)
    }

    @Test("a variable frame rate is followed by its times", arguments: seeds)
    func variableFrameRate(seed: UInt64) {
        var scene = crossing()
        var random = SplitMix64(seed: seed)
        var stamp: Int64 = 0
        scene.stamps = scene.numbers.map { _ in
            stamp += Int64.random(in: 15...70, using: &random)
            return stamp
        }
        scene.objects = scene.objects.map { path in { path($0 * 8 / (Double(stamp) / 1000)) } }
        #expect(Outcome.offline(scene, seed: seed).isPerfect)
        #expect(Outcome.online(scene, seed: seed).isPerfect)
    }

    @Test("a thousand objects keep a thousand ids")
    func thousandObjects() {
        var scene = Scene(seconds: 0.7)
        for rank in 0..<1000 {
            let (column, row) = (Double(rank % 40), Double(rank / 40))
            scene.add { .init(x: 20 + 31 * column + 20 * $0, y: 20 + 28 * row, width: 10, height: 24) }
        }
        let outcome = Outcome.online(scene, seed: 1)
        #expect(outcome.isPerfect)
        #expect(outcome.idsOfObject.count == 1000)
    }

    @Test("objects of two classes in one place are two tracks")
    func classes() {
        var scene = Scene(seconds: 3)
        scene.add(classID: 0) { .init(x: 300 + 60 * $0, y: 300) }
        scene.add(classID: 7) { .init(x: 302 + 60 * $0, y: 301) }
        let tracks = OfflineTracker(geometry: Outcome.picture).tracks(from: scene.frames(seed: 1).map(\.input))
        #expect(tracks.map(\.classID).sorted() == [0, 7])
    }

    @Test("gaps are filled on the analysed frames only")
    func fillsGaps() throws {
        var scene = Scene(seconds: 5, stride: 3)
        scene.add { $0 > 2 && $0 < 2.4 ? nil : .init(x: 200 + 60 * $0, y: 300) }
        scene.noise = 0
        let frames = scene.frames(seed: 1).map(\.input)
        let track = try #require(OfflineTracker(geometry: Outcome.picture).tracks(from: frames).first)
        #expect(track.observations.map(\.frame) == frames.map(\.frame))
        let filled = track.observations.filter { $0.origin == .interpolated }
        #expect(filled.count == frames.count { $0.detections.isEmpty })
        for observation in filled {
            #expect(abs(observation.box.centerX - (200 + 60 * observation.time.seconds)) < 1)
        }
    }

    @Test("online, a box is still shown for a moment after its last detection, then no more")
    func coasts() {
        var scene = Scene(seconds: 3)
        scene.add { $0 > 1 ? nil : .init(x: 300 + 60 * $0, y: 300) }
        var tracker = OnlineTracker(geometry: Outcome.picture)
        let answers = scene.frames(seed: 1).map { tracker.update($0.input) }
        let predicted = answers.indices.filter { answers[$0].contains(where: \.isPredicted) }
        #expect(predicted == [31, 32, 33])
        #expect(answers[34...].allSatisfy { $0.isEmpty })
    }
}

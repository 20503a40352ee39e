import Model
import TestSupport
import Testing

@testable import Tracking

@Suite("Identity resolution")
struct IdentityTests {
    private static let seeds: ClosedRange<UInt64> = 1...5

    /// What someone wears, and in which frames it is read: every `interval`-th, from `first`.
    private struct Wearer {
        var team: Int
        var number: Int
        var interval = 20
        var first = 5
    }

    /// Sightings of a scene's objects; `wrong` replaces the number read at some frames.
    private func sightings(
        _ frames: [(input: FrameDetections, objects: [Int])], _ wearers: [Int: Wearer], wrong: [Int: Int] = [:]
    ) -> [Sighting] {
        frames.flatMap { frame in
            zip(frame.input.detections, frame.objects).compactMap { detection, object -> Sighting? in
                guard let wearer = wearers[object], frame.input.frame % wearer.interval == wearer.first else {
                    return nil
                }
                return Sighting(
                    frame: frame.input.frame, box: detection.box,
                    read: JerseyRead(number: wrong[frame.input.frame] ?? wearer.number, confidence: 0.9),
                    team: TeamObservation(probabilities: wearer.team == 0 ? [0.85, 0.15] : [0.15, 0.85]))
            }
        }
    }

    private func identified(
        _ scene: Scene, seed: UInt64, _ wearers: [Int: Wearer], wrong: [Int: Int] = [:],
        settings: IdentitySettings = IdentitySettings()
    ) -> (tracks: [IdentifiedTrack], objects: [[Int]]) {
        let frames = scene.frames(seed: seed)
        let tracks = OfflineTracker(geometry: Outcome.picture).identifiedTracks(
            from: frames.map(\.input), sightings: sightings(frames, wearers, wrong: wrong), settings: settings)
        /// Of each track, the objects that it shows, in order of time, repetitions left out.
        let objects = tracks.map { identified in
            identified.track.observations.reduce(into: [Int]()) { seen, observation in
                guard observation.origin == .detected,
                    let frame = frames.first(where: { $0.input.frame == observation.frame })
                else { return }
                let overlaps = frame.input.detections.map { $0.box.iou(observation.box) }
                guard let best = overlaps.indices.max(by: { overlaps[$0] < overlaps[$1] }), overlaps[best] > 0.5 else {
                    return
                }
                if seen.last != frame.objects[best] { seen.append(frame.objects[best]) }
            }
        }
        return (tracks, objects)
    }

    /// Somebody who is away for seven seconds, and somebody who stays.
    private func absence() -> Scene {
        var scene = Scene(seconds: 13)
        scene.add { time in time > 3 && time < 10 ? nil : .init(x: time < 5 ? 200 : 900, y: 300) }
        scene.add { .init(x: 500 + 5 * $0, y: 550) }
        return scene
    }

    @Test("without sightings the tracks are those of motion alone", arguments: seeds)
    func nothingSeen(seed: UInt64) {
        let frames = absence().frames(seed: seed).map(\.input)
        let tracker = OfflineTracker(geometry: Outcome.picture)
        #expect(tracker.identifiedTracks(from: frames, sightings: []).map(\.track) == tracker.tracks(from: frames))
    }

    @Test("who comes back elsewhere after seconds is the same player by the number", arguments: seeds)
    func comesBack(seed: UInt64) throws {
        let result = identified(absence(), seed: seed, [0: Wearer(team: 1, number: 17)])
        let player = try #require(result.tracks.firstIndex { $0.identity?.number == 17 })
        #expect(result.tracks.count == 2)
        #expect(result.tracks[player].identity?.team == 1)
        #expect(result.tracks[player].identity?.confidence ?? 0 > 0.9)
        #expect(result.tracks[player].track.observations.last?.frame ?? 0 > 380)
        #expect(result.objects[player] == [0])
    }

    @Test("a number that is never read names nobody and joins nothing", arguments: seeds)
    func neverRead(seed: UInt64) {
        let result = identified(absence(), seed: seed, [1: Wearer(team: 0, number: 4)])
        #expect(result.tracks.compactMap(\.identity?.number) == [4])
        #expect(result.tracks.count == 3)
    }

    @Test("one stray read names nobody")
    func strayRead() {
        let result = identified(absence(), seed: 1, [1: Wearer(team: 0, number: 4, interval: 1000, first: 50)])
        #expect(result.tracks.allSatisfy { $0.identity == nil })
    }

    @Test("wrong reads among right ones change nothing", arguments: seeds)
    func wrongReads(seed: UInt64) {
        // A digit cut off, one taken for another, and nonsense.
        let wrong = [25: 7, 65: 11, 305: 58]
        let result = identified(absence(), seed: seed, [0: Wearer(team: 1, number: 17)], wrong: wrong)
        #expect(result.tracks.compactMap(\.identity?.number) == [17])
        #expect(result.tracks.count == 2)
        #expect(result.tracks.compactMap(\.identity).allSatisfy { $0.support < $0.reads })
    }

    @Test("who comes back and never shows the whole number is not the player by a part of it", arguments: seeds)
    func partOfTheNumber(seed: UInt64) throws {
        var settings = IdentitySettings()
        settings.hiddenDigitShare = 0.25
        let later = Dictionary(uniqueKeysWithValues: (250..<400).map { ($0, 2) })
        let result = identified(
            absence(), seed: seed, [0: Wearer(team: 1, number: 22)], wrong: later, settings: settings)
        let player = try #require(result.tracks.first { $0.identity?.number == 22 })
        #expect(player.track.observations.last?.frame ?? .max < 200)
        #expect(result.tracks.count == 3)
    }

    @Test("one number in two teams is two players", arguments: seeds)
    func sameNumberInTwoTeams(seed: UInt64) {
        var scene = Scene(seconds: 14)
        // They are never in the picture together, so only the colour tells them apart.
        scene.add { $0 < 6 ? .init(x: 300, y: 300) : nil }
        scene.add { $0 > 8 ? .init(x: 900, y: 300) : nil }
        let result = identified(
            scene, seed: seed, [0: Wearer(team: 0, number: 88), 1: Wearer(team: 1, number: 88)])
        #expect(result.tracks.map { $0.identity?.team } == [0, 1])
        #expect(result.objects == [[0], [1]])
    }

    @Test("three tracks of one number at one time are not one player", arguments: seeds)
    func threeOfOneNumber(seed: UInt64) {
        var scene = Scene(seconds: 6)
        for place in 0..<3 { scene.add { .init(x: 200 + 350 * Double(place) + 5 * $0, y: 300) } }
        let wearer = Wearer(team: 0, number: 9)
        let result = identified(scene, seed: seed, [0: wearer, 1: wearer, 2: wearer])
        #expect(result.tracks.count == 3)
        #expect(result.objects.allSatisfy { $0.count == 1 })
        #expect(result.tracks.count { $0.identity?.team == 0 } <= 1)
    }

    /// One after another stands in one place, so that motion alone sees one object.
    private func takeover() -> Scene {
        var scene = Scene(seconds: 8)
        scene.add { $0 < 4 ? .init(x: 400, y: 300) : nil }
        scene.add { $0 < 4 ? nil : .init(x: 403, y: 301) }
        scene.add { .init(x: 900 + 5 * $0, y: 500) }
        return scene
    }

    @Test("a track in which the number changes is cut", arguments: seeds)
    func changeInside(seed: UInt64) {
        let scene = takeover()
        let motion = OfflineTracker(geometry: Outcome.picture).tracks(from: scene.frames(seed: seed).map(\.input))
        #expect(motion.count == 2)
        let result = identified(
            scene, seed: seed, [0: Wearer(team: 0, number: 12), 1: Wearer(team: 1, number: 30)])
        #expect(Set(result.tracks.compactMap(\.identity?.number)) == [12, 30])
        #expect(result.tracks.count == 3)
    }

    @Test("no frame has a track twice and no detection is lost to another's name", arguments: seeds)
    func oneBoxAFrame(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var scene = Scene(seconds: 8)
        for _ in 0..<6 {
            let (x, y) = (Double.random(in: 100...1100, using: &random), Double.random(in: 200...500, using: &random))
            let speed = Double.random(in: -80...80, using: &random)
            scene.add { .init(x: x + speed * $0, y: y) }
        }
        // Numbers all over the place: whatever is read, tracks stay tracks.
        let wearers = Dictionary(
            uniqueKeysWithValues: (0..<6).map {
                ($0, Wearer(team: $0 % 2, number: Int.random(in: 0...3, using: &random), interval: 11, first: $0))
            })
        let tracks = identified(scene, seed: seed, wearers).tracks.map(\.track)
        #expect(tracks.map(\.id) == Array(1...max(1, tracks.count)))
        for track in tracks {
            let frames = track.observations.map(\.frame)
            #expect(zip(frames, frames.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test("the order of the sightings does not matter")
    func order() {
        let frames = absence().frames(seed: 3)
        let seen = sightings(frames, [0: Wearer(team: 1, number: 17), 1: Wearer(team: 0, number: 4)])
        let tracker = OfflineTracker(geometry: Outcome.picture)
        let forwards = tracker.identifiedTracks(from: frames.map(\.input), sightings: seen)
        #expect(forwards == tracker.identifiedTracks(from: frames.map(\.input), sightings: seen.reversed()))
    }

    @Test("sightings that make no sense are survived")
    func nonsense() {
        let frames = absence().frames(seed: 3)
        let box = frames[0].input.detections[0].box
        let seen = [
            Sighting(frame: -1, box: box, read: JerseyRead(number: 5, confidence: 1)),
            Sighting(frame: 0, box: box, read: JerseyRead(number: 123, confidence: 1)),
            Sighting(frame: 1, box: box, read: JerseyRead(number: -4, confidence: .nan)),
            Sighting(frame: 2, box: box, team: TeamObservation(probabilities: [.nan, -1, 7])),
            Sighting(frame: 3, box: Box(x: .nan, y: 0, width: 1, height: 1), read: JerseyRead(candidates: [])),
        ]
        let tracks = OfflineTracker(geometry: Outcome.picture)
            .identifiedTracks(from: frames.map(\.input), sightings: seen)
        #expect(tracks.allSatisfy { $0.identity == nil })
    }

    @Test("a digit cut off speaks less against a number than nonsense does")
    func confusions() {
        let model = ReadModel(settings: IdentitySettings())
        let seven = model.logRatios(of: JerseyRead(number: 7, confidence: 0.9))
        #expect(seven[7] > seven[17])
        #expect(seven[17] > seven[58])
        let eight = model.logRatios(of: JerseyRead(number: 8, confidence: 0.9))
        #expect(eight[6] > eight[4])
        #expect(model.logRatios(of: JerseyRead(candidates: [])).allSatisfy { $0 == 0 })
    }

    @Test("silence says little where reads are rare, and never much")
    func silence() {
        let rare = ReadSilence([(300, 1), (300, 0), (300, 1)])
        let steady = ReadSilence((0..<30).map { _ in (100, 10) })
        #expect(rare.logProbability(detections: 50) > -0.5)
        #expect(steady.logProbability(detections: 50) < -1.5)
        #expect(steady.logProbability(detections: 1_000_000) >= -2.5)
        #expect(ReadSilence([]).logProbability(detections: 1000) == 0)
    }
}

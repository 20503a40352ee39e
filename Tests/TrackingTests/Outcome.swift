import Model

@testable import Tracking

/// Which tracks a tracker saw in which objects of a ``Scene``.
struct Outcome {
    /// The track ids that each object's detections were given, in order of time, repetitions left out.
    var idsOfObject: [Int: [Int]] = [:]
    /// The objects in each track.
    var objectsOfTrack: [Int: Set<Int>] = [:]

    /// Whether every object has one track of its own, the same throughout.
    var isPerfect: Bool {
        idsOfObject.values.allSatisfy { $0.count == 1 } && objectsOfTrack.values.allSatisfy { $0.count == 1 }
    }

    static let picture = PictureGeometry(width: 1280, height: 720, frameRate: 30)

    static func offline(
        _ scene: Scene, seed: UInt64, settings: TrackingSettings = TrackingSettings(),
        geometry: PictureGeometry = picture
    ) -> Outcome {
        let frames = scene.frames(seed: seed)
        let tracks = OfflineTracker(settings: settings, geometry: geometry).tracks(from: frames.map(\.input))
        var boxes: [Int: [(id: Int, box: Box)]] = [:]
        for track in tracks {
            for observation in track.observations where observation.origin == .detected {
                boxes[observation.frame, default: []].append((track.id, observation.box))
            }
        }
        var outcome = Outcome()
        for frame in frames { outcome.note(boxes[frame.input.frame] ?? [], frame) }
        return outcome
    }

    static func online(
        _ scene: Scene, seed: UInt64, settings: TrackingSettings = TrackingSettings(),
        geometry: PictureGeometry = picture
    ) -> Outcome {
        var tracker = OnlineTracker(settings: settings, geometry: geometry)
        var outcome = Outcome()
        for frame in scene.frames(seed: seed) {
            let boxes = tracker.update(frame.input).filter { !$0.isPredicted }
            outcome.note(boxes.map { ($0.id, $0.box) }, frame)
        }
        return outcome
    }

    /// Gives each tracked box to the detection that it overlaps most.
    private mutating func note(
        _ boxes: [(id: Int, box: Box)], _ frame: (input: FrameDetections, objects: [Int])
    ) {
        for (id, box) in boxes {
            let overlaps = frame.input.detections.map { $0.box.iou(box) }
            guard let best = overlaps.indices.max(by: { overlaps[$0] < overlaps[$1] }), overlaps[best] > 0.5 else {
                continue
            }
            let object = frame.objects[best]
            objectsOfTrack[id, default: []].insert(object)
            if idsOfObject[object]?.last != id { idsOfObject[object, default: []].append(id) }
        }
    }
}

import Model
import Tracking

/// Everything that was seen of everybody: what the player is looked for in. No pixels from here on.
struct ShiftEvidence {
    /// Every analysed frame, on the tracker's scale of scores.
    var frames: [FrameDetections]
    var looks: [Look]
    /// Frames at which a new shot begins.
    var cuts: [Int]
    var geometry: PictureGeometry
    var tracking: TrackingSettings
    /// Of the video, in seconds.
    var duration: Double

    /// The frames of each shot.
    var shots: [[FrameDetections]] {
        var shots: [[FrameDetections]] = []
        var rest = cuts.sorted()[...]
        for frame in frames {
            var begins = shots.isEmpty
            while let cut = rest.first, cut <= frame.frame {
                rest.removeFirst()
                begins = true
            }
            if begins { shots.append([]) }
            shots[shots.count - 1].append(frame)
        }
        return shots
    }
}

/// Looks, laid to the tracks that they are about.
struct LooksByTrack {
    /// By track id, in order of time.
    let looks: [Int: [Look]]

    init(_ looks: [Look], tracks: [Track]) {
        var places: [Int: [(track: Int, box: Box)]] = [:]
        let wanted = Set(looks.map(\.frame))
        for track in tracks {
            for observation in track.observations where wanted.contains(observation.frame) {
                places[observation.frame, default: []].append((track.id, observation.box))
            }
        }
        var found: [Int: [Look]] = [:]
        for look in looks {
            let best = places[look.frame]?.max { $0.box.iou(look.box) < $1.box.iou(look.box) }
            if let best, best.box.iou(look.box) >= 0.4 { found[best.track, default: []].append(look) }
        }
        self.looks = found
    }
}

import Model

/// Brings a model's scores onto the scale that the tracker's settings are stated in, and back.
///
/// Detectors differ in how high they score what they are sure of: one gives a clear person 0.9, another 0.6. The
/// tracker's thresholds hold for one scale; a model's catalogue entry names the score from which its detections can
/// be trusted, and that score is mapped to the tracker's `startScore`. Piecewise linear through (0, 0),
/// (the model's start score, the tracker's) and (1, 1), so order is kept and the ends stay.
struct ScoreScale {
    /// 0…1, exclusive: the knot on the model's side and on the tracker's.
    let model: Double
    let tracker: Double

    func toTracker(_ score: Double) -> Double { Self.map(score, from: model, to: tracker) }

    /// Rounded to the 32-bit floats that detections are stored in, so that a detection's own score comes back exactly.
    func toModel(_ score: Double) -> Double { Double(Float(Self.map(score, from: tracker, to: model))) }

    private static func map(_ score: Double, from: Double, to: Double) -> Double {
        score <= from ? score * to / from : 1 - (1 - score) * (1 - to) / (1 - from)
    }

    func toTracker(_ frames: [FrameDetections]) -> [FrameDetections] {
        frames.map { frame in
            var frame = frame
            for index in frame.detections.indices {
                frame.detections[index].score = toTracker(frame.detections[index].score)
            }
            return frame
        }
    }

    func toModel(_ tracks: [Track]) -> [Track] {
        tracks.map { track in
            var track = track
            for index in track.observations.indices {
                track.observations[index].score = toModel(track.observations[index].score)
            }
            return track
        }
    }
}

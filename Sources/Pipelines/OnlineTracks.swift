import Model
import Tracking

/// A whole video through the online tracker: what a live run would have said, frame by frame, gathered into tracks.
struct OnlineTracks {
    let settings: TrackingSettings
    let geometry: PictureGeometry

    func tracks(from frames: [FrameDetections]) -> [Track] {
        var tracker = OnlineTracker(settings: settings, geometry: geometry)
        var tracks: [Track] = []
        /// Position in `tracks` by the tracker's own id.
        var positions: [Int: Int] = [:]
        for frame in frames {
            for tracked in tracker.update(frame) {
                let observation = Track.Observation(
                    frame: frame.frame, time: frame.time, box: tracked.box, score: tracked.score,
                    origin: tracked.isPredicted ? .interpolated : .detected)
                if let position = positions[tracked.id] {
                    tracks[position].observations.append(observation)
                } else {
                    positions[tracked.id] = tracks.count
                    tracks.append(
                        Track(id: tracks.count + 1, classID: tracked.classID, observations: [observation]))
                }
            }
        }
        return tracks
    }
}

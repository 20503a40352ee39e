import Model

/// Where each box of some tracks lies, ordered by frame and then by track id: the order of files that go frame by
/// frame. Twelve bytes a box, so that hours of video are ordered without being copied.
struct BoxOrder: Sendable {
    private struct Place {
        var frame: Int32
        var track: UInt32
        var observation: UInt32
    }

    private let places: [Place]
    private let tracks: [Track]

    /// - Throws: `internalError` for frames that are negative or beyond 2³¹.
    init(_ tracks: [Track]) throws(FormatsFailure) {
        // In order of their ids, ties of a frame are in order of their positions.
        let ordered = tracks.sorted { $0.id < $1.id }
        var places: [Place] = []
        places.reserveCapacity(ordered.reduce(0) { $0 + $1.observations.count })
        for (track, content) in ordered.enumerated() {
            for (observation, box) in content.observations.enumerated() {
                guard let frame = Int32(exactly: box.frame), frame >= 0, frame < Int32.max else {
                    throw .unprintable("track \(content.id) has a box in frame \(box.frame)")
                }
                places.append(Place(frame: frame, track: UInt32(track), observation: UInt32(observation)))
            }
        }
        places.sort { ($0.frame, $0.track) < ($1.frame, $1.track) }
        self.places = places
        self.tracks = ordered
    }

    /// Made one at a time.
    var boxes: some Sequence<(track: Track, observation: Track.Observation)> {
        places.lazy.map { place in
            let track = tracks[Int(place.track)]
            return (track, track.observations[Int(place.observation)])
        }
    }
}

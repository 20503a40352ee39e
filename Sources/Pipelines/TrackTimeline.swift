import Model

/// Where every track is, frame by frame in ascending order: what an overlay draws.
///
/// Between two analysed frames (stride > 1, or a frame that could not be decoded) boxes are interpolated for display,
/// so that they move with the object. Memory: one entry per track that is present.
struct TrackTimeline {
    /// One track's state at one frame.
    struct Presence {
        let track: Track
        let box: Box
        let score: Double
        /// No detection of this very frame stands behind the box.
        let isInterpolated: Bool
        /// The track's observations up to now, for a trail: indices into `track.observations`.
        let past: ClosedRange<Int>
    }

    private struct Active {
        let track: Track
        /// The last observation at or before the current frame.
        var cursor = 0
    }

    private var waiting: ArraySlice<Track>
    private var active: [Active] = []

    init(tracks: [Track]) {
        waiting = tracks.sorted { ($0.observations[0].frame, $0.id) < ($1.observations[0].frame, $1.id) }[...]
    }

    /// The tracks present at `frame`, by id.
    /// - Precondition: frames are asked for in ascending order.
    mutating func advance(to frame: Int) -> [Presence] {
        while let next = waiting.first, next.observations[0].frame <= frame {
            active.append(Active(track: next))
            waiting.removeFirst()
        }
        for index in active.indices {
            let observations = active[index].track.observations
            while active[index].cursor + 1 < observations.count,
                observations[active[index].cursor + 1].frame <= frame
            { active[index].cursor += 1 }
        }
        active.removeAll {
            $0.cursor + 1 == $0.track.observations.count && $0.track.observations[$0.cursor].frame < frame
        }
        return active.map { Self.presence(of: $0, at: frame) }.sorted { $0.track.id < $1.track.id }
    }

    private static func presence(of active: Active, at frame: Int) -> Presence {
        let observations = active.track.observations
        let before = observations[active.cursor]
        var (box, score, isInterpolated) = (before.box, before.score, before.origin == .interpolated)
        if before.frame < frame {
            let after = observations[active.cursor + 1]
            let share = Double(frame - before.frame) / Double(after.frame - before.frame)
            let mix = { (a: Double, b: Double) in a + (b - a) * share }
            box = Box(
                x: mix(before.box.x, after.box.x), y: mix(before.box.y, after.box.y),
                width: mix(before.box.width, after.box.width), height: mix(before.box.height, after.box.height))
            score = mix(before.score, after.score)
            isInterpolated = isInterpolated || after.origin == .interpolated
        }
        return Presence(
            track: active.track, box: box, score: score, isInterpolated: isInterpolated, past: 0...active.cursor)
    }
}

import Model

/// How a video is cut up for detection. Depends on the video alone, never on the number of lanes, so that any run can
/// go on from any other run's checkpoints.
///
/// A *group* is a keyframe-aligned range of frames that one decoder reads from its start. A *chunk* is the unit of
/// checkpoint: a group, or, where keyframes are far apart, one of the pieces of at most `chunkFrames` frames it is
/// cut into, so that a kill never costs more than one chunk a lane.
struct ChunkPlan: Hashable, Sendable {
    struct Chunk: Hashable, Sendable {
        /// Position in the whole video's list of chunks, from 0.
        var index: Int
        var frames: Range<Int>
    }

    struct Group: Hashable, Sendable {
        var frames: Range<Int>
        /// Ascending, covering `frames`.
        var chunks: [Chunk]
    }

    /// Frames in a chunk at most.
    static let chunkFrames = 64

    let groups: [Group]
    let chunkCount: Int

    /// - Parameter groupRanges: keyframe-aligned ranges in ascending order, covering the video.
    init(groupRanges: [Range<Int>]) {
        var next = 0
        groups = groupRanges.map { range in
            let pieces = max(1, (range.count + Self.chunkFrames - 1) / Self.chunkFrames)
            let chunks = (0..<pieces).map { piece in
                // Even pieces: a 66-frame group gives 33 + 33, not 64 + 2.
                let low = range.lowerBound + range.count * piece / pieces
                let high = range.lowerBound + range.count * (piece + 1) / pieces
                defer { next += 1 }
                return Chunk(index: next, frames: low..<high)
            }
            return Group(frames: range, chunks: chunks)
        }
        chunkCount = next
    }

    var chunks: some Sequence<Chunk> { groups.lazy.flatMap(\.chunks) }
}

/// How a range of frames is cut out of a stream: which packets are copied, which frames are encoded anew.
///
/// A copy begins at a keyframe that resets the decoder, and goes on in the order of coding as long as what was copied shows
/// frames without a gap. So only the frames before the first such keyframe are encoded, and at the end those few that lean
/// on a frame shown after the range.
struct CutPlan: Hashable {
    struct Piece: Hashable {
        /// Ranks of the frames that it shows.
        var frames: Range<Int>
        /// Places in the order of coding; `nil` for frames that are encoded.
        var places: Range<Int>?
        /// Where the copy begins.
        var entry: VideoIndex.Entry?
    }

    private(set) var pieces: [Piece] = []

    /// - Parameters:
    ///   - frames: ranks, not empty.
    ///   - mayCopy: `false` encodes all of them.
    init(frames: Range<Int>, index: VideoIndex, mayCopy: Bool) {
        guard mayCopy, let copy = Self.copy(within: frames, index: index) else {
            pieces = [Piece(frames: frames)]
            return
        }
        if copy.frames.lowerBound > frames.lowerBound {
            pieces.append(Piece(frames: frames.lowerBound..<copy.frames.lowerBound))
        }
        pieces.append(copy)
        if copy.frames.upperBound < frames.upperBound {
            pieces.append(Piece(frames: copy.frames.upperBound..<frames.upperBound))
        }
    }

    private static func copy(within frames: Range<Int>, index: VideoIndex) -> Piece? {
        guard let entry = index.entries.first(where: { $0.resets && frames.contains($0.rank) }),
            let start = index.codingOrder.firstIndex(of: Int32(entry.rank))
        else { return nil }
        var (shown, last) = (0, entry.rank)
        var best: (frames: Int, places: Int)?
        for place in start..<index.codingOrder.count {
            let rank = Int(index.codingOrder[place])
            if rank >= entry.rank {
                shown += 1
                last = max(last, rank)
                if last - entry.rank + 1 == shown, last < frames.upperBound { best = (shown, place + 1) }
            }
            if entry.rank + shown > frames.upperBound { break }
        }
        return best.map {
            Piece(frames: entry.rank..<entry.rank + $0.frames, places: start..<$0.places, entry: entry)
        }
    }

    /// How many frames a decoder must hold back to show the stream's frames in order.
    static func reordering(of index: VideoIndex) -> Int {
        index.codingOrder.enumerated().reduce(0) { max($0, $1.offset - Int($1.element)) }
    }
}

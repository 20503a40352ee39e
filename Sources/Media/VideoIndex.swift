import Model

/// Every frame of a video in presentation order, and the places where decoding may begin.
///
/// A frame's number, everywhere in Gantry, is its rank here. Most containers tell all of it in their packets, without
/// decoding. Where they do not (no presentation times, or two frames with one time), a decode pass counts the frames,
/// and the only place to begin is the start.
struct VideoIndex: Hashable, Sendable {
    /// How a decoded frame finds its rank.
    enum Order: Hashable, Sendable {
        /// By its time stamp, which is unique.
        case byTime
        /// By counting frames from the start of the stream.
        case byCount
    }

    /// A keyframe that shows the same pictures whether or not anything before it was decoded.
    struct Entry: Hashable, Sendable {
        var rank: Int
        var pts: Int64
        var dts: Int64
        /// Whether nothing that follows it in the order of coding leans on anything before it, pictures shown before it
        /// aside: a copy of the stream's packets may begin here.
        var resets = false
    }

    var order: Order
    /// Frame times in ticks, strictly ascending.
    var ticks: [Int64]
    /// How long the last frame is shown, in ticks.
    var lastDuration: Int64
    /// Ascending; never empty when there are frames, the first with rank 0.
    var entries: [Entry]
    var keyframeCount: Int
    /// The frames' ranks in the order of coding; empty where the packets do not tell it.
    var codingOrder: [Int32] = []

    /// The rank of the frame shown at exactly this time.
    func rank(of pts: Int64) -> Int? {
        var (low, high) = (0, ticks.count)
        while low < high {
            let middle = (low + high) / 2
            if ticks[middle] < pts { low = middle + 1 } else { high = middle }
        }
        return low < ticks.count && ticks[low] == pts ? low : nil
    }

    /// Where decoding begins to reach frame `rank`.
    func entry(before rank: Int) -> Entry? { entries.last { $0.rank <= rank } }

    /// Ticks from the first frame's start to the last frame's end.
    var duration: Int64 {
        guard let first = ticks.first, let last = ticks.last else { return 0 }
        return last - first + lastDuration
    }

    /// Whether frames are shown for unequal times, beyond the rounding to whole ticks.
    var isVariable: Bool {
        guard ticks.count > 2, let first = ticks.first, let last = ticks.last else { return false }
        let mean = Double(last - first) / Double(ticks.count - 1)
        let tolerance = max(1, mean * 0.02)
        return zip(ticks, ticks.dropFirst()).contains { abs(Double($1 - $0) - mean) > tolerance }
    }

    /// Frame ranges of at least `targetFrames` frames (the last may be shorter) that each begin at an entry.
    func chunks(targetFrames: Int) -> [Range<Int>] {
        guard !ticks.isEmpty else { return [] }
        var starts = [0]
        for entry in entries where entry.rank - (starts.last ?? 0) >= max(1, targetFrames) {
            starts.append(entry.rank)
        }
        return zip(starts, starts.dropFirst() + [ticks.count]).map { $0..<$1 }
    }
}

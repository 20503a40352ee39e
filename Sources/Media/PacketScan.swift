import CLibAV
import Model

/// What one pass over a stream's packets, without decoding, tells of its frames.
struct PacketScan {
    /// A packet that shows a frame.
    private struct Shown {
        var pts: Int64
        var dts: Int64
        var duration: Int64
        /// A keyframe where decoding may begin.
        var isEntry: Bool
        /// An entry that resets the decoder.
        var resets: Bool
    }

    private var shown: [Shown] = []
    private(set) var keyframeCount = 0
    /// Packets that carry a picture, shown or not.
    private(set) var pictureCount = 0
    /// Whether every packet says when its frame is shown.
    private(set) var isTimed = true
    /// Why reading stopped before the end of the file.
    private(set) var readingFailure: MediaFailure?
    private(set) var endsCutShort = false

    /// The largest distance, in frames, between the order of coding and the order of showing that is believed: H.264
    /// and HEVC reorder within 16 frames.
    private static let farthestReordering = 32

    /// Reads every packet of `stream`.
    ///
    /// - Parameter reorders: whether the codec may show frames in another order than it codes them; if not, a packet's
    ///   decode time is as good as its presentation time.
    init(demuxer: Demuxer, stream: Int, reorders: Bool) throws(MediaFailure) {
        demuxer.select(stream)
        var lastIsCorrupt = false
        while true {
            let packet: gav_packet
            do throws(MediaFailure) {
                guard let next = try demuxer.read(stream: stream) else { break }
                packet = next
            } catch {
                try demuxer.interrupt.check(subject: demuxer.file.path)
                readingFailure = error
                break
            }
            guard packet.size > 0 else { continue }
            pictureCount += 1
            lastIsCorrupt = packet.corrupt != 0
            if packet.key != 0 { keyframeCount += 1 }
            guard packet.discard == 0 else { continue }
            let time = Self.presentationTime(of: packet, reorders: reorders)
            guard time != Libav.noTime else {
                // A stream cut at a keyframe of an open group of pictures begins with pictures that lean on what was
                // cut off; some tools leave them untimed. They never show: the trial decode sees to that.
                if shown.count < Self.farthestReordering, !shown.isEmpty { continue }
                isTimed = false
                continue
            }
            let isEntry = packet.key != 0 && demuxer.startsClean
            shown.append(
                Shown(
                    pts: time, dts: packet.dts == Libav.noTime ? time : packet.dts, duration: packet.duration,
                    isEntry: isEntry, resets: isEntry && demuxer.resets))
        }
        // A packet that the end of the file cut in two shows half a picture.
        if lastIsCorrupt, demuxer.format != "mpegts", !shown.isEmpty {
            shown.removeLast()
            endsCutShort = true
        }
    }

    static func presentationTime(of packet: gav_packet, reorders: Bool) -> Int64 {
        Libav.believable(packet.pts != Libav.noTime || reorders ? packet.pts : packet.dts)
    }

    /// The index that the packets give; `nil` where their time stamps are missing, repeated or out of all order.
    var index: VideoIndex? {
        guard isTimed else { return nil }
        let order = shown.indices.sorted { (shown[$0].pts, $0) < (shown[$1].pts, $1) }
        let ticks = order.map { shown[$0].pts }
        guard zip(ticks, ticks.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        var rank = [Int](repeating: 0, count: order.count)
        for (place, packet) in order.enumerated() {
            guard abs(place - packet) <= Self.farthestReordering else { return nil }
            rank[packet] = place
        }
        var entries: [VideoIndex.Entry] = []
        var latest = Int64.min
        for (place, packet) in shown.enumerated() {
            // All that was coded before an entry must be shown before it, or a chunk that ends there would miss it.
            if packet.isEntry && latest < packet.pts {
                entries.append(
                    VideoIndex.Entry(rank: rank[place], pts: packet.pts, dts: packet.dts, resets: packet.resets))
            }
            latest = max(latest, packet.pts)
        }
        // Whatever comes before the first entry is reached from the start of the file.
        if entries.first?.rank != 0, let first = ticks.first {
            entries.insert(VideoIndex.Entry(rank: 0, pts: first, dts: first), at: 0)
        }
        return VideoIndex(
            order: .byTime, ticks: ticks, lastDuration: lastDuration(ticks: ticks, order: order), entries: entries,
            keyframeCount: keyframeCount, codingOrder: rank.map { Int32($0) })
    }

    private func lastDuration(ticks: [Int64], order: [Int]) -> Int64 {
        guard let last = order.last else { return 0 }
        let duration = shown[last].duration
        return (1...Libav.farthestTime).contains(duration) ? duration : FrameSpacing.typical(ticks)
    }
}

/// The usual distance between frames.
enum FrameSpacing {
    /// The median difference, in ticks, at least 1.
    static func typical(_ ticks: [Int64]) -> Int64 {
        let differences = zip(ticks, ticks.dropFirst()).map { $1 - $0 }.sorted()
        return max(1, differences.isEmpty ? 1 : differences[differences.count / 2])
    }
}

import CLibAV
import Model

/// Getting a demuxer to the packet of an index entry, exactly.
///
/// Seeking is only as good as the container: some land early, some late, some nowhere. So the packet is recognised by
/// its time stamp, the search begins earlier when it was passed, and at last from the start of the file.
enum EntrySeek {
    /// A demuxer whose current packet is that of `entry`.
    static func demuxer(
        _ demuxer: Demuxer, at entry: VideoIndex.Entry, of source: VideoSource, interrupt: Interrupt
    ) throws(MediaFailure) -> Demuxer {
        let stream = source.facts.videoStream
        let earlier = source.index.entries.prefix { $0.rank < entry.rank }
        var targets = [entry.pts, entry.dts]
        for back in [1, 4] where earlier.count >= back { targets.append(earlier[earlier.count - back].pts) }
        for target in targets where demuxer.seek(stream: stream, time: target) {
            if try advance(demuxer, to: entry, of: source) { return demuxer }
        }
        let fresh = try source.reopen(interrupt: interrupt)
        fresh.select(stream)
        guard try advance(fresh, to: entry, of: source) else {
            throw MediaFailure(
                code: .invalidData, message: "frame \(entry.rank) was there when the file was opened and is not now",
                subject: source.path, hint: "The file may have changed or its disk may be failing")
        }
        return fresh
    }

    /// Reads on to the entry's packet; `false` where it was passed.
    private static func advance(
        _ demuxer: Demuxer, to entry: VideoIndex.Entry, of source: VideoSource
    ) throws(MediaFailure) -> Bool {
        while let packet = try? demuxer.read(stream: source.facts.videoStream) {  // a failure here means: not found
            try demuxer.interrupt.check(subject: source.path)
            let time = PacketScan.presentationTime(of: packet, reorders: source.reorders)
            if packet.key != 0, time == entry.pts, packet.size > 0 {
                demuxer.setTimeIfMissing(packet, reorders: source.reorders)
                return true
            }
            if packet.key != 0, packet.discard == 0, time != Libav.noTime, time > entry.pts { return false }
        }
        try demuxer.interrupt.check(subject: source.path)
        return false
    }
}

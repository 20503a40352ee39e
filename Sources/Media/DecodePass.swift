import CLibAV
import Model

/// Decoding from the start of the file, on one thread, to learn what the packets do not tell.
struct DecodePass {
    /// Time stamps of the frames in the order the decoder gave them, `nil` where it gave none.
    private(set) var times: [Int64?] = []
    private(set) var lastDuration: Int64 = 0
    private(set) var firstFrame: gav_frame_info?
    private(set) var damagedPackets = 0
    private(set) var readingFailure: MediaFailure?

    /// - Parameters:
    ///   - packetLimit: how many packets whose frames are shown to decode at most.
    ///   - frameLimit: how many frames to wait for at most.
    init(
        demuxer: Demuxer, stream: Int, reorders: Bool, packetLimit: Int = .max, frameLimit: Int = .max
    ) throws(MediaFailure) {
        demuxer.select(stream)
        let decoder = try Decoder(demuxer: demuxer, stream: stream, threads: 1)
        var packets = 0
        var isAtEnd = false
        while true {
            try demuxer.interrupt.check(subject: demuxer.file.path)
            switch decoder.receive() {
            case .frame(let info):
                if firstFrame == nil { firstFrame = info }
                let time = Libav.believable(info.pts)
                times.append(time == Libav.noTime ? nil : time)
                lastDuration = (0...Libav.farthestTime).contains(info.duration) ? info.duration : 0
                if times.count >= frameLimit { return }
            case .damaged: damagedPackets += 1
            case .end: return
            case .hungry:
                if isAtEnd { return }
                if packets >= packetLimit { return }
                do throws(MediaFailure) {
                    if let packet = try demuxer.read(stream: stream) {
                        if packet.discard == 0 { packets += 1 }
                        demuxer.setTimeIfMissing(packet, reorders: reorders)
                        if !decoder.send(from: demuxer) { damagedPackets += 1 }
                        continue
                    }
                } catch {
                    try demuxer.interrupt.check(subject: demuxer.file.path)
                    readingFailure = error
                }
                isAtEnd = true
                decoder.finish()
            }
        }
    }

    /// The index of a stream whose frames can only be counted.
    ///
    /// Times are the decoder's where they ascend. A frame without a time, or with one that does not come after the
    /// previous, is put one `spacing` later.
    func index(spacing: Int64, keyframeCount: Int) -> VideoIndex {
        var ticks: [Int64] = []
        ticks.reserveCapacity(times.count)
        for time in times {
            guard let last = ticks.last else {
                ticks.append(time ?? 0)
                continue
            }
            if let time, time > last { ticks.append(time) } else { ticks.append(last + spacing) }
        }
        let entries = ticks.first.map { [VideoIndex.Entry(rank: 0, pts: $0, dts: $0)] } ?? []
        return VideoIndex(
            order: .byCount, ticks: ticks, lastDuration: lastDuration > 0 ? lastDuration : spacing, entries: entries,
            keyframeCount: keyframeCount)
    }
}

extension Demuxer {
    /// Gives the current packet its decode time as presentation time, where it has none and the codec shows frames in
    /// the order of coding.
    func setTimeIfMissing(_ packet: gav_packet, reorders: Bool) {
        if packet.pts == Libav.noTime, !reorders, packet.dts != Libav.noTime { setPacketTime(packet.dts) }
    }
}

import CLibAV
import Model

/// The sound of a video on its way into a clip: range after range, each beginning where its pictures begin.
///
/// Packets are copied where players expect their codec in MP4: at the begin of the file what sounds before the first
/// picture is cut off by the container's edit list, to the sample. Where ranges meet, packets follow one another without
/// a gap, so that sound and picture are apart by half a packet at most (AAC: 11 ms), never more with every range. Other
/// sound is decoded, cut to the sample, and encoded as AAC.
final class ClipSound {
    private enum Way {
        case none
        case copy
        case encode(SoundEncoder)
    }

    private let source: VideoSource
    private let track: VideoFacts.Stream
    private let timebase: Timebase
    private let interrupt: Interrupt
    private var demuxer: Demuxer
    private var decoder: Decoder?
    private var way = Way.none
    private var file: MovieFile?
    /// A packet that was read and comes next.
    private var held: gav_packet?
    private var isAtEnd = true
    /// The range at work, in ticks of the sound's clock: its begin and end, and its begin in the file.
    private var (start, end, base): (Int64, Int64, Int64) = (0, 0, 0)
    private var isLast = false
    /// Added to the times of the range's packets; `nil` before its first.
    private var carry: Int64?
    /// Where the next packet goes, in the file; `nil` before the first.
    private var position: Int64?

    /// What codecs need to start up, in the sound that is copied before the first picture.
    private static let leadIn = MediaTime(ticks: 60, timebase: .milliseconds)

    /// `nil` where the video has no sound.
    init?(source: VideoSource, interrupt: Interrupt) throws(MediaFailure) {
        guard let sound = try SoundTrack(of: source, interrupt: interrupt) else { return nil }
        self.source = source
        self.interrupt = interrupt
        track = sound.stream
        demuxer = sound.demuxer
        timebase = sound.timebase
    }

    /// Adds the sound to the file's streams. Returns what a user should know: nothing where it is copied.
    func join(_ file: MovieFile) -> String? {
        self.file = file
        if OverlaySound.fitting.contains(track.codec), file.addAudio(demuxer, stream: track.index) {
            way = .copy
            return nil
        }
        do throws(MediaFailure) {
            guard ContainerPolicy.allows(codec: track.codec) else {
                throw MediaFailure(code: .unsupported, message: "codec \(track.codec) is not supported")
            }
            way = .encode(
                try SoundEncoder(file, rate: track.sampleRate ?? 48000, channels: track.channels ?? 2))
            return "the sound (\(track.codec)) does not fit into MP4: it is encoded anew as AAC"
        } catch {
            return "the sound (\(track.codec)) does not fit into MP4 and is left out: \(error.message)"
        }
    }

    /// Begins a range. Times are the source's; `base` is where it begins in the file.
    func begin(from start: MediaTime, to end: MediaTime, base: MediaTime, isLast: Bool) throws(MediaFailure) {
        if case .none = way { return }
        self.start = start.ticks(in: timebase)
        self.end = end.ticks(in: timebase)
        self.base = base.ticks(in: timebase)
        self.isLast = isLast
        carry = nil
        held = nil
        isAtEnd = false
        demuxer = try source.reopen(interrupt: interrupt)
        demuxer.select(track.index)
        try seek()
        if case .encode = way { decoder = try Decoder(demuxer: demuxer, stream: track.index, threads: 1) }
    }

    /// Brings the demuxer to a packet before the range; to the file's begin where seeking fails or leads beyond.
    private func seek() throws(MediaFailure) {
        let target = start - 2 * Self.leadIn.ticks(in: timebase)
        if demuxer.seek(stream: track.index, time: target), let packet = try nextPacket(), time(of: packet) <= target {
            held = packet
            return
        }
        demuxer = try source.reopen(interrupt: interrupt)
        demuxer.select(track.index)
    }

    private func time(of packet: gav_packet) -> Int64 {
        Libav.believable(packet.pts == Libav.noTime ? packet.dts : packet.pts)
    }

    /// Passes on the sound of the range up to `time`, of the source.
    func pass(until time: MediaTime) throws(MediaFailure) { try pass(until: time.ticks(in: timebase)) }

    /// Passes on what is left of the range.
    func endRange() throws(MediaFailure) {
        try pass(until: end)
        if case .encode(let sound) = way, let decoder {
            decoder.finish()
            try encode(from: decoder, with: sound, fallback: end)
        }
    }

    func finish() throws(MediaFailure) {
        if case .encode(let sound) = way { try sound.finish() }
    }

    private func pass(until limit: Int64) throws(MediaFailure) {
        if case .none = way { return }
        while !isAtEnd, let packet = try nextPacket() {
            let pts = time(of: packet)
            guard pts != Libav.noTime else { continue }
            if pts >= min(limit, end) {
                held = packet
                return
            }
            switch way {
            case .none: return
            case .copy: try copy(packet, at: pts)
            case .encode(let sound):
                guard let decoder, pts >= start - Self.leadIn.ticks(in: timebase) else { continue }
                _ = decoder.send(from: demuxer)  // a damaged packet is a moment of silence
                try encode(from: decoder, with: sound, fallback: pts)
            }
        }
        isAtEnd = held == nil
    }

    private func copy(_ packet: gav_packet, at pts: Int64) throws(MediaFailure) {
        let duration = max(0, min(packet.duration, Libav.farthestTime))
        let ideal = base + pts - start
        if position == nil, pts + duration <= start - Self.leadIn.ticks(in: timebase) { return }
        var offset = carry ?? 0
        if carry == nil {
            // The packet that begins nearest to where the sound so far ends.
            if let position {
                if ideal < position - duration / 2 { return }
                offset = ideal - position <= duration ? position - ideal : 0
            }
            carry = offset
        }
        let place = ideal + offset
        if let position, place < position - duration / 2 { return }  // times that go back are damage
        let fileEnd = base + end - start
        if !isLast, place >= fileEnd - duration / 2 { return }
        if isLast, place + duration > fileEnd { demuxer.setPacketDuration(max(1, fileEnd - place)) }
        position = place + duration
        try file?.copyAudio(demuxer, shift: pts - place)
    }

    private func encode(
        from decoder: Decoder, with sound: SoundEncoder, fallback: Int64
    ) throws(MediaFailure) {
        while true {
            switch decoder.receive() {
            case .frame(let info):
                let (count, rate) = decoder.sound
                guard count > 0, rate > 0 else { continue }
                let pts = Libav.believable(info.pts)
                let clock = Timebase(1, Int32(clamping: rate))
                func samples(from ticks: Int64, to other: Int64) -> Int64 {
                    MediaTime(ticks: other - ticks, timebase: timebase).ticks(in: clock)
                }
                let begin = pts == Libav.noTime ? fallback : pts
                let first = min(max(0, samples(from: begin, to: start)), count)
                let last = max(first, min(count, samples(from: begin, to: end)))
                guard first < last else { continue }
                let time = MediaTime(ticks: base + begin - start, timebase: timebase).ticks(in: .microseconds)
                try sound.write(
                    decoder, samples: first..<last,
                    microseconds: time + MediaTime(ticks: first, timebase: clock).ticks(in: .microseconds))
            case .damaged: continue
            case .hungry, .end: return
            }
        }
    }

    private func nextPacket() throws(MediaFailure) -> gav_packet? {
        if let packet = held {
            held = nil
            return packet
        }
        return try demuxer.readSound(stream: track.index)
    }
}

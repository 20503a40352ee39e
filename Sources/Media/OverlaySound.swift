import CLibAV
import Model

/// The sound of a video on its way into its overlay: packets are copied where players expect their codec in MP4, and
/// made into AAC otherwise.
final class OverlaySound {
    private enum Way {
        case none
        case copy
        case encode(Decoder, SoundEncoder)
    }

    private let demuxer: Demuxer
    private let track: VideoFacts.Stream
    private let timebase: Timebase
    /// The first picture's time in ticks of the sound; it becomes 0.
    private let shift: Int64
    /// A packet that was read and belongs after the pictures so far.
    private var held: gav_packet?
    private var way = Way.none

    /// Codecs that players expect in MP4.
    static let fitting: Set<String> = ["aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"]
    /// What codecs need to start up: sound this much before the first picture is kept.
    private static let leadIn = MediaTime(ticks: 100, timebase: .milliseconds)

    /// `nil` where the video has no sound.
    ///
    /// - Parameter start: the first picture's time; it becomes 0.
    init?(source: VideoSource, start: MediaTime, interrupt: Interrupt) throws(MediaFailure) {
        guard let sound = try SoundTrack(of: source, interrupt: interrupt) else { return nil }
        track = sound.stream
        demuxer = sound.demuxer
        timebase = sound.timebase
        shift = min(max(start.ticks(in: timebase), -Libav.farthestTime), Libav.farthestTime)
        demuxer.select(track.index)
    }

    /// Adds the sound to the encoder's streams. Returns what a user should know: nothing where it is copied.
    func join(_ encoder: VideoEncoder) -> String? {
        if Self.fitting.contains(track.codec), encoder.file.addAudio(demuxer, stream: track.index) {
            way = .copy
            return nil
        }
        do throws(MediaFailure) {
            guard ContainerPolicy.allows(codec: track.codec) else {
                throw MediaFailure(code: .unsupported, message: "codec \(track.codec) is not supported")
            }
            let decoder = try Decoder(demuxer: demuxer, stream: track.index, threads: 1)
            let sound = try SoundEncoder(
                encoder.file, rate: track.sampleRate ?? 48000, channels: track.channels ?? 2)
            way = .encode(decoder, sound)
            return "the sound (\(track.codec)) does not fit into MP4: it is encoded anew as AAC"
        } catch {
            return "the sound (\(track.codec)) does not fit into MP4 and is left out: \(error.message)"
        }
    }

    /// Passes on all sound up to `time`. What sounds more than a moment before the first picture is left out.
    func pass(to encoder: VideoEncoder, until time: MediaTime) throws(MediaFailure) {
        if case .none = way { return }
        let earliest = shift - Self.leadIn.ticks(in: timebase)
        while let packet = try nextPacket() {
            let pts = Libav.believable(packet.pts == Libav.noTime ? packet.dts : packet.pts)
            guard pts != Libav.noTime, pts >= earliest else { continue }
            guard MediaTime(ticks: pts, timebase: timebase) < time else {
                held = packet
                return
            }
            switch way {
            case .none: return
            case .copy: try encoder.file.copyAudio(demuxer, shift: shift)
            case .encode(let decoder, let sound):
                _ = decoder.send(from: demuxer)  // a damaged packet is a moment of silence
                try encode(from: decoder, with: sound, fallback: pts - shift)
            }
        }
    }

    /// Completes the sound.
    func finish() throws(MediaFailure) {
        guard case .encode(let decoder, let sound) = way else { return }
        decoder.finish()
        try encode(from: decoder, with: sound, fallback: 0)
        try sound.finish()
    }

    private func encode(
        from decoder: Decoder, with sound: SoundEncoder, fallback: Int64
    ) throws(MediaFailure) {
        while true {
            switch decoder.receive() {
            case .frame(let info):
                let pts = Libav.believable(info.pts)
                let ticks = pts == Libav.noTime ? fallback : pts - shift
                let time = MediaTime(ticks: ticks, timebase: timebase)
                guard time >= .zero else { continue }
                try sound.write(decoder, microseconds: time.ticks(in: .microseconds))
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

/// AAC in the making, for one stream of a file being written.
@safe final class SoundEncoder {
    private let handle: OpaquePointer
    private let output: MovieFile

    init(_ output: MovieFile, rate: Int, channels: Int) throws(MediaFailure) {
        var status: Int32 = 0
        let message = unsafe Libav.line { text, capacity in status = unsafe gav_load_swresample(text, capacity) }
        guard status == 0 else { throw MediaFailure(code: .unsupported, message: message) }
        var sound: OpaquePointer?
        let error = unsafe gav_sound_open(&sound, output.handle, Int32(clamping: rate), Int32(clamping: channels))
        guard error >= 0, let sound = unsafe sound else {
            throw MediaFailure(libav: error, doing: "no AAC encoder could be started", subject: nil)
        }
        unsafe handle = sound
        self.output = output
    }

    deinit { unsafe gav_sound_close(handle) }

    /// Encodes the sound that the decoder gave last.
    ///
    /// - Parameter samples: the part of it, all by default.
    func write(_ decoder: Decoder, samples: Range<Int64>? = nil, microseconds: Int64) throws(MediaFailure) {
        let samples = samples ?? 0..<decoder.sound.samples
        try output.check(
            unsafe gav_sound_write(
                handle, output.handle, decoder.frame, samples.lowerBound, Int64(samples.count), microseconds))
    }

    func finish() throws(MediaFailure) { try output.check(unsafe gav_sound_finish(handle, output.handle)) }
}

extension MediaTime {
    /// The time in ticks of another time base, rounded to the nearest.
    func ticks(in other: Timebase) -> Int64 {
        let numerator = Int128(ticks) * Int128(timebase.numerator) * Int128(other.denominator)
        let denominator = Int128(timebase.denominator) * Int128(other.numerator)
        let half = denominator / 2
        return Int64(clamping: (numerator + (numerator < 0 ? -half : half)) / denominator)
    }
}

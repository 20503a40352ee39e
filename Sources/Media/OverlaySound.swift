import CLibAV
import Model

/// The sound of a video on its way into its overlay: packets are copied, not decoded.
final class OverlaySound {
    private let demuxer: Demuxer
    private let stream: Int
    private let codec: String
    private let timebase: Timebase
    /// A packet that was read and belongs after the pictures so far.
    private var held: gav_packet?
    private var isJoined = false

    /// Codecs that players expect in MP4.
    private static let fitting: Set<String> = ["aac", "mp3", "ac3", "eac3", "opus", "alac", "flac"]

    /// `nil` where the video has no sound.
    init?(source: VideoSource, interrupt: Interrupt) throws(MediaFailure) {
        let tracks = source.facts.streams.filter { $0.kind == .audio }
        guard let track = tracks.first else { return nil }
        demuxer = try source.reopen(interrupt: interrupt)
        stream = track.index
        codec = track.codec
        let info = demuxer.streams[track.index]
        guard info.time_base_num > 0, info.time_base_den > 0 else { return nil }
        timebase = Timebase(info.time_base_num, info.time_base_den)
        demuxer.select(stream)
    }

    /// Adds the sound to the encoder's streams, or says why it is left out.
    func join(_ encoder: VideoEncoder) -> String? {
        isJoined = Self.fitting.contains(codec) && encoder.addAudio(demuxer, stream: stream)
        return isJoined ? nil : "the sound (\(codec)) does not fit into MP4 and is left out of the overlay"
    }

    /// Passes on all sound up to `time`. What sounds more than a moment before the first picture is left out; the moment
    /// is what codecs need to start up.
    ///
    /// - Parameter start: the first picture's time, in the video's ticks; it becomes 0.
    func copy(to encoder: VideoEncoder, until time: MediaTime, start: Int64) throws(MediaFailure) {
        guard isJoined else { return }
        let shift = MediaTime(ticks: start, timebase: time.timebase).ticks(in: timebase)
        let earliest = shift - MediaTime(ticks: 100, timebase: .milliseconds).ticks(in: timebase)
        while let packet = try nextPacket() {
            let pts = packet.pts == Libav.noTime ? packet.dts : packet.pts
            guard pts != Libav.noTime, pts >= earliest else { continue }
            guard MediaTime(ticks: pts, timebase: timebase) < time else {
                held = packet
                return
            }
            try encoder.copyAudio(demuxer, shift: shift)
        }
    }

    private func nextPacket() throws(MediaFailure) -> gav_packet? {
        if let packet = held {
            held = nil
            return packet
        }
        do throws(MediaFailure) {
            return try demuxer.read(stream: stream)
        } catch {
            // Damaged sound ends early; the pictures matter more.
            try demuxer.interrupt.check(subject: demuxer.file.path)
            return nil
        }
    }
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

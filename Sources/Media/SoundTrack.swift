import CLibAV
import Model

/// A video's first sound track, and a reader of its own for it.
struct SoundTrack {
    let stream: VideoFacts.Stream
    let timebase: Timebase
    let demuxer: Demuxer

    /// `nil` where the video has no sound.
    init?(of source: VideoSource, interrupt: Interrupt) throws(MediaFailure) {
        guard let stream = source.facts.streams.first(where: { $0.kind == .audio }) else { return nil }
        let demuxer = try source.reopen(interrupt: interrupt)
        let streams = demuxer.streams
        guard streams.indices.contains(stream.index), streams[stream.index].time_base_num > 0,
            streams[stream.index].time_base_den > 0
        else { return nil }
        self.stream = stream
        self.demuxer = demuxer
        timebase = Timebase(streams[stream.index].time_base_num, streams[stream.index].time_base_den)
    }
}

extension Demuxer {
    /// The next packet of sound. Damaged sound ends early; the pictures matter more.
    func readSound(stream: Int) throws(MediaFailure) -> gav_packet? {
        do throws(MediaFailure) {
            return try read(stream: stream)
        } catch {
            try interrupt.check(subject: file.path)
            return nil
        }
    }
}

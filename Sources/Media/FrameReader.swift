import CLibAV
import Model

/// Decodes a range of a video's frames, in presentation order.
///
/// Decoding begins at the last entry of the index at or before the range, so a chunk's frames are the same whether or
/// not the chunks before it were read. Frames that cannot be decoded are left out: the indices that come ascend, with
/// gaps. Frames that libav patched up are marked (`VideoFrame.isDamaged`). With one thread the same file always gives
/// the same frames.
package final class FrameReader {
    /// What went wrong on the way, for the user to know.
    package struct Damage: Hashable, Sendable {
        /// Packets the decoder refused.
        package var refusedPackets = 0
        /// Frames of the range, before the one read last, that did not come.
        package var missingFrames = 0
        /// Frames that came with guessed parts.
        package var patchedFrames = 0
        /// Why the file could not be read to its end.
        package var readingStopped: String?
        package var isNone: Bool { self == Damage() }
    }

    package let source: VideoSource
    package let frames: Range<Int>
    package private(set) var damage = Damage()

    private let interrupt: Interrupt
    private var demuxer: Demuxer
    private let decoder: Decoder
    /// The rank that comes next if none is missing.
    private var expected: Int
    /// Frames the decoder gave so far, where ranks are counted.
    private var decoded = 0
    /// The demuxer's current packet was not sent yet.
    private var holdsPacket = false
    private var isAtEnd = false
    private var isDone = false

    /// - Parameters:
    ///   - frames: ranks in presentation order, within the video.
    ///   - threads: decoder threads; 1 decodes on the calling thread.
    package init(
        _ source: VideoSource, frames: Range<Int>, threads: Int = 1, interrupt: Interrupt = Interrupt()
    ) throws(MediaFailure) {
        precondition(frames.lowerBound >= 0 && frames.upperBound <= source.index.ticks.count, "frames of this video")
        self.source = source
        self.frames = frames
        self.interrupt = interrupt
        expected = frames.lowerBound
        demuxer = try source.reopen(interrupt: interrupt)
        let stream = source.facts.videoStream
        demuxer.select(stream)
        if let entry = source.index.entry(before: frames.lowerBound), entry.rank > 0 {
            demuxer = try EntrySeek.demuxer(demuxer, at: entry, of: source, interrupt: interrupt)
            holdsPacket = true
        }
        decoder = try Decoder(demuxer: demuxer, stream: stream, threads: max(1, threads))
    }

    /// The next frame, or `nil` after the last of the range.
    package func next() throws(MediaFailure) -> VideoFrame? {
        guard let (rank, info) = try advance() else { return nil }
        return unsafe VideoFrame(
            taking: decoder.frame, info: info, index: rank, time: source.time(of: rank),
            facts: source.facts)
    }

    /// Decodes the next frame without handing it out: its index, or `nil` after the last of the range.
    package func skip() throws(MediaFailure) -> Int? { try advance()?.0 }

    private func advance() throws(MediaFailure) -> (Int, gav_frame_info)? {
        while !isDone {
            try interrupt.check(subject: source.path)
            switch decoder.receive() {
            case .frame(let info):
                guard let rank = rank(of: info), rank >= expected else { continue }
                guard rank < frames.upperBound else { return finish() }
                damage.missingFrames += rank - expected
                if info.damaged != 0 { damage.patchedFrames += 1 }
                expected = rank + 1
                if expected == frames.upperBound { isDone = true }
                return (rank, info)
            case .damaged: damage.refusedPackets += 1
            case .end: return finish()
            case .hungry: try feed()
            }
        }
        return nil
    }

    private func finish() -> (Int, gav_frame_info)? {
        damage.missingFrames += frames.upperBound - expected
        isDone = true
        return nil
    }

    private func rank(of info: gav_frame_info) -> Int? {
        switch source.index.order {
        case .byTime: return source.index.rank(of: info.pts)
        case .byCount:
            decoded += 1
            return decoded - 1
        }
    }

    private func feed() throws(MediaFailure) {
        // A decoder that was told of the end and still asks for more has no more to give.
        guard !isAtEnd else {
            _ = finish()
            return
        }
        if !holdsPacket {
            do throws(MediaFailure) {
                guard let packet = try demuxer.read(stream: source.facts.videoStream) else {
                    isAtEnd = true
                    return decoder.finish()
                }
                demuxer.setTimeIfMissing(packet, reorders: source.reorders)
            } catch {
                try interrupt.check(subject: source.path)
                damage.readingStopped = error.message
                isAtEnd = true
                return decoder.finish()
            }
        }
        holdsPacket = false
        if !decoder.send(from: demuxer) { damage.refusedPackets += 1 }
    }
}

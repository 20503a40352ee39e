import CLibAV
import Model

/// A first look at a video file: its header and its first frames, not the whole of it.
package struct VideoGlance: Hashable, Sendable {
    /// As the container says, or libav guesses; nil where neither does.
    package let seconds: Double?
    /// libav's short name.
    package let codec: String
    /// As coded.
    package let width: Int
    package let height: Int

    /// Packets that are decoded at most to see a frame.
    private static let trialPackets = 24
    /// Bytes that tell enough of nearly every file; libav reads all that it may of an H.264 video, whatever its header says.
    private static let fewBytes: Int64 = 1 << 19

    /// Throws what ``VideoSource`` would throw for a file that it cannot open at all. A file whose first packets give no
    /// frame passes: only reading it through would tell.
    package init(at path: String, interrupt: Interrupt = Interrupt()) throws(MediaFailure) {
        let file = try MediaFile(path: path)
        do throws(MediaFailure) {
            try self.init(file, interrupt, probeBytes: Self.fewBytes)
        } catch {
            // What it needs may come later.
            try interrupt.check(subject: path)
            try self.init(file, interrupt, probeBytes: Demuxer.probeBytes)
        }
    }

    private init(_ file: MediaFile, _ interrupt: Interrupt, probeBytes: Int64) throws(MediaFailure) {
        let demuxer = try Demuxer(file: file, interrupt: interrupt, probeBytes: probeBytes)
        let streams = demuxer.streams
        let chosen = try VideoSource.chooseVideo(streams, file: file)
        let stream = streams[chosen]
        seconds = demuxer.seconds
        codec = Libav.codecName(stream.codec)
        (width, height) = (Int(stream.width), Int(stream.height))
        // What it finds does not matter; that it ends does.
        _ = try DecodePass(
            demuxer: demuxer, stream: chosen, reorders: stream.reorders != 0, packetLimit: Self.trialPackets,
            frameLimit: 1)
    }
}

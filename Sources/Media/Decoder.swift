import CLibAV
import Model

/// A codec at work on one stream of a demuxer.
@safe final class Decoder {
    enum Step {
        case frame(gav_frame_info)
        /// Send another packet.
        case hungry
        case end
        /// A packet that could not be decoded; the next may.
        case damaged
    }

    private let handle: OpaquePointer
    /// The frame that `receive` filled last.
    let frame: OpaquePointer

    /// - Parameter threads: 1 decodes on the calling thread, which is also what makes damaged streams decode the same
    ///   way every time.
    init(demuxer: Demuxer, stream: Int, threads: Int) throws(MediaFailure) {
        var decoder: OpaquePointer?
        let error = unsafe gav_decoder_open(
            &decoder, demuxer.handle, Int32(stream), Int32(threads), Demuxer.maxPixels)
        guard error >= 0, let decoder = unsafe decoder else {
            throw MediaFailure(libav: error, doing: "cannot open the decoder", subject: demuxer.file.path)
        }
        guard let frame = unsafe gav_frame_new() else {
            unsafe gav_decoder_close(decoder)
            throw MediaFailure(code: .internalError, message: "out of memory", subject: demuxer.file.path)
        }
        unsafe handle = decoder
        unsafe self.frame = frame
    }

    deinit {
        unsafe gav_frame_free(frame)
        unsafe gav_decoder_close(handle)
    }

    /// Sends the demuxer's current packet. `false`: the decoder refused it as damaged.
    func send(from demuxer: Demuxer) -> Bool {
        let error = unsafe gav_decoder_send(handle, demuxer.handle)
        return error >= 0 || error == Libav.end
    }

    /// Tells the decoder that no packet follows.
    func finish() { _ = unsafe gav_decoder_send(handle, nil) }

    /// Length and rate of the sound received last.
    var sound: (samples: Int64, rate: Int) {
        var (samples, rate): (Int64, Int32) = (0, 0)
        unsafe gav_frame_sound(frame, &samples, &rate)
        return (samples, Int(rate))
    }

    func receive() -> Step {
        let error = unsafe gav_decoder_receive(handle, frame)
        switch error {
        case Libav.again: return .hungry
        case Libav.end: return .end
        case 0:
            var info = gav_frame_info()
            unsafe gav_frame_describe(frame, &info)
            return .frame(info)
        default: return .damaged
        }
    }
}

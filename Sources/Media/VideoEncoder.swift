import CLibAV
import Glibc
import Model

/// An MP4 file being written: H.264 pictures with their true times, and sound packets as they come.
@safe final class VideoEncoder {
    /// The encoder that was found: `libx264`, `libopenh264` or `mpeg4`.
    let encoder: String
    let handle: OpaquePointer
    private let path: String

    /// - Parameters:
    ///   - path: a file that may be overwritten; the caller publishes it.
    ///   - canvas: a picture of the size and colours that will come.
    init(
        path: String, canvas: Canvas, source: VideoSource, quality: Int
    ) throws(MediaFailure) {
        let rate = source.facts.frameRate
        let isTurned = source.facts.rotation == 90 || source.facts.rotation == 270
        let aspect = source.pixelAspect
        var settings = gav_output_settings(
            time_base_num: source.timebase.numerator, time_base_den: source.timebase.denominator,
            frame_rate_num: Int32(min(max(rate, 0.01), 1000) * 1000), frame_rate_den: 1000,
            aspect_num: aspect.map { isTurned ? $0.height : $0.width } ?? 1,
            aspect_den: aspect.map { isTurned ? $0.width : $0.height } ?? 1,
            quality: Int32(quality), keyframe_interval: Int32(min(max(rate * 5, 12), 250)))
        var output: OpaquePointer?
        var name: UnsafePointer<CChar>?
        // "file:" keeps colons and percent signs of a path from meaning something.
        let error = unsafe gav_output_open(&output, "file:" + path, &settings, canvas.handle, &name)
        guard error >= 0, let output = unsafe output, let name = unsafe name else {
            throw MediaFailure(
                code: .unsupported, message: "no video encoder could be started: \(Libav.text(of: error))",
                subject: path, hint: "Install FFmpeg's libraries with libx264 (Debian: apt install libavcodec-extra)")
        }
        unsafe handle = output
        unsafe encoder = String(cString: name)
        self.path = path
    }

    deinit { unsafe gav_output_close(handle) }

    /// Adds the sound stream of `demuxer` as it is; `false` where MP4 cannot hold it. Before `begin`.
    func addAudio(_ demuxer: Demuxer, stream: Int) -> Bool {
        unsafe gav_output_add_audio(handle, demuxer.handle, Int32(stream)) >= 0
    }

    func begin() throws(MediaFailure) { try check(unsafe gav_output_begin(handle)) }

    /// Encodes the canvas. Times are in the source's ticks and ascend.
    func write(_ canvas: Canvas, ticks: Int64, duration: Int64) throws(MediaFailure) {
        try check(unsafe gav_output_write(handle, canvas.handle, ticks, duration))
    }

    /// Passes on the demuxer's current packet, `shift` ticks of its stream earlier.
    func copyAudio(_ demuxer: Demuxer, shift: Int64) throws(MediaFailure) {
        try check(unsafe gav_output_copy_audio(handle, demuxer.handle, shift))
    }

    /// Completes the file.
    func finish() throws(MediaFailure) { try check(unsafe gav_output_finish(handle)) }

    func check(_ error: Int32) throws(MediaFailure) {
        guard error < 0 else { return }
        // libav's error numbers of the system are the negative errno.
        let (code, hint): (FailureCode, String?) =
            switch -error {
            case ENOSPC, EDQUOT: (.storageFull, "Free some space and run the same command again")
            case EFBIG: (.storageFull, "Raise the limit (ulimit -f)")
            case EIO: (.storageFull, "Check the disk")
            case EMFILE, ENFILE: (.internalError, "Raise the limit (ulimit -n)")
            default: (.internalError, nil)
            }
        throw MediaFailure(
            code: code, message: "cannot write the video: \(Libav.text(of: error))", subject: path, hint: hint)
    }
}

import CLibAV
import Glibc
import Model

/// An MP4 file being written: one stream of pictures, and sound packets as they come.
@safe final class MovieFile {
    let handle: OpaquePointer
    private let path: String

    /// Takes over a file that the shim prepared.
    init(taking handle: OpaquePointer, path: String) {
        unsafe self.handle = handle
        self.path = path
    }

    /// A file whose pictures are coded elsewhere.
    ///
    /// - Parameters:
    ///   - path: a file that may be overwritten; the caller publishes it.
    ///   - demuxer: what tells rotation, shape and clock of the pictures.
    ///   - codec: `h264`, `hevc` or `mpeg4`.
    ///   - headers: the codec's.
    ///   - like: a picture that tells size and colours; `nil` for those of the stream.
    init(
        path: String, demuxer: Demuxer, stream: Int, codec: String, headers: [UInt8], like: OpaquePointer?
    ) throws(MediaFailure) {
        var output: OpaquePointer?
        // "file:" keeps colons and percent signs of a path from meaning something.
        let error = unsafe gav_output_open_coded(
            &output, "file:" + path, demuxer.handle, Int32(stream), codec, headers, headers.count, like)
        guard error >= 0, let output = unsafe output else {
            throw MediaFailure(libav: error, doing: "cannot prepare the video", subject: path)
        }
        unsafe handle = output
        self.path = path
    }

    deinit { unsafe gav_output_close(handle) }

    /// Adds the sound stream of `demuxer` as it is; `false` where MP4 cannot hold it. Before `begin`.
    func addAudio(_ demuxer: Demuxer, stream: Int) -> Bool {
        unsafe gav_output_add_audio(handle, demuxer.handle, Int32(stream)) >= 0
    }

    func begin() throws(MediaFailure) { try check(unsafe gav_output_begin(handle)) }

    /// Writes a coded picture. Times are in the source's ticks; decode times ascend.
    func write(
        _ bytes: [UInt8], pts: Int64, dts: Int64, duration: Int64, isKey: Bool
    ) throws(MediaFailure) {
        try check(
            unsafe gav_output_write_coded(handle, bytes, bytes.count, pts, dts, duration, isKey ? 1 : 0))
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

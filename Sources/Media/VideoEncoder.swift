import CLibAV
import Model

/// An MP4 file being written: H.264 pictures with their true times, and sound packets as they come.
@safe final class VideoEncoder {
    /// The encoder that was found: `libx264`, `libopenh264` or `mpeg4`.
    let encoder: String
    let file: MovieFile

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
        unsafe file = MovieFile(taking: output, path: path)
        unsafe encoder = String(cString: name)
    }

    func begin() throws(MediaFailure) { try file.begin() }

    /// Encodes the canvas. Times are in the source's ticks and ascend.
    func write(_ canvas: Canvas, ticks: Int64, duration: Int64) throws(MediaFailure) {
        try file.check(unsafe gav_output_write(file.handle, canvas.handle, ticks, duration))
    }

    /// Completes the file.
    func finish() throws(MediaFailure) { try file.finish() }
}

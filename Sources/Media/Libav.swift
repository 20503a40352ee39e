import CLibAV
import Model

/// The libav libraries, loaded at first use.
package enum Libav {
    /// The shim's "no time stamp".
    static let noTime = Int64.min
    /// Time stamps beyond this, 36 years in nanoseconds, are damage; those within can be added and subtracted freely.
    static let farthestTime = Int64(1) << 60
    /// The shim's results that are no faults.
    static let again = Int32(GAV_AGAIN)
    static let end = Int32(GAV_END)
    static let cancelled = Int32(GAV_CANCELLED)
    static let deadline = Int32(GAV_DEADLINE)

    /// Loads the libraries, or says which one is missing or of a foreign version.
    package static func load() throws(MediaFailure) {
        var status: Int32 = 0
        let message = unsafe line { text, capacity in status = unsafe gav_load(text, capacity) }
        guard status == 0 else {
            throw MediaFailure(
                code: .unsupported, message: message,
                hint: "Install FFmpeg's libraries (Debian: apt install libavformat59 libavcodec59 libswscale6)")
        }
    }

    /// Names and versions of the loaded libraries.
    package static func versions() throws(MediaFailure) -> String {
        try load()
        return unsafe String(cString: gav_versions())
    }

    /// The time stamp, or `noTime` where it cannot be meant.
    static func believable(_ time: Int64) -> Int64 { abs(max(time, -.max)) <= farthestTime ? time : noTime }

    /// libav's short name of a codec: `h264`, `hevc`, `aac`, …
    static func codecName(_ codec: Int32) -> String {
        guard let name = unsafe gav_codec_name(codec) else { return "unknown" }
        return unsafe String(cString: name)
    }

    static func pixelFormatName(_ format: Int32) -> String {
        guard let name = unsafe gav_pixel_format_name(format) else { return "unknown" }
        return unsafe String(cString: name)
    }

    /// Keeps memory that is given back, up to 32 MB, for whoever asks next, instead of returning it to the kernel.
    package static func keepMemory() { gav_keep_memory(32 << 20) }

    /// Drops what libav logged on this thread so far, so that it does not explain a later failure.
    static func forgetLog() { _ = unsafe line { text, capacity in unsafe gav_last_log(text, capacity) } }

    /// libav's words for an error number, with what it logged last where that says more.
    static func text(of error: Int32) -> String {
        let words = unsafe line { text, capacity in unsafe gav_error_text(error, text, capacity) }
        let logged = unsafe line { text, capacity in unsafe gav_last_log(text, capacity) }
        return logged.isEmpty ? "\(words) (\(error))" : "\(words) (\(error); \(logged))"
    }

    /// The text a C function writes into a buffer: one line, printable characters only.
    static func line(_ fill: (UnsafeMutablePointer<CChar>, Int) -> Void) -> String {
        let bytes = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer -> [UInt8] in
            unsafe buffer.initialize(repeating: 0)
            guard let base = buffer.baseAddress else { return [] }
            unsafe fill(base, buffer.count)
            return unsafe buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        }
        return String(decoding: bytes.map { $0 < 32 || $0 == 127 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}

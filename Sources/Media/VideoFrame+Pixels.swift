import CLibAV
import Model

extension VideoFrame {
    /// A picture that comes from elsewhere than a video; its pixels are copied.
    ///
    /// - Parameters:
    ///   - rgb8: rows of red, green and blue bytes; the last row may end with its last pixel.
    ///   - stride: bytes from one row to the next, at least `3 * width`.
    package convenience init(rgb8: Span<UInt8>, width: Int, height: Int, stride: Int) throws(MediaFailure) {
        precondition(
            width > 0 && height > 0 && stride >= 3 * width && rgb8.count >= stride * (height - 1) + 3 * width,
            "rows for the whole picture")
        try Libav.load()
        var made: OpaquePointer?
        // The precondition keeps every row within the span.
        let error = unsafe rgb8.withUnsafeBufferPointer { bytes in
            unsafe gav_frame_of_rgb(&made, bytes.baseAddress, stride, Int32(width), Int32(height))
        }
        guard error >= 0, let made = unsafe made else {
            throw MediaFailure(libav: error, doing: "cannot take a picture of \(width)x\(height)", subject: nil)
        }
        unsafe self.init(owning: made, width: width, height: height)
    }
}

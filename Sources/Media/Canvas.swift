import CLibAV
import Glibc
import Model

/// An upright 8-bit 4:2:0 picture to draw on and to encode, in the video's own colours. Its size is the video's, rounded
/// up to even numbers (H.264 in 4:2:0 knows no others); the added column or row repeats its neighbour.
@safe final class Canvas {
    /// The video's size, in pixels.
    let width: Int
    let height: Int
    let handle: OpaquePointer
    private let scaler = Scaler()
    /// Luma weights of red and blue (ITU-R BT.601, BT.709, BT.2020).
    private let (redWeight, blueWeight): (Double, Double)
    private let isFullRange: Bool

    /// A canvas for pictures like `frame`.
    convenience init(like frame: VideoFrame) throws(MediaFailure) {
        try self.init(like: frame, width: frame.width, height: frame.height)
    }

    /// A canvas of another size, into which frames are scaled as they are painted.
    init(like frame: VideoFrame, width: Int, height: Int) throws(MediaFailure) {
        self.width = width
        self.height = height
        var canvas: OpaquePointer?
        let error = unsafe gav_canvas_new(&canvas, frame.handle, Int32(width), Int32(height))
        guard error >= 0, let canvas = unsafe canvas else {
            throw MediaFailure(libav: error, doing: "cannot make a picture to draw on", subject: nil)
        }
        unsafe handle = canvas
        var (matrix, full): (Int32, Int32) = (0, 0)
        unsafe gav_canvas_colour(canvas, &matrix, &full)
        isFullRange = full != 0
        (redWeight, blueWeight) =
            switch matrix {
            case 709: (0.2126, 0.0722)
            case 2020: (0.2627, 0.0593)
            default: (0.299, 0.114)
            }
    }

    deinit { unsafe gav_frame_free(handle) }

    /// Replaces the content by the frame, upright.
    func paint(_ frame: VideoFrame) throws(MediaFailure) {
        let error = unsafe gav_canvas_paint(
            scaler.handle, handle, frame.handle, Int32(frame.rotation), Int32(width), Int32(height))
        guard error >= 0 else {
            throw MediaFailure(libav: error, doing: "cannot draw frame \(frame.index)", subject: nil)
        }
    }

    /// Lays `colour` over the picture where the mask covers it.
    func blend(_ mask: gav_mask, _ colour: IdentityColour, opacity: Double) {
        let yuv = samples(of: colour)
        unsafe gav_canvas_blend(handle, mask, yuv, UInt8((min(max(opacity, 0), 1) * 255).rounded()))
    }

    /// The luma samples of one row of the picture.
    func lumaRow(_ y: Int) -> [UInt8] {
        precondition(y >= 0 && y < height, "a row of the picture")
        return unsafe [UInt8](UnsafeBufferPointer(start: gav_canvas_luma_row(handle, Int32(y)), count: width))
    }

    /// The picture as a JPEG file.
    ///
    /// - Parameter quality: 2 (best) to 31.
    func jpeg(quality: Int) throws(MediaFailure) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let error = unsafe gav_canvas_jpeg(handle, Int32(width), Int32(height), Int32(quality), &bytes, &count)
        guard error >= 0, let bytes = unsafe bytes else {
            throw MediaFailure(libav: error, doing: "cannot encode the poster", subject: nil)
        }
        defer { unsafe free(bytes) }
        return unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    }

    private func samples(of colour: IdentityColour) -> [UInt8] {
        let luma =
            redWeight * colour.red + (1 - redWeight - blueWeight) * colour.green + blueWeight * colour.blue
        let blueness = (colour.blue - luma) / (2 * (1 - blueWeight))
        let redness = (colour.red - luma) / (2 * (1 - redWeight))
        let (base, range, chroma) = isFullRange ? (0.0, 255.0, 255.0) : (16.0, 219.0, 224.0)
        return [base + range * luma, 128 + chroma * blueness, 128 + chroma * redness].map {
            UInt8(min(max($0.rounded(), 0), 255))
        }
    }
}

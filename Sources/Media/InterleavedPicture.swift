import CLibAV
import Model

/// Makes pictures of frames for programs that take rows of red, green and blue bytes; one owner at a time.
package final class InterleavedPictureMaker {
    private let scaler = Scaler()
    private var image: PlanarImage?

    package init() {}

    /// The frame upright, in its own size: `3 * width * height` bytes without padding.
    package func bytes(of frame: VideoFrame) throws(MediaFailure) -> [UInt8] {
        let image: PlanarImage
        if let kept = self.image, kept.width == frame.width, kept.height == frame.height {
            image = kept
        } else {
            image = PlanarImage(width: frame.width, height: frame.height)
            self.image = image
        }
        try frame.scale(into: image, using: scaler)
        let count = image.width * image.height
        // The image's three planes of `count` bytes, and as many bytes to write to.
        return unsafe [UInt8](unsafeUninitializedCapacity: 3 * count) { to, initialized in
            initialized = 3 * count
            guard let from = unsafe image.bytes.baseAddress, let to = to.baseAddress else { return }
            unsafe gav_interleave(from, from + count, from + 2 * count, count, to)
        }
    }
}

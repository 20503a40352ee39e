/// An 8-bit RGB picture with its three planes one after another (R, G, B; `height` rows of `width` bytes, no padding):
/// the hand-over between Media, which scales frames into it, and Inference, which normalises it into a tensor.
///
/// A reference type that owns its memory, so that one buffer serves a whole video. It is not synchronised: one owner
/// writes or reads it at a time.
@safe package final class PlanarImage {
    package let width: Int
    package let height: Int
    /// `3 * width * height` bytes: plane R, then G, then B.
    package let bytes: UnsafeMutableBufferPointer<UInt8>

    /// A picture filled with `fill` (114 is the letterbox grey that YOLO models are trained with).
    package init(width: Int, height: Int, fill: UInt8 = 0) {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        self.width = width
        self.height = height
        unsafe bytes = .allocate(capacity: 3 * width * height)
        unsafe bytes.initialize(repeating: fill)
    }

    deinit { unsafe bytes.deallocate() }
}

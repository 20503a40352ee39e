/// Where a picture lies in the frame memory, and its shape.
package struct FrameDescription: Sendable, Hashable {
    /// First byte.
    package var offset: Int
    /// Pixels.
    package var width: Int
    package var height: Int
    /// Bytes from one row to the next.
    package var stride: Int

    package init(offset: Int = 0, width: Int, height: Int, stride: Int? = nil) {
        self.offset = offset
        self.width = width
        self.height = height
        self.stride = stride ?? width * 3
    }

    /// The most pixels along a side: beyond it no product overflows.
    package static let longestSide = 1 << 16

    /// Bytes from the first row's start to the last row's end; nil for a shape that cannot be.
    package var byteCount: Int? {
        guard (1...Self.longestSide).contains(width), (1...Self.longestSide).contains(height), offset >= 0,
            stride >= width * 3, stride <= 1 << 24
        else { return nil }
        return stride * (height - 1) + width * 3
    }

    package var wireValue: WireValue {
        [
            "offset": .integer(Int64(offset)), "width": .integer(Int64(width)), "height": .integer(Int64(height)),
            "stride": .integer(Int64(stride)), "format": "rgb8",
        ]
    }
}

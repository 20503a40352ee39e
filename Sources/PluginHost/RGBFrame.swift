/// A decoded picture: rows of red, green, blue bytes without padding.
package struct RGBFrame: Sendable, Hashable {
    package let width: Int
    package let height: Int
    /// `3 * width * height` bytes.
    package let bytes: [UInt8]

    /// Nil where the bytes are not as many as the sides ask for.
    package init?(width: Int, height: Int, bytes: [UInt8]) {
        guard width > 0, height > 0, width <= 1 << 16, height <= 1 << 16, bytes.count == 3 * width * height else {
            return nil
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}

import CLibAV
import Model

/// A frame as the search for cuts sees it: 64 x 36 pixels of hue, saturation and value.
package struct ScenePicture: Hashable, Sendable {
    package static let width = 64
    package static let height = 36
    static let count = width * height
    /// Bytes of ``planes``.
    package static let byteCount = 3 * count

    /// Hue (0...179, two degrees each), then saturation, then value.
    package let planes: [UInt8]

    /// - Precondition: `planes` are ``byteCount`` bytes.
    package init(planes: [UInt8]) {
        precondition(planes.count == Self.byteCount, "three planes")
        self.planes = planes
    }

    /// Mean absolute differences, 0...255; of hue 0...90, the short way round.
    package struct Difference: Hashable, Sendable {
        package var hue: Float
        package var saturation: Float
        package var value: Float

        package init(hue: Float, saturation: Float, value: Float) {
            self.hue = hue
            self.saturation = saturation
            self.value = value
        }
    }

    package func difference(from other: ScenePicture) -> Difference {
        // Both hold three planes of `count` bytes.
        unsafe planes.withUnsafeBufferPointer { own in
            unsafe other.planes.withUnsafeBufferPointer { other in
                guard let own = own.baseAddress, let other = other.baseAddress else {
                    return Difference(hue: 0, saturation: 0, value: 0)
                }
                func mean(_ sum: UInt64) -> Float { Float(Double(sum) / Double(Self.count)) }
                return unsafe Difference(
                    hue: mean(gav_hue_difference(own, other, Self.count)),
                    saturation: mean(gav_difference(own + Self.count, other + Self.count, Self.count)),
                    value: mean(gav_difference(own + 2 * Self.count, other + 2 * Self.count, Self.count)))
            }
        }
    }

    package var thumbnail: SceneThumbnail {
        // 64 x 36 shrunk by four is 16 x 9, twice.
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: SceneThumbnail.byteCount) { to, initialized in
            initialized = SceneThumbnail.byteCount
            unsafe planes.withUnsafeBufferPointer { from in
                guard let from = from.baseAddress, let to = to.baseAddress else { return }
                unsafe gav_shrink(from + Self.count, Int32(Self.width), Int32(Self.height), 4, to)
                unsafe gav_shrink(
                    from + 2 * Self.count, Int32(Self.width), Int32(Self.height), 4, to + SceneThumbnail.count)
            }
        }
        return SceneThumbnail(bytes: bytes)
    }
}

/// Makes pictures of frames; one owner at a time.
package final class ScenePictureMaker {
    private let scaler = Scaler()
    private let image = PlanarImage(width: ScenePicture.width, height: ScenePicture.height)

    package init() {}

    package func picture(of frame: VideoFrame) throws(MediaFailure) -> ScenePicture {
        try frame.scale(into: image, using: scaler)
        let count = ScenePicture.count
        // The image's three planes, and as many bytes to write to.
        let planes = unsafe [UInt8](unsafeUninitializedCapacity: ScenePicture.byteCount) { to, initialized in
            initialized = ScenePicture.byteCount
            guard let from = unsafe image.bytes.baseAddress, let to = to.baseAddress else { return }
            unsafe gav_hsv(from, from + count, from + 2 * count, count, to, to + count, to + 2 * count)
        }
        return ScenePicture(planes: planes)
    }
}

/// Smaller still, to be kept for every frame: 16 x 9 pixels of saturation and value.
package struct SceneThumbnail: Hashable, Sendable {
    static let count = 16 * 9
    package static let byteCount = 2 * count

    package let bytes: [UInt8]

    /// - Precondition: `bytes` are ``byteCount``.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "two planes")
        self.bytes = bytes
    }

    /// 0...255.
    package var meanSaturation: Float { mean(0) }
    package var meanValue: Float { mean(Self.count) }
    package var highestValue: UInt8 { bytes[Self.count...].max() ?? 0 }

    private func mean(_ offset: Int) -> Float {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return unsafe Float(Double(gav_sum(base + offset, Self.count)) / Double(Self.count))
        }
    }

    /// Mean absolute differences of saturation and value.
    package func difference(from other: SceneThumbnail) -> (saturation: Float, value: Float) {
        residual(between: other, and: other, share: 0, ignoresLevel: false)
    }

    /// How far this picture is from `first` dissolved into `second` by `share`, 0...1.
    ///
    /// - Parameter ignoresLevel: a change of brightness that is the same everywhere does not count.
    package func residual(
        between first: SceneThumbnail, and second: SceneThumbnail, share: Double, ignoresLevel: Bool
    ) -> (saturation: Float, value: Float) {
        // All three hold two planes of `count` bytes.
        unsafe bytes.withUnsafeBufferPointer { own in
            unsafe first.bytes.withUnsafeBufferPointer { first in
                unsafe second.bytes.withUnsafeBufferPointer { second in
                    guard let own = own.baseAddress, let first = first.baseAddress, let second = second.baseAddress
                    else { return (0, 0) }
                    func mean(_ offset: Int, _ ignoresLevel: Bool) -> Float {
                        let sum = unsafe gav_blend_residual(
                            first + offset, second + offset, own + offset, Int32((share * 256).rounded()), Self.count,
                            ignoresLevel ? 1 : 0)
                        return Float(Double(sum) / Double(256 * Self.count))
                    }
                    return (mean(0, false), mean(Self.count, ignoresLevel))
                }
            }
        }
    }
}

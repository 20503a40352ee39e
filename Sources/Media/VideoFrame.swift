import CLibAV
import Model

/// One decoded picture. It stays valid as long as it is kept, and may be used by any thread.
///
/// `@unchecked Sendable`: the picture behind `handle` is never written after `init`, its buffers are counted atomically
/// by libav, and whatever changes while it is converted belongs to the caller's `Scaler`.
@safe package final class VideoFrame: @unchecked Sendable {
    /// Rank in presentation order, from 0.
    package let index: Int
    package let time: MediaTime
    /// Size of the upright picture, in pixels: that of the video's facts. A picture of another size in mid-stream is
    /// scaled to it.
    package let width: Int
    package let height: Int
    /// Parts of the picture were guessed because its data is damaged.
    package let isDamaged: Bool
    /// Clockwise degrees from the coded picture to the upright one.
    let rotation: Int
    let codedWidth: Int
    let codedHeight: Int
    let handle: OpaquePointer

    init(
        taking decoded: OpaquePointer, info: gav_frame_info, index: Int, time: MediaTime, facts: VideoFacts
    ) {
        guard let own = unsafe gav_frame_new() else { preconditionFailure("out of memory") }
        unsafe gav_frame_move(own, decoded)
        unsafe handle = own
        self.index = index
        self.time = time
        width = facts.width
        height = facts.height
        rotation = facts.rotation
        isDamaged = info.damaged != 0
        codedWidth = Int(info.width)
        codedHeight = Int(info.height)
    }

    /// A single picture of its own, upright; takes over `handle`.
    init(owning handle: OpaquePointer, width: Int, height: Int) {
        unsafe self.handle = handle
        index = 0
        time = .zero
        (self.width, self.height) = (width, height)
        (codedWidth, codedHeight) = (width, height)
        rotation = 0
        isDamaged = false
    }

    deinit { unsafe gav_frame_free(handle) }

    /// Scales a part of the upright picture into a part of `image` as RGB, turned upright, with the stream's own colour
    /// matrix and range.
    ///
    /// - Parameters:
    ///   - region: upright pixels; clipped to the picture and brought to whole pixels, and to whole chroma samples at
    ///     its left and top edge (even numbers in 4:2:0).
    ///   - x: left edge of the target within `image`; likewise `y`, `width`, `height`.
    ///   - scaler: the calling thread's own.
    /// - Returns: the part of the upright picture that was read.
    @discardableResult
    package func scale(
        _ region: Box, into image: PlanarImage, x: Int, y: Int, width: Int, height: Int, using scaler: Scaler
    ) throws(MediaFailure) -> Box {
        precondition(
            x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= image.width && y + height <= image.height,
            "the target lies within the image")
        let source = codedRegion(region)
        let plane = image.width * image.height
        let origin = y * image.width + x
        // The precondition above keeps every row within the image's three planes.
        let error = unsafe image.bytes.baseAddress.map { base in
            unsafe gav_scaler_rgb(
                scaler.handle, handle, source, Int32(rotation), base + origin, base + plane + origin,
                base + 2 * plane + origin, image.width, Int32(width), Int32(height))
        }
        guard let error, error >= 0 else {
            throw MediaFailure(libav: error ?? -1, doing: "cannot convert frame \(index)", subject: nil)
        }
        return uprightRegion(source)
    }

    /// Scales the whole picture to the whole of `image`.
    package func scale(into image: PlanarImage, using scaler: Scaler) throws(MediaFailure) {
        try scale(
            Box(x: 0, y: 0, width: Double(width), height: Double(height)), into: image, x: 0, y: 0,
            width: image.width, height: image.height, using: scaler)
    }

    /// Ratio of coded pixels to upright pixels of the facts, along the coded axes: 1 unless the size changed.
    private var codedScale: (x: Double, y: Double) {
        let isTurned = rotation == 90 || rotation == 270
        return (
            Double(codedWidth) / Double(isTurned ? height : width),
            Double(codedHeight) / Double(isTurned ? width : height)
        )
    }

    private func codedRegion(_ region: Box) -> gav_rect {
        let (w, h) = (Double(width), Double(height))
        let coded: Box =
            switch rotation {
            case 90: Box(x: region.y, y: w - region.maxX, width: region.height, height: region.width)
            case 180: Box(x: w - region.maxX, y: h - region.maxY, width: region.width, height: region.height)
            case 270: Box(x: h - region.maxY, y: region.x, width: region.height, height: region.width)
            default: region
            }
        var (stepX, stepY): (Int32, Int32) = (1, 1)
        unsafe gav_frame_chroma_step(handle, &stepX, &stepY)
        let scale = codedScale
        let (x, wide) = Self.span(coded.x * scale.x, coded.maxX * scale.x, limit: codedWidth, step: Int(stepX))
        let (y, high) = Self.span(coded.y * scale.y, coded.maxY * scale.y, limit: codedHeight, step: Int(stepY))
        return gav_rect(x: Int32(x), y: Int32(y), width: Int32(wide), height: Int32(high))
    }

    /// Whole pixels within `limit`: start (a multiple of `step`) and length (at least 1).
    private static func span(_ from: Double, _ to: Double, limit: Int, step: Int) -> (start: Int, length: Int) {
        let low = min(max(from.isFinite ? from : 0, 0), Double(limit - 1))
        let high = min(max(to.isFinite ? to : 0, low), Double(limit))
        let start = min(Int((low / Double(step)).rounded()) * step, (limit - 1) / step * step)
        return (start, max(1, Int(high.rounded()) - start))
    }

    private func uprightRegion(_ rect: gav_rect) -> Box {
        let scale = codedScale
        let coded = Box(
            x: Double(rect.x) / scale.x, y: Double(rect.y) / scale.y, width: Double(rect.width) / scale.x,
            height: Double(rect.height) / scale.y)
        let (w, h) = (Double(width), Double(height))
        return switch rotation {
        case 90: Box(x: w - coded.maxY, y: coded.x, width: coded.height, height: coded.width)
        case 180: Box(x: w - coded.maxX, y: h - coded.maxY, width: coded.width, height: coded.height)
        case 270: Box(x: coded.y, y: h - coded.maxX, width: coded.height, height: coded.width)
        default: coded
        }
    }
}

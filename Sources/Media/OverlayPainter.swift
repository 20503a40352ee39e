import CLibAV
import Model

/// Draws marks on canvases of one size: trails lowest, then boxes, then labels.
///
/// Sizes follow the picture's shorter side, so that labels read alike on a small clip, in 4K and on a panorama.
@safe final class OverlayPainter {
    private let width: Int
    private let height: Int
    private let thickness: Double
    private let font: OverlayFont
    private let layout: LabelLayout
    /// The dark rim that keeps lines visible on any ground.
    private let rim: Double
    /// Scratch memory of masks, grown as needed.
    private var scratch: UnsafeMutableBufferPointer<UInt8>

    /// - Parameters:
    ///   - width: size of the pictures, in pixels.
    init(width: Int, height: Int) throws(MediaFailure) {
        self.width = width
        self.height = height
        let side = Double(min(width, height))
        thickness = max(1.8, side * 0.0036)
        rim = max(0.8, thickness * 0.35)
        let pixels = max(11, (side * 0.0225).rounded())
        font = try OverlayFont(pixels: Int(pixels))
        layout = LabelLayout(
            width: Double(width), height: Double(height), tagHeight: (pixels * 1.32).rounded(),
            padding: (pixels * 0.32).rounded())
        unsafe scratch = .allocate(capacity: 1 << 16)
    }

    deinit { unsafe scratch.deallocate() }

    func paint(_ scene: OverlayScene, on canvas: Canvas) {
        let marks = scene.marks.filter { $0.box.isFinite }
        for mark in marks { paintTrail(mark, on: canvas) }
        for mark in marks where mark.isInterpolated { paintBox(mark, on: canvas) }
        for mark in marks where !mark.isInterpolated { paintBox(mark, on: canvas) }
        let caption = scene.caption.map { layout.caption($0, textWidth: font.width) }
        for label in layout.place(marks, without: caption, textWidth: font.width) {
            let mark = marks[label.mark]
            let colour = IdentityColour(id: mark.id)
            paintTag(
                label.text, in: label.frame, colour, textColour: colour.textColour,
                opacity: mark.isInterpolated ? 0.7 : 0.92, on: canvas)
        }
        if let text = scene.caption, let caption {
            paintTag(text, in: caption, .ink, textColour: .white, opacity: 0.75, on: canvas)
        }
    }

    // MARK: - Trail

    private func paintTrail(_ mark: OverlayMark, on canvas: Canvas) {
        let points = mark.trail.filter { $0.x.isFinite && $0.y.isFinite }
        guard points.count > 1, let minX = points.map(\.x).min(), let maxX = points.map(\.x).max(),
            let minY = points.map(\.y).min(), let maxY = points.map(\.y).max()
        else { return }
        let reach = thickness + 2
        let area = Box(
            x: minX - reach, y: minY - reach, width: maxX - minX + 2 * reach, height: maxY - minY + 2 * reach)
        unsafe withMask(area) { mask in
            unsafe gav_mask_clear(mask)
            let last = Double(points.count - 1)
            for index in 1..<points.count {
                let (from, to) = (points[index - 1], points[index])
                let (early, late) = (Double(index - 1) / last, Double(index) / last)
                unsafe gav_mask_line(
                    mask, Float(from.x), Float(from.y), Float(to.x), Float(to.y),
                    Float(thickness * (0.25 + 0.35 * early)), Float(thickness * (0.25 + 0.35 * late)),
                    Float(early * early), Float(late * late))
            }
            unsafe canvas.blend(mask, IdentityColour(id: mark.id), opacity: 0.85)
        }
    }

    // MARK: - Box

    private func paintBox(_ mark: OverlayMark, on canvas: Canvas) {
        guard mark.box.width > 0, mark.box.height > 0 else { return }
        let thickness = mark.isStrong ? 2 * self.thickness : self.thickness
        let shape = shape(of: mark.box, radius: min(3 * thickness, min(mark.box.width, mark.box.height) / 4))
        let dash = mark.isInterpolated ? Float(max(6, thickness * 3.2)) : 0
        let colour = IdentityColour(id: mark.id)
        for band in bands(around: mark.box, radius: Double(shape.radius), thickness: thickness) {
            unsafe withMask(band) { mask in
                unsafe gav_mask_stroke(mask, shape, Float(thickness + 2 * rim), dash)
                unsafe canvas.blend(mask, .ink, opacity: mark.isInterpolated ? 0.35 : 0.5)
                unsafe gav_mask_stroke(mask, shape, Float(thickness), dash)
                unsafe canvas.blend(mask, colour, opacity: mark.isInterpolated ? 0.8 : 1)
            }
        }
    }

    /// The four strips that hold a box's outline, without overlap; the whole box where it is small.
    private func bands(around box: Box, radius: Double, thickness: Double) -> [Box] {
        let reach = thickness / 2 + rim + 1
        let depth = max(radius, reach) + 1
        func even(_ value: Double) -> Double { (value / 2).rounded(.down) * 2 }
        let (left, top) = (even(box.x - reach), even(box.y - reach))
        let (right, bottom) = (even(box.maxX + reach) + 2, even(box.maxY + reach) + 2)
        let (innerLeft, innerTop) = (even(box.x + depth) + 2, even(box.y + depth) + 2)
        let (innerRight, innerBottom) = (even(box.maxX - depth), even(box.maxY - depth))
        guard innerRight > innerLeft, innerBottom > innerTop else {
            return [Box(x: left, y: top, width: right - left, height: bottom - top)]
        }
        return [
            Box(x: left, y: top, width: right - left, height: innerTop - top),
            Box(x: left, y: innerBottom, width: right - left, height: bottom - innerBottom),
            Box(x: left, y: innerTop, width: innerLeft - left, height: innerBottom - innerTop),
            Box(x: innerRight, y: innerTop, width: right - innerRight, height: innerBottom - innerTop),
        ]
    }

    // MARK: - Label

    private func paintTag(
        _ text: String, in frame: Box, _ colour: IdentityColour, textColour: IdentityColour, opacity: Double,
        on canvas: Canvas
    ) {
        unsafe withMask(frame) { mask in
            unsafe gav_mask_fill(mask, shape(of: frame, radius: layout.tagHeight * 0.18))
            unsafe canvas.blend(mask, colour, opacity: opacity)
            unsafe gav_mask_clear(mask)
            let baseline = frame.y + (layout.tagHeight + font.capHeight) / 2
            unsafe font.draw(text, into: mask, x: frame.x + layout.padding, baseline: baseline)
            unsafe canvas.blend(mask, textColour, opacity: 1)
        }
    }

    // MARK: - Masks

    private func shape(of box: Box, radius: Double) -> gav_shape {
        gav_shape(
            x: Float(box.x), y: Float(box.y), width: Float(box.width), height: Float(box.height),
            radius: Float(radius))
    }

    /// A mask over the part of `area` that lies in the picture, its edges on even pixels; not called where there is none.
    private func withMask(_ area: Box, _ body: (gav_mask) -> Void) {
        let (evenWidth, evenHeight) = ((width + 1) / 2 * 2, (height + 1) / 2 * 2)
        guard area.x < Double(evenWidth), area.y < Double(evenHeight), area.maxX > 0, area.maxY > 0 else { return }
        let left = Int(max(0, area.x)) / 2 * 2
        let top = Int(max(0, area.y)) / 2 * 2
        let right = (Int(min(Double(evenWidth), area.maxX).rounded(.up)) + 1) / 2 * 2
        let bottom = (Int(min(Double(evenHeight), area.maxY).rounded(.up)) + 1) / 2 * 2
        guard right > left, bottom > top else { return }
        let count = (right - left) * (bottom - top)
        if unsafe count > scratch.count {
            unsafe scratch.deallocate()
            unsafe scratch = .allocate(capacity: count)
        }
        // The mask's memory is ours and large enough; it does not outlive the call.
        unsafe body(
            gav_mask(
                coverage: scratch.baseAddress, x: Int32(left), y: Int32(top), width: Int32(right - left),
                height: Int32(bottom - top)))
    }
}

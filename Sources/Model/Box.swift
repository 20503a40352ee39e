/// An axis-aligned rectangle in pixels of the upright (rotation applied) picture: top-left corner and size.
///
/// Coordinates are continuous: a box around the whole of a 1280x720 picture is (0, 0, 1280, 720). Boxes may reach
/// beyond the picture.
package struct Box: Hashable, Sendable, Codable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    @inlinable
    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    @inlinable package var maxX: Double { x + width }
    @inlinable package var maxY: Double { y + height }
    @inlinable package var centerX: Double { x + width / 2 }
    @inlinable package var centerY: Double { y + height / 2 }
    @inlinable package var area: Double { max(0, width) * max(0, height) }
    @inlinable package var isFinite: Bool { x.isFinite && y.isFinite && width.isFinite && height.isFinite }

    /// The area shared with `other`, in square pixels.
    @inlinable
    package func intersectionArea(_ other: Box) -> Double {
        let w = min(maxX, other.maxX) - max(x, other.x)
        let h = min(maxY, other.maxY) - max(y, other.y)
        return w > 0 && h > 0 ? w * h : 0
    }

    /// Intersection over union (Jaccard index), 0…1; 0 where both are empty.
    @inlinable
    package func iou(_ other: Box) -> Double {
        let shared = intersectionArea(other)
        let union = area + other.area - shared
        return union > 0 ? shared / union : 0
    }
}

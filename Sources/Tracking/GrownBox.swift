/// Where a track is expected in the picture, grown on every side, ready to be compared with detections.
struct GrownBox {
    private let x: Double
    private let y: Double
    private let height: Double
    private let growth: Double
    private let halfWidth: Double
    private let halfHeight: Double

    /// - Parameter buffer: growth on every side as a fraction of a box's size; detections are grown alike.
    init(_ filter: MotionFilter, camera: CameraMotion, buffer: Double) {
        x = filter.x + camera.offsetX
        y = filter.y + camera.offsetY
        height = filter.height
        growth = 0.5 + buffer
        halfWidth = filter.width * growth
        halfHeight = filter.height * growth
    }

    var minX: Double { x - halfWidth }
    var maxX: Double { x + halfWidth }

    /// Overlap of the grown boxes (buffered IoU: C-BIoU, 2023) times overlap of the heights alone as they are
    /// (Hybrid-SORT, 2024), 0…1. Feet and heads line up more truly than sides do: arms and strides change widths.
    @inline(__always)
    func similarity(x otherX: Double, y otherY: Double, width otherWidth: Double, height otherHeight: Double) -> Double
    {
        let otherHalfWidth = otherWidth * growth
        let otherHalfHeight = otherHeight * growth
        let dx = abs(otherX - x)
        let dy = abs(otherY - y)
        let sharedWidth = min(halfWidth + otherHalfWidth - dx, 2 * min(halfWidth, otherHalfWidth))
        let sharedHeight = min(halfHeight + otherHalfHeight - dy, 2 * min(halfHeight, otherHalfHeight))
        let plainHeight = min((height + otherHeight) / 2 - dy, min(height, otherHeight))
        guard sharedWidth > 0, sharedHeight > 0, plainHeight > 0 else { return 0 }
        let shared = sharedWidth * sharedHeight
        let union = 4 * (halfWidth * halfHeight + otherHalfWidth * otherHalfHeight) - shared
        return shared / union * plainHeight / (height + otherHeight - plainHeight)
    }
}

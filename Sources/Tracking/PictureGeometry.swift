/// The picture that detections are measured in.
package struct PictureGeometry: Hashable, Sendable, Codable {
    /// Upright size in pixels.
    package var width: Int
    package var height: Int
    /// Mean frames per second of the video, analysed or not. The frames' own times rule; this stands in where two
    /// frames carry the same time.
    package var frameRate: Double

    package init(width: Int, height: Int, frameRate: Double) {
        self.width = width
        self.height = height
        self.frameRate = frameRate
    }
}

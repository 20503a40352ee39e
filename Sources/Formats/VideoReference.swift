import Model

/// Which video a result is about, and the clock its times are on: the head of every JSON result.
package struct VideoReference: Hashable, Sendable, Codable {
    /// File name without folders.
    package var fileName: String
    /// SHA-256 of the file, lower-case hexadecimal.
    package var sha256: String
    /// Upright, in pixels.
    package var width: Int
    package var height: Int
    package var frameCount: Int
    /// Mean frames per second.
    package var frameRate: Double
    /// In seconds.
    package var duration: Double
    /// One tick of the times in the result, as a fraction of a second.
    package var timebase: Timebase

    enum CodingKeys: String, CodingKey {
        case fileName = "file_name"
        case sha256, width, height
        case frameCount = "frame_count"
        case frameRate = "frame_rate"
        case duration, timebase
    }

    /// - Parameter name: as its owner calls it, where that is not its file's name.
    package init(_ facts: VideoFacts, sha256: String, name: String? = nil) {
        fileName = name ?? facts.fileName
        self.sha256 = sha256
        width = facts.width
        height = facts.height
        frameCount = facts.frameCount
        frameRate = facts.frameRate
        duration = facts.duration.seconds
        timebase = facts.startTime.timebase
    }

    /// What is impossible in a reference that was read; nil for a sound one.
    var invalidity: String? {
        if width < 1 || height < 1 || frameCount < 0 { return "video has no size" }
        if timebase.numerator < 1 || timebase.denominator < 1 { return "video.timebase is not a positive fraction" }
        return nil
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("file_name", fileName)
            writer.field("sha256", sha256)
            writer.field("width", width)
            writer.field("height", height)
            writer.field("frame_count", frameCount)
            writer.field("frame_rate", frameRate)
            writer.field("duration", duration)
            writer.key("timebase")
            writer.object { writer in
                writer.field("numerator", Int(timebase.numerator))
                writer.field("denominator", Int(timebase.denominator))
            }
        }
    }
}

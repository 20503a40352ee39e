/// What `probe` knows of a video file before a single picture is decoded.
package struct VideoFacts: Hashable, Sendable, Codable {
    /// One elementary stream of the container.
    package struct Stream: Hashable, Sendable, Codable {
        package enum Kind: String, Hashable, Sendable, Codable {
            case video, audio, subtitle, data, attachment, unknown
        }
        package var index: Int
        package var kind: Kind
        /// libav's short codec name: `h264`, `hevc`, `aac`, …
        package var codec: String
        package var language: String?
        /// Bits per second where the container says so.
        package var bitRate: Int64?
        /// Audio only.
        package var sampleRate: Int?
        package var channels: Int?

        package init(
            index: Int, kind: Kind, codec: String, language: String? = nil, bitRate: Int64? = nil,
            sampleRate: Int? = nil, channels: Int? = nil
        ) {
            self.index = index
            self.kind = kind
            self.codec = codec
            self.language = language
            self.bitRate = bitRate
            self.sampleRate = sampleRate
            self.channels = channels
        }
    }

    /// File name without folders.
    package var fileName: String
    package var fileSize: Int64
    /// libav's short container name: `avi`, `mov,mp4,m4a,3gp,3g2,mj2`, …
    package var container: String
    package var streams: [Stream]
    /// Index of the stream that is analysed.
    package var videoStream: Int
    package var codec: String
    package var pixelFormat: String
    /// Upright size: coded size with rotation and sample aspect ratio's orientation applied, in pixels.
    package var width: Int
    package var height: Int
    /// Clockwise rotation, in degrees, that brings the coded picture upright: 0, 90, 180 or 270.
    package var rotation: Int
    /// Frames in presentation order, counted from the packets, not estimated.
    package var frameCount: Int
    package var startTime: MediaTime
    /// From the first frame's start to the last frame's end.
    package var duration: MediaTime
    /// Mean frames per second: `frameCount / duration`.
    package var frameRate: Double
    package var isVariableFrameRate: Bool
    package var keyframeCount: Int

    package init(
        fileName: String, fileSize: Int64, container: String, streams: [Stream], videoStream: Int, codec: String,
        pixelFormat: String, width: Int, height: Int, rotation: Int, frameCount: Int, startTime: MediaTime,
        duration: MediaTime, frameRate: Double, isVariableFrameRate: Bool, keyframeCount: Int
    ) {
        self.fileName = fileName
        self.fileSize = fileSize
        self.container = container
        self.streams = streams
        self.videoStream = videoStream
        self.codec = codec
        self.pixelFormat = pixelFormat
        self.width = width
        self.height = height
        self.rotation = rotation
        self.frameCount = frameCount
        self.startTime = startTime
        self.duration = duration
        self.frameRate = frameRate
        self.isVariableFrameRate = isVariableFrameRate
        self.keyframeCount = keyframeCount
    }
}

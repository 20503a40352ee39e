import Model

/// A video's facts as `summary.json` and `gantry probe --json` say them: the names of these fields are a promise, those
/// of Model's types are not.
package struct VideoDescription: Codable {
    var fileName: String
    /// Of the file, where it was computed.
    var sha256: String?
    var fileSize: Int64
    var container: String
    var streams: [Stream]
    var videoStream: Int
    var codec: String
    var pixelFormat: String
    var width: Int
    var height: Int
    var rotation: Int
    var frameCount: Int
    var startTime: Time
    var duration: Time
    var frameRate: Double
    var isVariableFrameRate: Bool
    var keyframeCount: Int

    enum CodingKeys: String, CodingKey {
        case fileName = "file_name"
        case sha256
        case fileSize = "file_size"
        case container, streams
        case videoStream = "video_stream"
        case codec
        case pixelFormat = "pixel_format"
        case width, height, rotation
        case frameCount = "frame_count"
        case startTime = "start_time"
        case duration
        case frameRate = "frame_rate"
        case isVariableFrameRate = "is_variable_frame_rate"
        case keyframeCount = "keyframe_count"
    }

    package init(_ facts: VideoFacts, sha256: String? = nil) {
        fileName = facts.fileName
        self.sha256 = sha256
        fileSize = facts.fileSize
        container = facts.container
        streams = facts.streams.map(Stream.init)
        videoStream = facts.videoStream
        codec = facts.codec
        pixelFormat = facts.pixelFormat
        width = facts.width
        height = facts.height
        rotation = facts.rotation
        frameCount = facts.frameCount
        startTime = Time(facts.startTime)
        duration = Time(facts.duration)
        frameRate = facts.frameRate
        isVariableFrameRate = facts.isVariableFrameRate
        keyframeCount = facts.keyframeCount
    }

    /// nil where a time base is not a positive fraction.
    var facts: VideoFacts? {
        guard let start = startTime.time, let length = duration.time else { return nil }
        return VideoFacts(
            fileName: fileName, fileSize: fileSize, container: container, streams: streams.map(\.stream),
            videoStream: videoStream, codec: codec, pixelFormat: pixelFormat, width: width, height: height,
            rotation: rotation, frameCount: frameCount, startTime: start, duration: length,
            frameRate: frameRate, isVariableFrameRate: isVariableFrameRate, keyframeCount: keyframeCount)
    }
}

extension VideoDescription {
    struct Stream: Codable {
        var index: Int
        var kind: VideoFacts.Stream.Kind
        var codec: String
        var language: String?
        var bitRate: Int64?
        var sampleRate: Int?
        var channels: Int?

        enum CodingKeys: String, CodingKey {
            case index, kind, codec, language
            case bitRate = "bit_rate"
            case sampleRate = "sample_rate"
            case channels
        }

        init(_ stream: VideoFacts.Stream) {
            index = stream.index
            kind = stream.kind
            codec = stream.codec
            language = stream.language
            bitRate = stream.bitRate
            sampleRate = stream.sampleRate
            channels = stream.channels
        }

        var stream: VideoFacts.Stream {
            VideoFacts.Stream(
                index: index, kind: kind, codec: codec, language: language, bitRate: bitRate,
                sampleRate: sampleRate, channels: channels)
        }
    }

    /// A time in seconds for people, and in ticks of a time base for exactness.
    struct Time: Codable {
        var seconds: Double
        var ticks: Int64
        var numerator: Int32
        var denominator: Int32

        init(_ time: MediaTime) {
            seconds = time.seconds
            ticks = time.ticks
            numerator = time.timebase.numerator
            denominator = time.timebase.denominator
        }

        var time: MediaTime? {
            guard numerator > 0, denominator > 0 else { return nil }
            return MediaTime(ticks: ticks, timebase: Timebase(numerator, denominator))
        }
    }
}

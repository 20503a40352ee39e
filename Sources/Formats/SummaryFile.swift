import Model

/// `summary.json` as it lies in the file: the names of its fields are a promise, those of Model's types are not.
struct SummaryFile<Settings: Codable & Hashable & Sendable>: Codable {
    var format: String
    var version: Int
    var generator: String
    var video: Video
    var settings: Settings
    var engine: Engine
    var counts: RunSummary<Settings>.Counts
    var timings: RunSummary<Settings>.Timings

    struct Engine: Codable {
        var engine: String
        var version: String
        var device: String
        var precision: String
        var model: String
        var modelSHA256: String

        enum CodingKeys: String, CodingKey {
            case engine, version, device, precision, model
            case modelSHA256 = "model_sha256"
        }

        init(_ identity: EngineIdentity) {
            engine = identity.engine
            version = identity.version
            device = identity.device
            precision = identity.precision
            model = identity.model
            modelSHA256 = identity.modelSHA256
        }

        var identity: EngineIdentity {
            EngineIdentity(
                engine: engine, version: version, device: device, precision: precision, model: model,
                modelSHA256: modelSHA256)
        }
    }

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

    struct Video: Codable {
        var fileName: String
        var sha256: String
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

        init(_ facts: VideoFacts, sha256: String) {
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
}

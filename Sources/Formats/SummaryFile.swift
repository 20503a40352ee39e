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
        var model_sha256: String

        init(_ identity: EngineIdentity) {
            engine = identity.engine
            version = identity.version
            device = identity.device
            precision = identity.precision
            model = identity.model
            model_sha256 = identity.modelSHA256
        }

        var identity: EngineIdentity {
            EngineIdentity(
                engine: engine, version: version, device: device, precision: precision, model: model,
                modelSHA256: model_sha256)
        }
    }

    struct Stream: Codable {
        var index: Int
        var kind: VideoFacts.Stream.Kind
        var codec: String
        var language: String?
        var bit_rate: Int64?
        var sample_rate: Int?
        var channels: Int?

        init(_ stream: VideoFacts.Stream) {
            index = stream.index
            kind = stream.kind
            codec = stream.codec
            language = stream.language
            bit_rate = stream.bitRate
            sample_rate = stream.sampleRate
            channels = stream.channels
        }

        var stream: VideoFacts.Stream {
            VideoFacts.Stream(
                index: index, kind: kind, codec: codec, language: language, bitRate: bit_rate,
                sampleRate: sample_rate, channels: channels)
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
        var file_name: String
        var sha256: String
        var file_size: Int64
        var container: String
        var streams: [Stream]
        var video_stream: Int
        var codec: String
        var pixel_format: String
        var width: Int
        var height: Int
        var rotation: Int
        var frame_count: Int
        var start_time: Time
        var duration: Time
        var frame_rate: Double
        var is_variable_frame_rate: Bool
        var keyframe_count: Int

        init(_ facts: VideoFacts, sha256: String) {
            file_name = facts.fileName
            self.sha256 = sha256
            file_size = facts.fileSize
            container = facts.container
            streams = facts.streams.map(Stream.init)
            video_stream = facts.videoStream
            codec = facts.codec
            pixel_format = facts.pixelFormat
            width = facts.width
            height = facts.height
            rotation = facts.rotation
            frame_count = facts.frameCount
            start_time = Time(facts.startTime)
            duration = Time(facts.duration)
            frame_rate = facts.frameRate
            is_variable_frame_rate = facts.isVariableFrameRate
            keyframe_count = facts.keyframeCount
        }

        /// nil where a time base is not a positive fraction.
        var facts: VideoFacts? {
            guard let start = start_time.time, let length = duration.time else { return nil }
            return VideoFacts(
                fileName: file_name, fileSize: file_size, container: container, streams: streams.map(\.stream),
                videoStream: video_stream, codec: codec, pixelFormat: pixel_format, width: width, height: height,
                rotation: rotation, frameCount: frame_count, startTime: start, duration: length,
                frameRate: frame_rate, isVariableFrameRate: is_variable_frame_rate, keyframeCount: keyframe_count)
        }
    }
}

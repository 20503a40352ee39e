import FoundationEssentials
import Model

/// `summary.json`: what was analysed, with what, how it went. `Settings` is the command's own record of its settings.
package struct RunSummary<Settings: Codable & Hashable & Sendable>: Hashable, Sendable {
    package struct Counts: Hashable, Sendable, Codable {
        package var framesAnalysed: Int
        package var detections: Int
        package var tracks: Int
        /// Boxes of all tracks, interpolated ones too.
        package var boxes: Int
        /// Tracks by the name of their class.
        package var tracksByClass: [String: Int]

        enum CodingKeys: String, CodingKey {
            case framesAnalysed = "frames_analysed"
            case detections, tracks, boxes
            case tracksByClass = "tracks_by_class"
        }

        package init(framesAnalysed: Int, detections: Int, tracks: Int, boxes: Int, tracksByClass: [String: Int]) {
            self.framesAnalysed = framesAnalysed
            self.detections = detections
            self.tracks = tracks
            self.boxes = boxes
            self.tracksByClass = tracksByClass
        }
    }

    package struct Timings: Hashable, Sendable, Codable {
        /// Seconds from start to end of this run.
        package var total: Double
        /// Seconds by stage.
        package var stages: [String: Double]
        /// Frames that this run analysed itself, and those it took from checkpoints of an interrupted one.
        package var framesAnalysed: Int
        package var framesResumed: Int
        /// Of the frames that this run analysed itself.
        package var framesPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case total = "total_seconds"
            case stages = "stage_seconds"
            case framesAnalysed = "frames_analysed"
            case framesResumed = "frames_resumed"
            case framesPerSecond = "frames_per_second"
        }

        package init(
            total: Double, stages: [String: Double], framesAnalysed: Int, framesResumed: Int, framesPerSecond: Double
        ) {
            self.total = total
            self.stages = stages
            self.framesAnalysed = framesAnalysed
            self.framesResumed = framesResumed
            self.framesPerSecond = framesPerSecond
        }
    }

    package var video: VideoFacts
    /// SHA-256 of the video file, lower-case hexadecimal.
    package var videoSHA256: String
    package var settings: Settings
    package var engine: EngineIdentity
    package var counts: Counts
    package var timings: Timings

    package init(
        video: VideoFacts, videoSHA256: String, settings: Settings, engine: EngineIdentity, counts: Counts,
        timings: Timings
    ) {
        self.video = video
        self.videoSHA256 = videoSHA256
        self.settings = settings
        self.engine = engine
        self.counts = counts
        self.timings = timings
    }
}

extension RunSummary {
    package static var format: String { "gantry-summary" }
    package static var version: Int { 1 }

    /// The document: indented, keys in alphabetical order.
    ///
    /// - Throws: `internalError` for NaN and infinities.
    package func bytes() throws(FormatsFailure) -> [UInt8] {
        let stamp = ResultStamp(format: Self.format, version: Self.version)
        let file = SummaryFile(
            format: stamp.format, version: stamp.version, generator: stamp.generator,
            video: VideoDescription(video, sha256: videoSHA256), settings: settings,
            engine: SummaryFile.Engine(engine), counts: counts, timings: timings)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return try [UInt8](encoder.encode(file)) + [UInt8(ascii: "\n")]
        } catch {
            throw .unprintable("the summary cannot be written: \(error)")
        }
    }

    /// Reads a summary back.
    ///
    /// - Throws: `invalidData` saying which field is wrong; `unsupported` for another version.
    package init(reading bytes: [UInt8], named name: String) throws(FormatsFailure) {
        try JSONReading.decode(ResultStamp.self, from: bytes, named: name)
            .require(format: Self.format, version: Self.version, file: name)
        let file = try JSONReading.decode(SummaryFile<Settings>.self, from: bytes, named: name)
        guard let facts = file.video.facts else { throw .damaged(name, "video has a time base that is none") }
        guard let sha256 = file.video.sha256 else { throw .damaged(name, "video.sha256 is missing") }
        self.init(
            video: facts, videoSHA256: sha256, settings: file.settings, engine: file.engine.identity,
            counts: file.counts, timings: file.timings)
    }
}

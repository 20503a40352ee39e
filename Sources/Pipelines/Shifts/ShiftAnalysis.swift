import FileSafety
import Formats
import Inference
import Media
import Model
import Tracking

/// Detection, tracks, looks and the search for one player: what `gantry shifts` and the pipeline `player_shifts` have in
/// common. Each stage goes on where an earlier run left it.
struct ShiftAnalysis {
    let request: ShiftRequest
    let environment: [String: String]
    let source: VideoSource
    let videoSHA256: String

    /// All times count from the video's first frame, in seconds.
    struct Found {
        var outcome: PlayerSearch.Outcome
        var finding: ShiftFinding
        /// Everybody, as results have them.
        var tracks: [Track]
        /// Names by class id.
        var classes: [Int: String]
        /// Where new shots begin.
        var cuts: [Double]
        var duration: Double

        /// Empty unless the player was found.
        var shifts: [ShiftSegment] { finding.kind == .found ? outcome.timeline.merged : [] }
    }

    /// - Parameters:
    ///   - results: holds the checkpoints.
    ///   - part: the pipeline's own folder among them; nil for a run of this alone.
    ///   - clock: is told how long each stage took.
    /// - Throws: `invalidArgument` for a request that cannot be met, else the failure of the stage that could not be
    ///   finished. That the player was not found is no failure: see `ShiftFinding`.
    func run(
        in results: OutputDirectory, part: String? = nil, clock: inout StageClock, cancellation: Cancellation,
        observer: @escaping PipelineObserver
    ) throws -> Found {
        try request.validate()
        let duration = source.seconds(of: source.facts.frameCount)
        if let click = request.clicks.first(where: { $0.t > duration }) {
            throw PipelineFailure(
                code: .invalidArgument, message: "the click is after the video's end, at \(duration) s",
                subject: "\(click.t),\(click.x),\(click.y)",
                hint: "Give t in seconds from the video's first frame")
        }
        let catalogue = try ModelCatalogue.load(file: request.track.catalogue, environment: environment)
        let reader = try NumberReader(
            store: ModelStore(catalogue: catalogue, environment: environment), options: request.track.engine,
            environment: environment)
        clock.lap(.probe)

        let analysis = TrackAnalysis(
            request: request.track, environment: environment, source: source, videoSHA256: videoSHA256)
        let detection = try analysis.detect(in: results, part: part, cancellation: cancellation, observer: observer)
        clock.lap(.detect)

        let tracks = analysis.tracks(detection)
        clock.lap(.track)
        let seen = try look(
            at: tracks, with: reader, checkpoints: part.map { "\($0).looks" } ?? Self.part, in: results,
            cancellation: cancellation, observer: observer)
        clock.lap(.look)

        let evidence = ShiftEvidence(
            frames: analysis.scaledFrames(detection).map(fromStart), looks: seen.looks, cuts: seen.cuts,
            geometry: analysis.geometry, tracking: request.track.tracking, duration: duration)
        let outcome = PlayerSearch(
            evidence: evidence, number: request.number,
            hint: request.jerseyColour.flatMap(OKLab.init(hexadecimal:)),
            opponentHint: request.opponentColour.flatMap(OKLab.init(hexadecimal:)),
            // Black and white are 441 apart in RGB and 1 here.
            tolerance: request.colourTolerance / 441, clicks: request.clicks, settings: request.settings
        ).run()
        clock.lap(.track)
        return Found(
            outcome: outcome, finding: ShiftFinding(outcome, hint: request.jerseyColour),
            tracks: analysis.asResults(outcome.people.map(\.track), detection), classes: detection.choice.keptClasses,
            cuts: seen.cuts.map { source.seconds(of: $0) }, duration: duration)
    }

    /// Containers' clocks begin anywhere.
    private func fromStart(_ frame: FrameDetections) -> FrameDetections {
        var frame = frame
        frame.time.ticks -= source.facts.startTime.ticks
        return frame
    }

    private struct Seen {
        var looks: [Look]
        /// Frames at which a new shot begins.
        var cuts: [Int]
    }

    /// Raised when the same frames would give other looks than before.
    private static let revision = 1
    /// See `SceneCutter`; the pipeline scene_detection's own.
    private static let cutThreshold: Float = 30

    private func look(
        at tracks: [Track], with reader: NumberReader, checkpoints part: String, in results: OutputDirectory,
        cancellation: Cancellation, observer: @escaping PipelineObserver
    ) throws -> Seen {
        let plan = LookPlan(tracks, width: source.facts.width, height: source.facts.height)
        let identity = reader.identity
        let fingerprint = try DetectionFingerprint(of: [
            "looks, revision \(Self.revision)", "video \(videoSHA256)", "libraries \(Libav.versions())",
            "engine \(identity.engine) \(identity.version) \(identity.device) \(identity.precision)",
            "model \(identity.modelSHA256)", "views \(NumberCrop.View.all)",
            "plan \(try plan.digest())",
        ])
        let checkpoints = try PayloadCheckpoints(
            in: results, part: part, fingerprint: fingerprint, observer: observer)
        try ChunkStage(
            stage: .look, source: source, wanted: WantedFrames(.every(1), of: source.frameTimes),
            lanes: request.track.lanes, checkpoints: checkpoints, analyzer: LookAnalyzer(plan: plan, reader: reader)
        ).run(cancellation: cancellation, observer: observer)
        let chunks = try ChunkStage.plan(of: source).chunks.map { chunk in
            try checkpoints.payload(of: chunk).map(LookChunk.init(reading:)) ?? LookChunk()
        }
        let scenes = SceneChunk.joined(chunks.map(\.scenes))
        let cutter = SceneCutter(
            method: .content, threshold: Self.cutThreshold, frameRate: source.facts.frameRate)
        return Seen(
            looks: chunks.flatMap(\.looks), cuts: cutter.cuts(in: scenes).map { scenes[$0.position].frame })
    }

    /// Folder among the checkpoints of a run of this alone.
    private static let part = "looks"
}

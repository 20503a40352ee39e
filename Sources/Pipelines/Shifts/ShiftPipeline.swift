import FileSafety
import Formats
import Inference
import Media
import Model
import Tracking

/// `gantry shifts`: probe → detect → identify → follow → export, resumed where an earlier run stopped.
package struct ShiftPipeline: Sendable {
    package let request: ShiftRequest
    let environment: [String: String]

    package static let shiftsName = "shifts.json"
    package static let tableName = "shifts.csv"
    package static let debugName = "debug.json"
    package static let tracksName = "tracks.json"

    package init(request: ShiftRequest, environment: [String: String]) {
        self.request = request
        self.environment = environment
    }

    /// - Throws: `invalidArgument` for a request that cannot be met (see `ShiftRequest.validate`), else the failure of the
    ///   stage that could not be finished. That the player was not found is no failure: see `ShiftOutcome.finding`.
    package func run(cancellation: Cancellation, observer: @escaping PipelineObserver) throws -> ShiftOutcome {
        try request.validate()
        var clock = StageClock()
        let source = try VideoSource(opening: request.track.video, interrupt: cancellation.interrupt)
        source.notes.forEach { observer(.warning($0)) }
        let end = source.facts.startTime.seconds + source.facts.duration.seconds
        if let click = request.clicks.first(where: { $0.t > end }) {
            throw PipelineFailure(
                code: .invalidArgument, message: "the click is after the video's end, at \(end) s",
                subject: "\(click.t),\(click.x),\(click.y)")
        }
        let results = try OutputDirectory(path: request.track.output)
        let sha256 = try SHA256Digest.ofFile(request.track.video) { _ throws(FileSafetyFailure) in
            if cancellation.isCancelled {
                throw FileSafetyFailure(
                    code: .cancelled, message: "stopped while reading the file", subject: request.track.video)
            }
        }
        let catalogue = try ModelCatalogue.load(file: request.track.catalogue, environment: environment)
        let reader = try NumberReader(
            store: ModelStore(catalogue: catalogue, environment: environment), options: request.track.engine,
            environment: environment)
        clock.lap(.probe)

        let analysis = TrackAnalysis(
            request: request.track, environment: environment, source: source, videoSHA256: sha256)
        let detection = try analysis.detect(in: results, cancellation: cancellation, observer: observer)
        clock.lap(.detect)

        let tracks = analysis.tracks(detection)
        clock.lap(.track)
        let seen = try look(
            at: tracks, with: reader, source: source, sha256: sha256, in: results, cancellation: cancellation,
            observer: observer)
        clock.lap(.look)

        let evidence = ShiftEvidence(
            frames: analysis.scaledFrames(detection), looks: seen.looks, cuts: seen.cuts, geometry: analysis.geometry,
            tracking: request.track.tracking, duration: end)
        let search = PlayerSearch(
            evidence: evidence, number: request.number,
            hint: request.jerseyColour.flatMap(OKLab.init(hexadecimal:)),
            opponentHint: request.opponentColour.flatMap(OKLab.init(hexadecimal:)),
            // Black and white are 441 apart in RGB and 1 here.
            tolerance: request.colourTolerance / 441, clicks: request.clicks, settings: request.settings)
        let found = search.run()
        clock.lap(.track)
        let export = ShiftExport(
            request: request, reference: VideoReference(source.facts, sha256: sha256), outcome: found,
            finding: ShiftFinding(found, number: request.number, hint: request.jerseyColour),
            tracks: analysis.asResults(found.people.map(\.track), detection), classes: detection.choice.keptClasses,
            cuts: seen.cuts.map { source.time(of: $0).seconds }, duration: end)
        let outcome = try export.publish(in: results) {
            clock.lap(.export)
            return Dictionary(uniqueKeysWithValues: clock.seconds.map { ($0.key.rawValue, $0.value) })
        }
        return outcome
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
        at tracks: [Track], with reader: NumberReader, source: VideoSource, sha256: String, in results: OutputDirectory,
        cancellation: Cancellation, observer: @escaping PipelineObserver
    ) throws -> Seen {
        let plan = LookPlan(tracks, width: source.facts.width, height: source.facts.height)
        let identity = reader.identity
        let fingerprint = try DetectionFingerprint(of: [
            "looks, revision \(Self.revision)", "video \(sha256)", "libraries \(Libav.versions())",
            "engine \(identity.engine) \(identity.version) \(identity.device) \(identity.precision)",
            "model \(identity.modelSHA256)", "views \(NumberCrop.View.all)",
            "plan \(try plan.digest())",
        ])
        let checkpoints = try PayloadCheckpoints(
            in: results, part: Self.part, fingerprint: fingerprint, observer: observer)
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

    /// Folder among the checkpoints.
    private static let part = "looks"
}

import FileSafety
import Formats
import Inference
import Media
import Model
import Tracking

/// Detection and tracking of one video: what `gantry track` and the pipeline `person_tracking` have in common.
struct TrackAnalysis {
    let request: TrackRequest
    let environment: [String: String]
    let source: VideoSource
    let videoSHA256: String

    struct Detected {
        let choice: DetectorChoice
        let outcome: DetectStage.Outcome
    }

    /// The detect stage, from where an earlier run left it.
    ///
    /// - Parameter part: see ``CheckpointFolder``.
    func detect(
        in results: OutputDirectory, part: String? = nil, cancellation: Cancellation,
        observer: @escaping PipelineObserver
    ) throws -> Detected {
        let choice = try DetectorChoice(request, source: source, environment: environment)
        observer(.note(choice.description))
        let fingerprint = try DetectionFingerprint(
            videoSHA256: videoSHA256, codecLibraries: Libav.versions(), identity: choice.detector.identity,
            plan: choice.plan, settings: choice.settings, selection: request.selection)
        let stage = DetectStage(
            source: source, analyzer: choice.analyzer,
            wanted: WantedFrames(request.selection, of: source.frameTimes), lanes: request.lanes,
            checkpoints: try CheckpointFolder(
                in: results, part: part, fingerprint: fingerprint, observer: observer))
        return Detected(choice: choice, outcome: try stage.run(cancellation: cancellation, observer: observer))
    }

    var geometry: PictureGeometry {
        PictureGeometry(width: source.facts.width, height: source.facts.height, frameRate: source.facts.frameRate)
    }

    /// What was detected, on the tracker's scale of scores.
    func scaledFrames(_ detected: Detected) -> [FrameDetections] {
        ScoreScale(model: detected.choice.startScore, tracker: request.tracking.startScore)
            .toTracker(detected.outcome.frames)
    }

    /// Tracks of scaled frames, with the model's own scores and rounded as results have them.
    func asResults(_ tracks: [Track], _ detected: Detected) -> [Track] {
        ScoreScale(model: detected.choice.startScore, tracker: request.tracking.startScore)
            .toModel(tracks).map(\.rounded)
    }

    /// The track stage, rounded as results have it.
    func tracks(_ detected: Detected) -> [Track] {
        let frames = scaledFrames(detected)
        let tracks =
            switch request.mode {
            case .offline: OfflineTracker(settings: request.tracking, geometry: geometry).tracks(from: frames)
            case .online: OnlineTracks(settings: request.tracking, geometry: geometry).tracks(from: frames)
            }
        return asResults(tracks, detected)
    }
}

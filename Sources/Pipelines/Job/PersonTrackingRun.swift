import Formats
import Inference
import Model

/// `person_tracking`: detect → track → export, in COCO, MOTChallenge text and tracks JSON.
struct PersonTrackingRun: PipelineRun {
    private let pipeline: PlannedPipeline
    private let context: JobContext
    private let request: TrackRequest
    private let isTracking: Bool

    init(_ pipeline: PlannedPipeline, in context: JobContext) throws {
        let settings = PipelineSettings(pipeline: pipeline)
        var request = TrackRequest(video: context.source.path, output: context.results.path)
        request.model = settings.optionalText("model")
        request.scoreThreshold = try settings.number("conf_threshold")
        request.overlapThreshold = try settings.number("iou_threshold")
        request.selection = .perSecond(try settings.number("pps"))
        request.classes = try settings.texts("classes")
        request.startScore = settings.optionalNumber("start_score")
        guard let tiling = Tiling(try settings.text("tiles")),
            let mode = TrackRequest.TrackingMode(rawValue: try settings.text("mode")),
            let device = EngineOptions.Device(context.device)
        else {
            throw PipelineFailure(
                code: .invalidArgument, message: "tiles, mode or device is nothing that can be used",
                subject: pipeline.name)
        }
        request.tiling = tiling
        request.mode = mode
        request.lanes = context.lanes
        request.engine = EngineOptions(device: device, streams: context.lanes)
        isTracking = try settings.boolean("track_mode")
        request.overlay = try settings.boolean("overlay") && isTracking
        self.pipeline = pipeline
        self.context = context
        self.request = request
    }

    var costs: [(stage: StageProgress.Stage, cost: Double)] {
        let source = context.source
        let analysed = Double(WantedFrames(request.selection, of: source.frameTimes).count)
        let views = Double(
            request.tiling == .none ? 1 : max(2, source.facts.width * source.facts.height / (416 * 416)))
        let frames = Double(source.facts.frameCount)
        return [(.detect, frames + 12 * views * analysed)] + (request.overlay ? [(.overlay, 5 * frames)] : [])
    }

    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct {
        let analysis = TrackAnalysis(
            request: request, environment: context.environment, source: context.source,
            videoSHA256: context.videoSHA256)
        let detected = try analysis.detect(
            in: context.results, part: pipeline.fileNamePart, cancellation: context.cancellation, observer: observer)
        let export = TrackExport(
            source: context.source, reference: context.reference, results: context.results,
            classes: detected.choice.keptClasses, frames: detected.outcome.frames,
            tracks: isTracking ? analysis.tracks(detected) : [])
        let coco = context.names.file(pipeline, "coco.json")
        guard isTracking else {
            let count = try export.writeDetections(named: coco, names: context.names)
            return PipelineProduct(annotationCount: count, files: [coco])
        }
        let (mot, tracks) = (context.names.file(pipeline, "mot.txt"), context.names.file(pipeline, "tracks.json"))
        try export.writeMOT(named: mot)
        try export.writeDocument(named: tracks)
        try export.writeCOCO(named: coco, videoID: context.names.stem, imagePrefix: context.names.base)
        var files = [coco, mot, tracks]
        if request.overlay {
            let name = context.names.file(pipeline, "overlay.mp4")
            try export.writeOverlay(named: name, cancellation: context.cancellation, observer: observer)
            files.append(name)
        }
        return PipelineProduct(
            annotationCount: export.tracks.reduce(0) { $0 + $1.observations.count }, files: files)
    }
}

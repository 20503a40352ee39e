import Formats
import Media
import Model

/// `scene_detection`: scan → export. Every frame is looked at, small; where scenes begin is decided afterwards, so that
/// other thresholds need no other scan.
struct SceneDetectionRun: PipelineRun {
    private let pipeline: PlannedPipeline
    private let context: JobContext
    private let cutter: SceneCutter
    private let shortest: Double

    /// Raised when the same frames would give other numbers than before.
    private static let revision = 1

    init(_ pipeline: PlannedPipeline, in context: JobContext) throws {
        let settings = PipelineSettings(pipeline: pipeline)
        let method: SceneCutter.Method =
            switch try settings.text("method") {
            case "adaptive": .adaptive(ratio: Float(try settings.number("adaptive_ratio")))
            default: .content
            }
        cutter = SceneCutter(
            method: method, threshold: Float(try settings.number("threshold")),
            frameRate: context.source.facts.frameRate)
        shortest = try settings.number("min_scene_length")
        self.pipeline = pipeline
        self.context = context
    }

    var costs: [(stage: StageProgress.Stage, cost: Double)] { [(.scan, 1.2 * Double(context.source.facts.frameCount))] }

    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct {
        let source = context.source
        let fingerprint = try DetectionFingerprint(of: [
            "scene scan, revision \(Self.revision)", "video \(context.videoSHA256)", "libraries \(Libav.versions())",
        ])
        let checkpoints = try PayloadCheckpoints(
            in: context.results, part: pipeline.fileNamePart, fingerprint: fingerprint, observer: observer)
        try ChunkStage(
            stage: .scan, source: source, wanted: WantedFrames(.every(1), of: source.frameTimes), lanes: context.lanes,
            checkpoints: checkpoints, analyzer: SceneScan()
        ).run(cancellation: context.cancellation, observer: observer)
        let chunks = try ChunkStage.plan(of: source).chunks.map { chunk in
            try checkpoints.payload(of: chunk).map(SceneChunk.init(reading:)) ?? SceneChunk()
        }
        let frames = SceneChunk.joined(chunks)
        let scenes = scenes(frames, cutter.cuts(in: frames))
        let document = SceneDocument(
            videoID: context.names.stem, imagePrefix: context.names.base,
            video: context.reference, scenes: scenes)
        let name = context.names.file(pipeline, "coco.json")
        try context.results.publish(name: name, bytes: document.bytes())
        return PipelineProduct(annotationCount: scenes.count, files: [name])
    }

    /// Scenes between cuts, none shorter than asked for: of two cuts that are too close the first counts.
    private func scenes(_ frames: [SceneFrame], _ cuts: [SceneCutter.Cut]) -> [SceneDocument.Scene] {
        let source = context.source
        let (start, count) = (source.facts.startTime, source.facts.frameCount)
        let end = MediaTime(ticks: start.ticks + source.facts.duration.ticks, timebase: start.timebase)
        var scenes: [SceneDocument.Scene] = []
        func open(_ frame: Int, _ transition: String, _ score: Double) {
            scenes.append(
                SceneDocument.Scene(
                    id: scenes.count + 1, startFrame: frame, endFrame: count - 1, startTime: source.time(of: frame),
                    endTime: end, transition: transition, score: (score * 100).rounded() / 100))
        }
        open(0, "start", 0)
        for cut in cuts {
            let frame = frames[cut.position].frame
            let time = source.time(of: frame)
            let last = scenes[scenes.count - 1]
            guard frame > last.startFrame, time.seconds - last.startTime.seconds >= shortest,
                end.seconds - time.seconds >= shortest
            else { continue }
            scenes[scenes.count - 1].endFrame = frame - 1
            scenes[scenes.count - 1].endTime = time
            open(frame, cut.kind.rawValue, Double(cut.score))
        }
        return scenes
    }
}

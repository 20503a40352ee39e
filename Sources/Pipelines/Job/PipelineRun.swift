/// One pipeline at work within a job.
protocol PipelineRun: Sendable {
    /// Its stages with frames to count, and what each is expected to cost: decoding a frame is 1.
    var costs: [(stage: StageProgress.Stage, cost: Double)] { get }

    /// What decides its files beside the video and the settings: a plugin's code. Empty where nothing does.
    var identity: String { get }

    /// What a stage is called towards whoever watches the job.
    func shownStage(_ stage: StageProgress.Stage) -> StageProgress.Stage

    /// Does the work, from the checkpoints that are there. Files are published under names that begin with the
    /// context's base name, or in a folder of the pipeline's; the same input gives the same bytes.
    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct
}

extension PipelineRun {
    var identity: String { "" }

    func shownStage(_ stage: StageProgress.Stage) -> StageProgress.Stage { stage }
}

/// What a pipeline has made.
struct PipelineProduct: Hashable, Sendable {
    var annotationCount: Int
    /// The main one first.
    var files: [String]
    /// What its owner should read first; nil where there is nothing to say.
    var message: String?
}

extension PlannedPipeline {
    func makeRun(in context: JobContext) throws -> any PipelineRun {
        if let tool = PluginToolName(runs) {
            return try PluginToolRun(self, tool: tool, in: context)
        }
        switch runs {
        case "scene_detection": return try SceneDetectionRun(self, in: context)
        case "person_tracking": return try PersonTrackingRun(self, in: context)
        case "player_shifts": return try PlayerShiftsRun(self, in: context)
        default:
            throw PipelineFailure(
                code: .unsupported, message: "there is nothing that runs it in this version", subject: name)
        }
    }
}

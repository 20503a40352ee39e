/// One pipeline at work within a job.
protocol PipelineRun: Sendable {
    /// Its stages with frames to count, and what each is expected to cost: decoding a frame is 1.
    var costs: [(stage: StageProgress.Stage, cost: Double)] { get }

    /// Does the work, from the checkpoints that are there. Files are published under names that begin with the
    /// context's base name; the same input gives the same bytes.
    func run(observer: @escaping PipelineObserver) throws -> PipelineProduct
}

/// What a pipeline has made.
struct PipelineProduct: Hashable, Sendable {
    var annotationCount: Int
    /// The main one first.
    var files: [String]
}

extension PlannedPipeline {
    func makeRun(in context: JobContext) throws -> any PipelineRun {
        if let tool = PluginToolName(runs) {
            throw PipelineFailure(
                code: .unsupported, message: "plugins cannot be run over a video yet", subject: "\(tool)")
        }
        switch runs {
        case "person_tracking": return try PersonTrackingRun(self, in: context)
        default:
            throw PipelineFailure(
                code: .unsupported, message: "there is nothing that runs it in this version", subject: name)
        }
    }
}

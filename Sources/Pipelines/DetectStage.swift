import Media
import Model
import Synchronization

/// The detect stage: every wanted frame of a video through an analyzer, on several lanes, chunk by chunk, each
/// finished chunk on disk before it counts.
struct DetectStage: Sendable {
    let source: VideoSource
    let analyzer: any FrameAnalyzer
    /// The frames that are analysed.
    let wanted: WantedFrames
    /// Threads that decode and infer; each keeps one core busy.
    let lanes: Int
    let checkpoints: CheckpointFolder

    struct Outcome: Sendable {
        /// In ascending order; frames that could not be decoded are absent.
        let frames: [FrameDetections]
        /// How many of them an earlier run had analysed.
        let resumedFrames: Int
    }

    /// - Returns: what was found, the same whether this run or an earlier one found it.
    func run(cancellation: Cancellation, observer: @escaping PipelineObserver) throws -> Outcome {
        let plan = ChunkPlan(groupRanges: source.chunks(targetFrames: ChunkPlan.chunkFrames))
        let finished = try checkpoints.load(plan, observer: observer)
        let resumedFrames = checkpoints.frames(of: plan).count
        let meter = FrameCounter(
            stage: .detect,
            total: plan.chunks.reduce(0) { $0 + wanted.count(in: $1.frames) },
            resumed: plan.chunks.filter { finished.contains($0.index) }.reduce(0) { $0 + wanted.count(in: $1.frames) },
            observer: observer)
        meter.report()
        if finished.count < plan.chunkCount {
            let scheduler = DetectScheduler(
                source: source, plan: plan, wanted: wanted, finished: finished,
                began: { observer(.chunk(.detect, $0.index)) })
            let stop = Cancellation()
            let damage = DamageReport(observer: observer)
            try LanePool.run(lanes, onError: { stop.cancel() }) { _ in
                let session = try analyzer.makeSession()
                while let group = try scheduler.claimGroup() {
                    while !cancellation.isCancelled, !stop.isCancelled {
                        let pull = try group.pull()
                        try pull.finished.forEach(checkpoints.write)
                        guard let work = pull.work else {
                            damage.add(group.damage)
                            break
                        }
                        let detections = try session.analyze(work.frame)
                        if let chunk = group.deposit(detections, of: work) { try checkpoints.write(chunk) }
                        meter.countFrame()
                    }
                    if cancellation.isCancelled || stop.isCancelled { return }
                }
            }
        }
        if cancellation.isCancelled {
            throw PipelineFailure(
                code: .cancelled, message: "stopped", hint: "Run the same command again to go on from here")
        }
        let frames = checkpoints.frames(of: plan)
        let missing = meter.finish()
        guard !frames.isEmpty else {
            throw PipelineFailure(
                code: .invalidData, message: "not one frame could be decoded", subject: source.path,
                hint: "Check that it plays in a video player")
        }
        if missing > 0 {
            observer(.warning("\(missing) of \(frames.count + missing) frames could not be decoded and are left out"))
        }
        return Outcome(frames: frames, resumedFrames: resumedFrames)
    }
}

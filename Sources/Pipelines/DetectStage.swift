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
                            damage.add(group)
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

/// Counts analysed frames over all lanes and reports them one at a time.
private final class FrameCounter: Sendable {
    private let progress: Mutex<StageProgress>
    private let observer: PipelineObserver

    init(total: Int, resumed: Int, observer: @escaping PipelineObserver) {
        progress = Mutex(StageProgress(stage: .detect, done: resumed, total: total, resumed: resumed))
        self.observer = observer
    }

    func report() { progress.withLock { observer(.progress($0)) } }

    /// Frames that could not be decoded will not come any more.
    /// - Returns: how many they are.
    func finish() -> Int {
        progress.withLock { progress in
            let missing = progress.total - progress.done
            guard missing > 0 else { return 0 }
            progress.done = progress.total
            observer(.progress(progress))
            return missing
        }
    }

    func countFrame() {
        progress.withLock { progress in
            progress.done += 1
            observer(.progress(progress))
        }
    }
}

/// Says once per cause what was wrong with the video's data, not once per group.
private final class DamageReport: Sendable {
    private struct Said {
        var patched = false
        var stopped = false
    }

    private let said = Mutex(Said())
    private let observer: PipelineObserver

    init(observer: @escaping PipelineObserver) { self.observer = observer }

    func add(_ group: OpenGroup) {
        let damage = group.damage
        said.withLock { said in
            if damage.patchedFrames > 0, !said.patched {
                said.patched = true
                observer(.warning("parts of some frames are damaged and were guessed by the decoder"))
            }
            if let reason = damage.readingStopped, !said.stopped {
                said.stopped = true
                observer(.warning("the file could not be read to its end: \(reason)"))
            }
        }
    }
}

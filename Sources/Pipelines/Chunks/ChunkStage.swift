import Media
import Model
import Synchronization

/// What makes the bytes of a chunk of its frames: a scan for cuts, a plugin's tool.
protocol ChunkAnalyzer: Sendable {
    /// A session for one lane. Sessions of one analyzer work side by side and give equal bytes.
    func makeSession() throws -> any ChunkSession
}

/// One lane's work: chunk after chunk, each frame after frame in ascending order. What it makes of a chunk depends on
/// that chunk's frames alone.
protocol ChunkSession: AnyObject {
    func take(_ frame: VideoFrame) throws
    /// The chunk's bytes; frames that could not be decoded never came.
    func finish() throws -> [UInt8]
}

/// A stage that goes through a video chunk by chunk on several lanes, each finished chunk on the disk before it counts.
///
/// A lane takes a keyframe group at a time and decodes it alone: for stages whose work on a frame is light beside
/// decoding, or that need frames in order. ``DetectStage`` is for heavy work on each frame by itself.
struct ChunkStage: Sendable {
    let stage: StageProgress.Stage
    let source: VideoSource
    let wanted: WantedFrames
    let lanes: Int
    let checkpoints: PayloadCheckpoints
    let analyzer: any ChunkAnalyzer

    static func plan(of source: VideoSource) -> ChunkPlan {
        ChunkPlan(groupRanges: source.chunks(targetFrames: ChunkPlan.chunkFrames))
    }

    /// Afterwards every chunk is among the checkpoints.
    func run(cancellation: Cancellation, observer: @escaping PipelineObserver) throws {
        let plan = Self.plan(of: source)
        let finished = try checkpoints.finished(plan, observer: observer)
        let counter = FrameCounter(
            stage: stage, total: wanted.count,
            resumed: plan.chunks.filter { finished.contains($0.index) }.reduce(0) { $0 + wanted.count(in: $1.frames) },
            observer: observer)
        counter.report()
        let stop = Cancellation()
        let damage = DamageReport(observer: observer)
        let next = Atomic<Int>(0)
        try LanePool.run(min(lanes, max(1, plan.groups.count)), onError: { stop.cancel() }) { _ in
            let session = try analyzer.makeSession()
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < plan.groups.count else { return }
                let missing = plan.groups[index].chunks.filter { !finished.contains($0.index) }
                guard let first = missing.first, let last = missing.last else { continue }
                let reader = try FrameReader(
                    source, frames: first.frames.lowerBound..<last.frames.upperBound,
                    interrupt: cancellation.interrupt)
                var held: VideoFrame?
                for chunk in missing {
                    observer(.chunk(stage, chunk.index))
                    while true {
                        if cancellation.isCancelled || stop.isCancelled { return }
                        guard let frame = try held ?? reader.next() else { break }
                        held = frame.index < chunk.frames.upperBound ? nil : frame
                        if held != nil { break }
                        guard frame.index >= chunk.frames.lowerBound, wanted.contains(frame.index) else { continue }
                        try session.take(frame)
                        counter.countFrame()
                    }
                    if cancellation.isCancelled || stop.isCancelled { return }
                    try checkpoints.write(chunk, payload: session.finish())
                }
                damage.add(reader.damage)
            }
        }
        if cancellation.isCancelled { throw PipelineFailure(code: .cancelled, message: "stopped") }
        let missing = counter.finish()
        guard missing < wanted.count else {
            throw PipelineFailure(
                code: .invalidData, message: "not one frame could be decoded", subject: source.path,
                hint: "Check that it plays in a video player")
        }
        if missing > 0 {
            observer(.warning("\(missing) of \(wanted.count) frames could not be decoded and are left out"))
        }
    }
}

import Media
import Model
import Synchronization

/// A keyframe group while it is being read: one decoder under a lock, and the results of its chunks as lanes bring
/// them in, in whatever order.
final class OpenGroup: Sendable {
    /// A frame to analyse, and which of the group's chunks it belongs to.
    struct Work: Sendable {
        let frame: VideoFrame
        let chunk: Int
    }

    /// A chunk whose every frame is analysed, in ascending order; frames that could not be decoded are absent.
    struct FinishedChunk: Sendable {
        let chunk: ChunkPlan.Chunk
        let frames: [FrameDetections]
    }

    /// What a look at the decoder brought: perhaps a frame, and chunks that turned out to be complete on the way.
    struct Pull: Sendable {
        var work: Work?
        var finished: [FinishedChunk] = []
    }

    private struct Reading {
        let reader: FrameReader
        /// The first chunk that is still being read.
        var cursor = 0
    }

    private struct Collecting {
        var frames: [FrameDetections] = []
        var inFlight = 0
        /// No more frames of this chunk will come out of the decoder.
        var isRead = false
    }

    private let chunks: [ChunkPlan.Chunk]
    private let wanted: WantedFrames
    private let began: @Sendable (ChunkPlan.Chunk) -> Void
    /// Held while one frame is decoded. Where both locks are needed, this one is taken first.
    private let reading: Mutex<Reading>
    private let collecting: Mutex<[Collecting]>
    private let exhausted = Atomic<Bool>(false)
    /// Lanes that have been sent here; only a hint for spreading them.
    let laneCount = Atomic<Int>(0)

    /// - Parameter chunks: the group's chunks that are wanted, ascending.
    init(
        reader: sending FrameReader, chunks: [ChunkPlan.Chunk], wanted: WantedFrames,
        began: @escaping @Sendable (ChunkPlan.Chunk) -> Void
    ) {
        self.chunks = chunks
        self.wanted = wanted
        self.began = began
        reading = Mutex(Reading(reader: reader))
        collecting = Mutex(Array(repeating: Collecting(), count: chunks.count))
        if let first = chunks.first { began(first) }
    }

    /// The decoder has given its last frame; frames may still be in analysis.
    var isExhausted: Bool { exhausted.load(ordering: .relaxed) }

    /// What was wrong with the part of the video that was read so far.
    var damage: FrameReader.Damage { reading.withLock { $0.reader.damage } }

    /// Decodes up to the next frame that is wanted.
    func pull() throws -> Pull {
        try reading.withLock { reading in
            var pull = Pull()
            while !isExhausted {
                guard let frame = try reading.reader.next() else {
                    close(upTo: chunks.count, &reading, &pull)
                    break
                }
                let passed = chunks[reading.cursor...].prefix { frame.index >= $0.frames.upperBound }.count
                close(upTo: reading.cursor + passed, &reading, &pull)
                guard !isExhausted else { break }
                guard chunks[reading.cursor].frames.contains(frame.index), wanted.contains(frame.index) else {
                    continue
                }
                let chunk = reading.cursor
                collecting.withLock { $0[chunk].inFlight += 1 }
                pull.work = Work(frame: frame, chunk: chunk)
                break
            }
            return pull
        }
    }

    /// Hands in what was found in a frame that `pull` gave out.
    /// - Returns: the frame's chunk, where this completes it.
    func deposit(_ detections: [Detection], of work: Work) -> FinishedChunk? {
        collecting.withLock { collecting in
            let frame = FrameDetections(frame: work.frame.index, time: work.frame.time, detections: detections)
            collecting[work.chunk].frames.append(frame)
            collecting[work.chunk].inFlight -= 1
            return take(work.chunk, from: &collecting)
        }
    }

    private func close(upTo end: Int, _ reading: inout Reading, _ pull: inout Pull) {
        let closing = reading.cursor..<end
        reading.cursor = end
        if !closing.isEmpty, end < chunks.count { began(chunks[end]) }
        if end == chunks.count { exhausted.store(true, ordering: .relaxed) }
        guard !closing.isEmpty else { return }
        collecting.withLock { collecting in
            for chunk in closing {
                collecting[chunk].isRead = true
                if let finished = take(chunk, from: &collecting) { pull.finished.append(finished) }
            }
        }
    }

    private func take(_ chunk: Int, from collecting: inout [Collecting]) -> FinishedChunk? {
        guard collecting[chunk].isRead, collecting[chunk].inFlight == 0 else { return nil }
        let frames = collecting[chunk].frames.sorted { $0.frame < $1.frame }
        collecting[chunk].frames = []
        return FinishedChunk(chunk: chunks[chunk], frames: frames)
    }
}

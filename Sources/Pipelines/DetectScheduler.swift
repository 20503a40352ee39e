import Media
import Synchronization

/// Sends lanes to keyframe groups.
///
/// Each lane prefers a group of its own, so that decoding runs side by side; once there are no more groups to open it
/// helps with one that is open: a group's decoder is locked for one frame's decoding only, and the long part,
/// inference, runs outside the lock. So a video of one single group keeps every core busy too.
final class DetectScheduler: Sendable {
    private struct State {
        var nextGroup = 0
        var open: [OpenGroup] = []
    }

    private let source: VideoSource
    private let plan: ChunkPlan
    private let wanted: WantedFrames
    /// Indices of chunks that an earlier run has finished.
    private let finished: Set<Int>
    private let began: @Sendable (ChunkPlan.Chunk) -> Void
    private let state = Mutex(State())

    /// - Parameter began: told of each chunk before the first of its frames is decoded.
    init(
        source: VideoSource, plan: ChunkPlan, wanted: WantedFrames, finished: Set<Int>,
        began: @escaping @Sendable (ChunkPlan.Chunk) -> Void = { _ in }
    ) {
        self.began = began
        self.source = source
        self.plan = plan
        self.wanted = wanted
        self.finished = finished
    }

    /// Where a lane should work next: a fresh group, else the open one with the fewest lanes; nil when all is read.
    func claimGroup() throws -> OpenGroup? {
        try state.withLock { state in
            state.open.removeAll { $0.isExhausted }
            let group = try openNext(&state) ?? state.open.min { Self.lanes($0) < Self.lanes($1) }
            group?.laneCount.add(1, ordering: .relaxed)
            return group
        }
    }

    private static func lanes(_ group: OpenGroup) -> Int { group.laneCount.load(ordering: .relaxed) }

    private func openNext(_ state: inout State) throws -> OpenGroup? {
        while state.nextGroup < plan.groups.count {
            let group = plan.groups[state.nextGroup]
            state.nextGroup += 1
            let missing = group.chunks.filter { !finished.contains($0.index) }
            guard let last = missing.last else { continue }
            let reader = try FrameReader(source, frames: group.frames.lowerBound..<last.frames.upperBound)
            let open = OpenGroup(reader: reader, chunks: missing, wanted: wanted, began: began)
            state.open.append(open)
            return open
        }
        return nil
    }
}

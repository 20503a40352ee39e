import Synchronization

/// Adds up the stages of all pipelines to one progress of the job, and tells it: not too often, never backwards.
final class JobProgress: Sendable {
    /// What one pipeline is expected to cost, by stage.
    struct Share: Sendable {
        var pipeline: String
        var costs: [(stage: StageProgress.Stage, cost: Double)]
        /// What a stage is called towards the observer.
        var shown: @Sendable (StageProgress.Stage) -> StageProgress.Stage = { $0 }
        var total: Double { costs.reduce(0) { $0 + $1.cost } }
    }

    private struct State {
        var current = 0
        /// Of the current pipeline's finished stages and of the pipelines before it.
        var costDone = 0.0
        /// Part of `costDone` that this run did not do itself.
        var costSkipped = 0.0
        var stage: StageProgress.Stage?
        var latest: StageProgress?
        var chunk: JobRunProgress.Chunk?
        var stageStarted: Double
        var stageBase = 0
        var fraction = 0.0
        var lastTold = -Double.infinity
    }

    /// At least between two ordinary reports.
    private static let interval = 0.1

    private let shares: [Share]
    private let total: Double
    private let started: Double
    /// Seconds on a monotonic clock.
    private let now: @Sendable () -> Double
    private let observer: JobRunObserver
    private let state: Mutex<State>

    init(_ shares: [Share], now: @escaping @Sendable () -> Double, observer: @escaping JobRunObserver) {
        self.shares = shares
        total = max(shares.reduce(0) { $0 + $1.total }, 1e-9)
        self.now = now
        self.observer = observer
        started = now()
        state = Mutex(State(stageStarted: started))
    }

    /// A pipeline is over; what it has not done is counted as done, so that the others' shares stay as they are.
    func finish(_ index: Int, result: PipelineResult, wasDoneBefore: Bool) {
        state.withLock { state in
            let end = shares[...index].reduce(0) { $0 + $1.total }
            if wasDoneBefore || result.status == .failed { state.costSkipped += end - state.costDone }
            state.costDone = end
            state.current = index + 1
            state.stage = nil
            state.latest = nil
            state.chunk = nil
            observer(.finished(result))
        }
    }

    func observe(_ event: PipelineEvent) {
        state.withLock { state in
            switch event {
            case .warning(let text): observer(.warning(text))
            case .note(let text): observer(.note(text))
            case .chunk(let stage, let index):
                if stage != state.stage { begin(stage, StageProgress(stage: stage, done: 0, total: 0), &state) }
                let shown = shares[min(state.current, shares.count - 1)].shown(stage)
                state.chunk = JobRunProgress.Chunk(stage: shown.rawValue, index: index)
                tell(&state)
            case .progress(let progress):
                let isNew = progress.stage != state.stage || state.latest?.total == 0
                if isNew { begin(progress.stage, progress, &state) }
                state.latest = progress
                if isNew || progress.done >= progress.total || now() - state.lastTold >= Self.interval { tell(&state) }
            }
        }
    }

    private func begin(_ stage: StageProgress.Stage, _ progress: StageProgress, _ state: inout State) {
        let share = shares[min(state.current, shares.count - 1)]
        if stage != state.stage {
            // The stages before this one are over.
            let before = share.costs.prefix { $0.stage != stage }.reduce(0) { $0 + $1.cost }
            let base = shares[..<min(state.current, shares.count - 1)].reduce(0) { $0 + $1.total }
            if share.costs.contains(where: { $0.stage == stage }) { state.costDone = base + before }
            state.chunk = nil
        }
        if progress.total > 0, let cost = share.costs.first(where: { $0.stage == stage })?.cost {
            state.costSkipped += cost * Double(progress.resumed) / Double(progress.total)
        }
        state.stage = stage
        state.latest = progress
        state.stageStarted = now()
        state.stageBase = progress.done
    }

    private func tell(_ state: inout State) {
        guard let latest = state.latest, state.current < shares.count else { return }
        let share = shares[state.current]
        let cost = share.costs.first { $0.stage == latest.stage }?.cost ?? 0
        let part = latest.total > 0 ? min(1, Double(latest.done) / Double(latest.total)) : 0
        let done = state.costDone + cost * part
        state.fraction = max(state.fraction, min(1, done / total))
        state.lastTold = now()
        let elapsed = state.lastTold - started
        let own = done - state.costSkipped
        let remaining = elapsed >= 0.5 && own > total * 1e-4 ? max(0, (total - done) * elapsed / own) : nil
        let seconds = state.lastTold - state.stageStarted
        let frames = latest.done - max(state.stageBase, latest.resumed)
        observer(
            .progress(
                JobRunProgress(
                    pipeline: share.pipeline, stage: share.shown(latest.stage).rawValue, done: latest.done,
                    total: latest.total,
                    resumed: latest.resumed, fraction: state.fraction,
                    framesPerSecond: frames > 0 && seconds > 0 ? Double(frames) / seconds : nil,
                    remainingSeconds: remaining, chunk: state.chunk)))
    }
}

import Media
import Synchronization

/// Counts analysed frames over all lanes and reports them one at a time.
final class FrameCounter: Sendable {
    private let progress: Mutex<StageProgress>
    private let observer: PipelineObserver

    init(stage: StageProgress.Stage, total: Int, resumed: Int, observer: @escaping PipelineObserver) {
        progress = Mutex(StageProgress(stage: stage, done: resumed, total: total, resumed: resumed))
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
final class DamageReport: Sendable {
    private struct Said {
        var patched = false
        var stopped = false
    }

    private let said = Mutex(Said())
    private let observer: PipelineObserver

    init(observer: @escaping PipelineObserver) { self.observer = observer }

    func add(_ damage: FrameReader.Damage) {
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

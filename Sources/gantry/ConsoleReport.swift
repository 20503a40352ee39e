import Foundation
import Pipelines
import Synchronization

/// Shows a pipeline's events on standard error: a bar that redraws itself on a terminal, plain lines elsewhere.
final class ConsoleReport: Sendable {
    private struct State {
        var meter: ProgressMeter?
        var lastDrawn = -Double.infinity
        /// Share at which the next plain line is due.
        var nextPlainShare = 0.25
        var barIsOpen = false
        /// Of a job, the pipeline that is running.
        var pipeline: String?
    }

    private let state = Mutex(State())
    private let isTerminal: Bool
    private let isQuiet: Bool

    /// - Parameter quiet: only warnings are shown.
    init(quiet: Bool) {
        isTerminal = StandardError.isTerminal
        isQuiet = quiet
    }

    func observe(_ event: PipelineEvent) {
        let now = Double(DispatchTime.now().uptimeNanoseconds) / 1e9
        state.withLock { state in
            switch event {
            case .chunk: break
            case .warning(let text): print(line: "warning: \(text)", &state)
            case .note(let text): if !isQuiet { print(line: text, &state) }
            case .progress(let progress): if !isQuiet { show(progress, at: now, &state) }
            }
        }
    }

    /// A job's events: the same, with a line where a pipeline begins.
    func observe(_ event: JobRunEvent) {
        switch event {
        case .warning(let text): observe(PipelineEvent.warning(text))
        case .note(let text): observe(PipelineEvent.note(text))
        case .finished: break
        case .progress(let progress):
            guard let stage = StageProgress.Stage(rawValue: progress.stage) else { return }
            let isNew = state.withLock { state in
                defer { state.pipeline = progress.pipeline }
                return state.pipeline != progress.pipeline
            }
            if isNew { observe(PipelineEvent.note("\(progress.pipeline):")) }
            guard progress.total > 0 else { return }
            observe(
                PipelineEvent.progress(
                    StageProgress(
                        stage: stage, done: progress.done, total: progress.total, resumed: progress.resumed)))
        }
    }

    /// Ends an open bar, so that what follows starts on a line of its own.
    func close() {
        state.withLock { state in
            if state.barIsOpen { write("\n") }
            state.barIsOpen = false
            state.meter = nil
        }
    }

    private func show(_ progress: StageProgress, at now: Double, _ state: inout State) {
        if state.meter?.stage != progress.stage {
            state.meter = ProgressMeter(first: progress, at: now)
            state.nextPlainShare = 0.25
            state.lastDrawn = -.infinity
        }
        state.meter?.update(progress, at: now)
        guard let meter = state.meter else { return }
        if progress.done >= progress.total {
            print(line: meter.summary, &state)
            state.meter = nil
        } else if isTerminal {
            guard now - state.lastDrawn >= 0.1 else { return }  // ten redraws a second are enough for an eye
            state.lastDrawn = now
            write("\r\u{1B}[K" + meter.line(width: terminalWidth() - 1))
            state.barIsOpen = true
        } else if meter.share >= state.nextPlainShare {
            state.nextPlainShare = (meter.share * 4).rounded(.down) / 4 + 0.25
            write(meter.line(width: 60) + "\n")
        }
    }

    private func print(line: String, _ state: inout State) {
        write(state.barIsOpen ? "\r\u{1B}[K\(line)\n" : "\(line)\n")
        state.barIsOpen = false
    }

    private func write(_ text: String) {
        StandardError.write(text)
    }

    private func terminalWidth() -> Int {
        var size = winsize()
        let answered = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return answered && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}

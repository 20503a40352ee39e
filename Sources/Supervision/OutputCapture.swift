import Glibc
import Synchronization

/// Drains what a process prints, and keeps the last of it.
final class OutputCapture: Sendable {
    enum Progress { case more, ended, pause(Duration) }

    private struct State {
        var tail: OutputTail
        var output: LineAssembler
        var errors: LineAssembler
        var brake = FloodBrake()
    }

    private let state: Mutex<State>
    private let onLine: (@Sendable (OutputLine) -> Void)?

    init(_ plan: OutputPlan) {
        let lines = LineAssembler(limit: plan.lineBytes)
        state = Mutex(State(tail: OutputTail(limit: plan.keptBytes), output: lines, errors: lines))
        onLine = plan.onLine
    }

    var tail: OutputTail {
        state.withLock { state in
            var tail = state.tail
            tail.droppedBytes += state.output.droppedBytes + state.errors.droppedBytes
            return tail
        }
    }

    /// One piece from `descriptor`, which does not wait.
    func read(_ descriptor: Int32, _ stream: OutputLine.Stream) -> Progress {
        // Small, so that a piece of nothing but line feeds does not take long either.
        var buffer = [UInt8](repeating: 0, count: 4 << 10)
        let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
        guard count > 0 else {
            let isEnd = count == 0 || (errno != EAGAIN && errno != EINTR)
            if isEnd { take([], stream, isLast: true) }
            return isEnd ? .ended : .more
        }
        let lines = take(buffer.prefix(count), stream)
        let pause = state.withLock { $0.brake.pause(bytes: count, lines: lines, at: .now) }
        return pause.map { .pause($0) } ?? .more
    }

    /// What is in the pipe now; at most as much as a pipe holds.
    func readRest(_ descriptor: Int32, _ stream: OutputLine.Stream) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<16 {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            take(buffer.prefix(count), stream)
        }
        take([], stream, isLast: true)
    }

    @discardableResult
    private func take(_ bytes: ArraySlice<UInt8>, _ stream: OutputLine.Stream, isLast: Bool = false) -> Int {
        var lines: [OutputLine] = []
        state.withLock { state in
            let keep = { (text: String) in lines.append(OutputLine(stream: stream, text: text)) }
            switch stream {
            case .output:
                state.output.append(bytes, keep)
                if isLast { state.output.finish(keep) }
            case .errors:
                state.errors.append(bytes, keep)
                if isLast { state.errors.finish(keep) }
            }
            for line in lines { state.tail.append(line) }
        }
        if let onLine { for line in lines { onLine(line) } }
        return lines.count
    }
}

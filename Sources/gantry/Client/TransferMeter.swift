import Foundation
import Synchronization

/// How far a transfer is, on standard error: a line that is redrawn on a terminal, nothing elsewhere.
final class TransferMeter: Sendable {
    private struct State {
        var first: Int64?
        var start = ContinuousClock.now
        var hasLine = false
    }

    private let title: String
    private let total: Int64?
    private let isShown: Bool
    private let state = Mutex(State())

    /// - Parameter total: Bytes; nil where nobody knows.
    init(title: String, total: Int64?, quiet: Bool) {
        self.title = title
        self.total = total
        isShown = !quiet && StandardError.isTerminal
    }

    /// Draws what `done` says ten times a second, until the task is cancelled.
    func follow(_ done: @Sendable () -> Int64?) async {
        guard isShown else { return }
        while !Task.isCancelled {
            if let bytes = done() { draw(bytes) }
            // A cancelled sleep is noticed above.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Takes the line away.
    func close() {
        state.withLock { state in
            if state.hasLine { StandardError.write("\r\u{1B}[K") }
            state.hasLine = false
        }
    }

    private func draw(_ bytes: Int64) {
        state.withLock { state in
            let first = state.first ?? bytes
            state.first = first
            let seconds = (ContinuousClock.now - state.start) / .seconds(1)
            let line = DownloadProgress.line(done: bytes, total: total, since: first, seconds: seconds)
            StandardError.write("\r\u{1B}[K" + String("\(title)  \(line)".prefix(PlainText.width - 1)))
            state.hasLine = true
        }
    }
}

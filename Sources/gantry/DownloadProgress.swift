import Foundation
import Inference

/// Progress of a fetch on standard error: one line that is redrawn on a terminal, a line a step otherwise.
final class DownloadProgress {
    private let title: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let clock = ContinuousClock()
    private var step = ""
    private var stepStart: ContinuousClock.Instant
    private var firstBytes: Int64?
    private var lastDraw: ContinuousClock.Instant?
    private var hasLine = false

    init(title: String) {
        self.title = title
        stepStart = clock.now
    }

    func report(_ event: FetchEvent) {
        switch event {
        case .step(let text):
            endLine()
            step = text
            stepStart = clock.now
            firstBytes = nil
            write("\(title): \(text)" + (isTerminal ? "" : "\n"))
            hasLine = isTerminal
        case .progress(let done, let total):
            guard isTerminal, done > 0 else { return }
            let first = firstBytes ?? done
            firstBytes = first
            if let last = lastDraw, clock.now - last < .milliseconds(100), done != total ?? -1 { return }
            lastDraw = clock.now
            let line = Self.line(
                done: done, total: total, since: first, seconds: (clock.now - stepStart) / .seconds(1))
            write("\r\u{1B}[K\(title): \(step)  \(line)")
            hasLine = true
        }
    }

    /// `37 %  24.8/67.2 MB  11.3 MB/s  ETA 4 s`.
    ///
    /// - Parameter since: bytes that were there when the step began: a continued download is not credited with them.
    static func line(done: Int64, total: Int64?, since: Int64, seconds: Double) -> String {
        let speed = seconds > 0 ? Double(done - since) / seconds : 0
        var parts: [String] = []
        if let total, total > 0 { parts.append("\(min(100, done * 100 / total)) %") }
        parts.append(megabytes(done) + (total.map { "/" + megabytes($0) } ?? "") + " MB")
        parts.append(String(format: "%.1f MB/s", speed / 1e6))
        if let total, speed > 0 { parts.append("ETA \(Int((Double(max(0, total - done)) / speed).rounded(.up))) s") }
        return parts.joined(separator: "  ")
    }

    static func megabytes(_ bytes: Int64) -> String { String(format: "%.1f", Double(bytes) / 1e6) }

    func finish(_ text: String) {
        endLine()
        write(text + "\n")
    }

    /// Leaves the terminal's line to the failure that follows.
    func interrupt() { endLine() }

    private func endLine() {
        if hasLine { write("\n") }
        hasLine = false
    }

    private func write(_ text: String) { StandardError.write(text) }
}

import Foundation
import PluginHost
import Synchronization

/// A tool's progress on standard error: a bar that redraws itself on a terminal, nothing elsewhere.
final class ToolProgress: Sendable {
    private let isTerminal: Bool
    private let title: String
    private let isOpen = Mutex(false)

    init(title: String, quiet: Bool) {
        self.title = PlainText.line(title)
        isTerminal =
            !quiet && StandardError.isTerminal
    }

    func show(_ progress: PluginCall.Progress) {
        guard isTerminal else { return }
        isOpen.withLock { isOpen in
            StandardError.write("\r\u{1B}[K" + Self.line(title, progress, width: 79))
            isOpen = true
        }
    }

    /// `steps  [=====>    ]  52%  step 5`.
    static func line(_ title: String, _ progress: PluginCall.Progress, width: Int) -> String {
        var line = title
        if let fraction = progress.fraction {
            let (cells, share) = (24, min(max(fraction, 0), 1))
            let filled = Int(share * Double(cells))
            let head = filled > 0 && filled < cells ? ">" : ""
            let bar = String(repeating: "=", count: filled - head.count) + head
            let percent = "\(Int(share * 100))%"
            line += "  [\(bar)\(String(repeating: " ", count: cells - bar.count))]  "
            line += String(repeating: " ", count: 4 - percent.count) + percent
        }
        if let message = progress.message { line += "  " + PlainText.line(message) }
        var short = ""
        for character in line where PlainText.columns(short) + PlainText.columns(String(character)) <= width {
            short.append(character)
        }
        return short
    }

    /// Leaves the line to what follows.
    func close() {
        isOpen.withLock { isOpen in
            if isOpen { StandardError.write("\r\u{1B}[K") }
            isOpen = false
        }
    }
}

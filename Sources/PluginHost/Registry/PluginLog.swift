import Model
import Synchronization

/// The last lines of what a plugin's processes printed and of what went wrong in them, up to so many bytes.
final class PluginLog: Sendable {
    private struct State {
        var lines: [String] = []
        var bytes = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = 256 << 10) { self.limit = limit }

    var lines: [String] { state.withLock { $0.lines } }

    func append(_ text: String, source: String) {
        let stamp = UTCTime.now.iso8601
        state.withLock { state in
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                let entry = "\(stamp) \(source): \(line.prefix(8192))"
                state.lines.append(entry)
                state.bytes += entry.utf8.count
            }
            guard state.bytes > limit else { return }
            // Down to three quarters at once, so that lines are not moved for each new one.
            var count = 0
            while state.bytes > limit / 4 * 3, count < state.lines.count {
                state.bytes -= state.lines[count].utf8.count
                count += 1
            }
            state.lines.removeFirst(count)
        }
    }
}

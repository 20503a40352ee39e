import Formats
import Media
import Model
import PluginHost
import PluginWire
import Synchronization

/// Sends a chunk's frames to a plugin's tool. A chunk's bytes are lines of JSON, a frame each:
/// `{"frame":12,"time":0.48,"result":…}`, or with `"error"`, a text, in place of the result.
struct PluginScan: ChunkAnalyzer {
    let plugin: PluginSession
    let arguments: WireValue
    let errors: ErrorBudget

    /// Frames that may fail before the pipeline does, over all lanes and earlier attempts.
    final class ErrorBudget: Sendable {
        private let limit: Int
        private let count = Mutex(0)

        init(limit: Int, used: Int) {
            self.limit = limit
            count.withLock { $0 = used }
        }

        /// - Throws: the last straw, with its reason.
        func spend(_ reason: String, frame: Int) throws(PipelineFailure) {
            let used = count.withLock { count in
                count += 1
                return count
            }
            guard used > limit else { return }
            throw PipelineFailure(
                code: .unsupported, message: "the tool failed on \(used) pictures; on frame \(frame): \(reason)",
                hint: "Mend the tool, or let more pictures fail: max_errors")
        }
    }

    func makeSession() throws -> any ChunkSession { Session(self) }

    private final class Session: ChunkSession {
        private let scan: PluginScan
        private let maker = InterleavedPictureMaker()
        private var lines: [UInt8] = []

        init(_ scan: PluginScan) { self.scan = scan }

        func take(_ frame: VideoFrame) throws {
            guard
                let picture = RGBFrame(width: frame.width, height: frame.height, bytes: try maker.bytes(of: frame))
            else {
                throw PipelineFailure(
                    code: .unsupported, message: "pictures of \(frame.width)x\(frame.height) are too large for a plugin"
                )
            }
            var answer = try scan.plugin.call(scan.arguments, on: picture)
            // A dead worker may have died of something else; the second time it is this picture.
            if case .lost = answer { answer = try scan.plugin.call(scan.arguments, on: picture) }
            switch answer {
            case .result(let json): lines += Self.line(frame, "result", json)
            case .refused(let reason), .lost(let reason):
                lines += Self.line(frame, "error", WireValue.string(reason).json)
                try scan.errors.spend(reason, frame: frame.index)
            }
        }

        func finish() throws -> [UInt8] {
            defer { lines = [] }
            return lines
        }

        private static func line(_ frame: VideoFrame, _ key: String, _ json: [UInt8]) -> [UInt8] {
            var line = Array("{\"frame\":\(frame.index),\"time\":".utf8)
            WireValue.number(frame.time.seconds).write(to: &line)
            line += Array(",\"\(key)\":".utf8)
            // A tool's JSON may be laid out over several lines; a line feed within a text is written as an escape.
            line += json.contains(0x0A) || json.contains(0x0D) ? json.filter { $0 != 0x0A && $0 != 0x0D } : json
            return line + Array("}\n".utf8)
        }
    }

    /// The lines of a chunk, and how many of them are errors.
    static func lines(_ payload: [UInt8]) -> (lines: [ArraySlice<UInt8>], errors: Int) {
        let lines = payload.split(separator: 0x0A)
        let errors = lines.count { line in
            // The key is written right after the time.
            let text = String(decoding: line.prefix(80), as: UTF8.self)
            return text.contains(",\"error\":") && !text.contains(",\"result\":")
        }
        return (lines, errors)
    }
}

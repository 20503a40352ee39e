import Logging
import Model

/// swift-log's way into a ``ServerLog``.
package struct ServerLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let log: ServerLog

    package init(label: String, log: ServerLog) {
        self.label = label
        self.log = log
        logLevel = log.level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(
        level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
        function: String, line: UInt
    ) {
        let all = metadata.map { self.metadata.merging($0) { $1 } } ?? self.metadata
        log.append(
            log.format.line(time: .now, level: level, label: label, message: message.description, metadata: all))
    }
}

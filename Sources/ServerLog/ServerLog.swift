import Dispatch
import Glibc
import Logging
import Model
import Synchronization

/// The server's log: lines go into a bounded queue and from there, on a thread of its own, to their destination.
///
/// Whoever logs never waits: a destination that is slow, full or gone costs lines, not requests. Lines lost are counted,
/// the destination is tried again, and the first line after the gap says how long it was and what it cost.
package final class ServerLog: Sendable {
    package struct Configuration: Sendable {
        /// nil: standard error.
        package var path: String?
        /// nil: text on a terminal, JSON elsewhere.
        package var format: LogFormat?
        package var level: Logger.Level
        /// Bytes that may wait to be written.
        package var queueLimit: Int

        package init(
            path: String? = nil, format: LogFormat? = nil, level: Logger.Level = .info, queueLimit: Int = 1 << 20
        ) {
            self.path = path
            self.format = format
            self.level = level
            self.queueLimit = queueLimit
        }
    }

    private struct Queue {
        var bytes: [UInt8] = []
        var outage = LogOutage()
        var totalLost = 0
        var isClosed = false
        /// Whether the writer holds lines that are not written yet.
        var isWriting = false
    }

    package let format: LogFormat
    package let level: Logger.Level
    private let queueLimit: Int
    private let queue = Mutex(Queue())
    /// Signalled when there is something to write, and when the log closes.
    private let work = DispatchSemaphore(value: 0)
    /// Signalled when the writer has nothing left after the log was closed.
    private let finished = DispatchSemaphore(value: 0)

    /// - Throws: ``LogFailure`` if the file cannot be opened: at the start that is an error, later it is an outage.
    package init(_ configuration: Configuration) throws(LogFailure) {
        let destination =
            if let path = configuration.path { try LogDestination(path: path) } else { LogDestination() }
        format = configuration.format ?? (destination.isTerminal ? .text : .json)
        level = configuration.level
        queueLimit = configuration.queueLimit
        WriterThread.start { [self] in write(to: destination) }
    }

    /// Lines that were lost so far.
    package var lostLines: Int { queue.withLock { $0.totalLost } }

    /// A logger that writes here.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { ServerLogHandler(label: $0, log: self) }
    }

    /// Queues a line or loses it; at once in either case.
    func append(_ line: [UInt8]) {
        let isFirst = queue.withLock { queue -> Bool in
            guard !queue.isClosed, queue.bytes.count + line.count <= queueLimit else {
                queue.totalLost += 1
                _ = queue.outage.handle(.overflowed)
                return false
            }
            defer { queue.bytes.append(contentsOf: line) }
            return queue.bytes.isEmpty
        }
        if isFirst { work.signal() }
    }

    /// Takes no more lines and waits until those it has are written, at most as long as `deadline` says.
    package func close(deadline: Duration = .seconds(1)) {
        queue.withLock { $0.isClosed = true }
        work.signal()
        let (seconds, attoseconds) = deadline.components
        // A destination that takes nothing keeps what is left: there is nobody else to give it to.
        _ = finished.wait(timeout: .now() + Double(seconds) + Double(attoseconds) * 1e-18)
    }

    private static let gatheringMicroseconds: UInt32 = 2000

    private func write(to destination: LogDestination) {
        while true {
            work.wait()
            var batch = queue.withLock { queue -> ArraySlice<UInt8> in
                defer { queue.bytes.removeAll(keepingCapacity: queue.bytes.capacity <= 64 << 10) }
                return queue.bytes[...]
            }
            while let error = destination.write(&batch) {
                let now = ContinuousClock.now
                let (action, isClosed) = queue.withLock {
                    ($0.outage.handle(.refused(LogFailure.text(error), at: now)), $0.isClosed)
                }
                guard !isClosed, case .retry(let pause) = action else { break }
                let (seconds, attoseconds) = pause.components
                // Woken early by the close only; lines that come meanwhile do not signal twice.
                _ = work.wait(timeout: .now() + Double(seconds) + Double(attoseconds) * 1e-18)
            }
            let (action, isDone) = queue.withLock { queue in
                (
                    batch.isEmpty ? queue.outage.handle(.accepted(at: .now)) : .nothing,
                    queue.isClosed && (queue.bytes.isEmpty || !batch.isEmpty)
                )
            }
            if case .report(let lost, let duration, let reason) = action {
                var report = format.line(
                    time: .now, level: .warning, label: "gantry.log",
                    message: "the log is back: \(lost) lines are missing above",
                    metadata: [
                        "lost_lines": .stringConvertible(lost), "reason": "\(reason)",
                        "seconds": .stringConvertible(Int(duration.components.seconds)),
                    ])[...]
                _ = destination.write(&report)  // If it is gone again, the next gap is reported.
            }
            if isDone { break }
            // Under load lines are gathered, so that not each costs this thread a wake-up and a write.
            usleep(Self.gatheringMicroseconds)
            if queue.withLock({ !$0.bytes.isEmpty || $0.isClosed }) { work.signal() }
        }
        finished.signal()
    }
}

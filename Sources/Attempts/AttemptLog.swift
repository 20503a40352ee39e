import Glibc
import Model

/// What the attempts of one job print, in one file: appended, bounded, and never a reason for a job to fail.
struct AttemptLog: ~Copyable {
    /// Of one job's file; what comes after is left out, and the file says so.
    static let limit = 4 << 20
    private let descriptor: Int32
    private var size: Int
    private var isFull = false

    /// - Parameter path: nil, or one that cannot be opened: nothing is written.
    init(path: String?) {
        let opened = path.map { unsafe open($0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o640) }
        descriptor = opened ?? -1
        var status = stat()
        let isKnown = unsafe fstat(descriptor, &status) == 0
        size = isKnown ? Int(status.st_size) : 0
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    mutating func write(_ text: String, at time: UTCTime = .now) {
        guard descriptor >= 0, !isFull else { return }
        isFull = size + text.utf8.count > Self.limit
        let line = Array("\(time.iso8601) \(isFull ? "(this log is full: what follows is left out)" : text)\n".utf8)
        size += line.count
        // A disk that is full or gone costs lines of a log, nothing else.
        _ = unsafe Glibc.write(descriptor, line, line.count)
    }
}

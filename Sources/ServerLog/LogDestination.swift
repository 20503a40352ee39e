import Glibc
import Model

/// Where log lines go: standard error, or a file that is only appended to.
///
/// `@unchecked Sendable`: once the log exists, the writer's thread alone uses it, and it is that thread that ends it.
final class LogDestination: @unchecked Sendable {
    /// The file's path; nil for standard error.
    private let path: String?
    private var descriptor: Int32
    /// Whether the last write ended within a line: the next begins on a line of its own.
    private var isTorn = false

    /// Standard error, through a descriptor of its own.
    init() {
        path = nil
        descriptor = STDERR_FILENO
    }

    /// The file, created if missing, for its owner alone.
    init(path: String) throws(LogFailure) {
        self.path = path
        descriptor = Self.open(path)
        guard descriptor >= 0 else { throw LogFailure(errno, path: path) }
    }

    deinit { if path != nil { close(descriptor) } }

    /// Whether people read it as it comes.
    var isTerminal: Bool { path == nil && isatty(descriptor) == 1 }

    /// Writes everything, however long that takes.
    ///
    /// - Parameter bytes: What is written is removed from its front, so that a second attempt goes on where this ended.
    /// - Returns: nil when all is written, else errno.
    func write(_ bytes: inout ArraySlice<UInt8>) -> Int32? {
        followRotation()
        if isTorn, !bytes.isEmpty {
            var end = [UInt8(ascii: "\n")][...]
            if let error = push(&end) { return error }
            isTorn = false
        }
        return push(&bytes)
    }

    private func push(_ bytes: inout ArraySlice<UInt8>) -> Int32? {
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                isTorn = bytes[bytes.startIndex + written - 1] != UInt8(ascii: "\n")
                bytes = bytes.dropFirst(written)
            } else if written == 0 {
                return EIO
            } else if errno == EAGAIN {
                // Somebody shares the descriptor and made it non-blocking: this thread may wait.
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&waiting, 1, 1000)
                if waiting.revents & Int16(POLLERR | POLLNVAL) != 0 { return EPIPE }
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// A file that was renamed or removed (log rotation) is opened anew under its name.
    private func followRotation() {
        guard let path else { return }
        var named = stat()
        var own = stat()
        let isSame =
            unsafe stat(path, &named) == 0 && fstat(descriptor, &own) == 0 && named.st_ino == own.st_ino
            && named.st_dev == own.st_dev
        guard !isSame else { return }
        let fresh = Self.open(path)
        guard fresh >= 0 else { return }  // The old file still takes lines.
        close(descriptor)
        descriptor = fresh
        isTorn = false
    }

    private static func open(_ path: String) -> Int32 {
        unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o600)
    }
}

/// Why a log file cannot be used.
package struct LogFailure: Failure {
    package var code: FailureCode
    package var message: String
    package var subject: String?
    package var hint: String?

    init(_ error: Int32, path: String) {
        code =
            switch error {
            case EACCES, EPERM, EROFS: .permissionDenied
            case ENOENT, ENOTDIR: .notFound
            case ENOSPC, EDQUOT: .storageFull
            default: .invalidArgument
            }
        message = "cannot be written as a log file: \(Self.text(error)) (errno \(error))"
        subject = path
        hint = "Name a file in a folder that exists and may be written to, or leave --log-file out"
    }

    static func text(_ error: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        let status = unsafe buffer.withUnsafeMutableBufferPointer { storage in
            guard let start = storage.baseAddress else { return ERANGE }
            return unsafe strerror_r(error, start, storage.count)
        }
        guard status == 0 else { return "unknown error" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

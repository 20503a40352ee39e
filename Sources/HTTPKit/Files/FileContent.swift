import Foundation

/// An open file to be sent: what it was when it was opened is what is sent, or the response breaks off.
final class FileContent: Sendable {
    let size: Int
    /// Seconds since 1970.
    let modified: Int
    /// A strong validator out of inode, size and nanoseconds of the last change.
    let etag: String
    private let descriptor: Int32

    /// - Throws: 404 when there is no regular file, 403 when it may not be read.
    convenience init(path: String) throws(HTTPFailure) {
        // Not blocking on a FIFO; regular files do not care.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else {
            let number = errno
            switch number {
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: throw HTTPFailure(.notFound, "There is no such file")
            case EACCES, EPERM: throw HTTPFailure(.forbidden, "The server may not read this file")
            case EMFILE, ENFILE: throw HTTPFailure(.serviceUnavailable, "The server has too many files open")
            default: throw HTTPFailure(.internalServerError, "The file cannot be opened (errno \(number))")
            }
        }
        try self.init(open: descriptor)
    }

    /// - Parameter descriptor: Becomes this value's own.
    convenience init(descriptor: Int32) throws(HTTPFailure) { try self.init(open: descriptor) }

    private init(open descriptor: Int32) throws(HTTPFailure) {
        self.descriptor = descriptor
        var facts = stat()
        guard unsafe fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw HTTPFailure(.notFound, "There is no such file")
        }
        size = Int(facts.st_size)
        modified = facts.st_mtim.tv_sec
        let parts = [
            UInt64(facts.st_ino), UInt64(bitPattern: Int64(facts.st_size)),
            UInt64(bitPattern: Int64(facts.st_mtim.tv_sec &* 1_000_000_000 &+ facts.st_mtim.tv_nsec)),
        ]
        etag = "\"" + parts.map { String($0, radix: 36) }.joined(separator: "-") + "\""
    }

    deinit { close(descriptor) }

    /// At most `count` bytes from `offset`; fewer at the file's end.
    func read(_ count: Int, at offset: Int) throws(HTTPFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        while true {
            // Safe: the buffer is `count` bytes long.
            let got = unsafe bytes.withUnsafeMutableBytes {
                unsafe pread(descriptor, $0.baseAddress, count, off_t(offset))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                throw HTTPFailure(.internalServerError, "The file cannot be read (errno \(errno))")
            }
            bytes.removeLast(count - got)
            return bytes
        }
    }
}

import Glibc
import Model

/// An open descriptor of a regular file, and what tells whether a path still leads to the same content.
///
/// Named pipes, devices and folders are refused before anything is read, so opening never waits.
final class MediaFile {
    struct Identity: Hashable, Sendable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modifiedSeconds: Int
        var modifiedNanoseconds: Int
    }

    let path: String
    let descriptor: Int32
    let identity: Identity

    init(path: String) throws(MediaFailure) {
        // O_NONBLOCK: a named pipe without a writer must not hold us; it has no effect on regular files.
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.failure(errno, path) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = errno
            close(descriptor)
            throw Self.failure(error, path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a pipe or device"
            throw MediaFailure(
                code: .invalidArgument, message: "is \(kind), not a video file", subject: path,
                hint: "Name a regular file")
        }
        guard status.st_size > 0 else {
            close(descriptor)
            throw MediaFailure(
                code: .invalidData, message: "the file is empty", subject: path, hint: "Copy or record it again")
        }
        self.path = path
        self.descriptor = descriptor
        identity = Identity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            modifiedSeconds: status.st_mtim.tv_sec, modifiedNanoseconds: status.st_mtim.tv_nsec)
    }

    deinit { close(descriptor) }

    /// The file name without folders.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The first bytes of the file, at most `count`.
    func opening(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = unsafe pread(descriptor, buffer.baseAddress, count, 0)
            filled = max(0, got)
        }
    }

    private static func failure(_ error: Int32, _ path: String) -> MediaFailure {
        let words = unsafe String(cString: strerror(error))
        let code: FailureCode
        let hint: String
        switch error {
        case ENOENT, ENOTDIR: (code, hint) = (.notFound, "Check the path")
        case EACCES, EPERM: (code, hint) = (.permissionDenied, "Check the file's permissions")
        default: (code, hint) = (.invalidArgument, "Check the path")
        }
        return MediaFailure(
            code: code, message: "cannot open the file: \(words) (errno \(error))", subject: path, hint: hint)
    }
}

import Glibc
import Model

/// A small file that several processes read and rewrite at the same time, for its owner's eyes only (mode 0600).
///
/// Whoever reads finds the old content or the new, never a part. Whoever changes it holds a lock beside the file from
/// reading to publishing, so that no change is lost; the kernel drops the lock with its process. A change is published
/// as `OutputDirectory` publishes: temporary file, fsync, rename, fsync of the folder, all relative to one descriptor.
package final class SharedDocument: Sendable {
    /// Tells one state of the file from another without reading it.
    package struct Stamp: Hashable, Sendable {
        private let inode: ino_t
        private let size: off_t
        private let seconds: Int
        private let nanoseconds: Int

        init(_ status: stat) {
            inode = status.st_ino
            size = status.st_size
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// As failures call it.
    package let path: String
    private let folder: FileDescriptor
    private let name: String
    private let limit: Int

    /// - Parameters:
    ///   - folder: Created if it is missing.
    ///   - limit: More bytes than this are neither read nor written.
    package init(folder: String, name: String, limit: Int = 1 << 20) throws(FileSafetyFailure) {
        self.name = try FileName(name).text
        self.limit = limit
        path = "\(folder)/\(name)"
        try OutputDirectory.makeFolders(folder)
        self.folder = try FileDescriptor(
            opening: folder, flags: O_RDONLY | O_DIRECTORY, action: "cannot open the folder")
    }

    /// The state of the file now; nil where there is none. One system call: it may be asked at every request.
    package func stamp() throws(FileSafetyFailure) -> Stamp? {
        var status = stat()
        if unsafe fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return Stamp(status) }
        guard errno == ENOENT else { throw .system(errno, "cannot look at it", path) }
        return nil
    }

    /// The whole content and the state that it belongs to; nil where there is no file.
    package func read() throws(FileSafetyFailure) -> (bytes: [UInt8], stamp: Stamp)? {
        do throws(FileSafetyFailure) {
            let file = try FileDescriptor(
                opening: name, in: folder.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, action: "cannot open",
                shownPath: path)
            return (try FileContents.read(file, limit: limit), try Stamp(file.status()))
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return nil
        }
    }

    /// Replaces the content by what `change` makes of it, while no other process can.
    ///
    /// - Parameters:
    ///   - deadline: How long to wait for another process's change; then it is `busy`.
    ///   - change: Given the content (nil where there is no file); nil leaves it as it is.
    package func update(
        deadline: Duration = .seconds(5), _ change: (_ bytes: [UInt8]?) throws -> [UInt8]?
    ) throws {
        let lock = try locked(deadline: deadline)
        defer { _ = lock }  // Held until here: closing the descriptor drops it.
        guard let bytes = try change(read()?.bytes) else { return }
        try publish(bytes)
    }

    private func locked(deadline: Duration) throws(FileSafetyFailure) -> LockFile {
        let file = try FileDescriptor(
            opening: FileName.reservedPrefix + "lock-" + name, in: folder.number, flags: O_RDWR | O_CREAT | O_NOFOLLOW,
            permissions: 0o600, action: "cannot lock", shownPath: path)
        let end = ContinuousClock.now + deadline
        // File systems that know no locks (EINVAL, ENOLCK) leave the file unprotected, as everywhere in Gantry.
        while flock(file.number, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR {
            guard ContinuousClock.now < end else {
                throw FileSafetyFailure(
                    code: .busy, message: "another process has been changing it for \(deadline)", subject: path,
                    hint: "Try again")
            }
            usleep(5000)
        }
        return LockFile(file)
    }

    private final class LockFile {
        private let file: FileDescriptor
        init(_ file: consuming FileDescriptor) { self.file = file }
    }

    /// Only the lock's holder comes here, so that one temporary name is enough, and what a killed process left of it
    /// is simply overwritten.
    private func publish(_ bytes: [UInt8]) throws(FileSafetyFailure) {
        guard bytes.count <= limit else {
            throw FileSafetyFailure(
                code: .storageFull, message: "would be larger than \(limit) bytes", subject: path)
        }
        let temporary = FileName.reservedPrefix + "new-" + name
        unsafe unlinkat(folder.number, temporary, 0)
        let file = try FileDescriptor(
            opening: temporary, in: folder.number, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, permissions: 0o600,
            action: "cannot write", shownPath: path)
        do throws(FileSafetyFailure) {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes { unsafe write(file.number, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .system(count < 0 ? errno : EIO, "cannot write", path) }
                rest = rest.dropFirst(count)
            }
            guard fsync(file.number) == 0 else { throw .system(errno, "cannot make it durable", path) }
            guard unsafe renameat(folder.number, temporary, folder.number, name) == 0 else {
                throw .system(errno, "cannot publish", path)
            }
        } catch {
            unsafe unlinkat(folder.number, temporary, 0)
            throw error
        }
        if fsync(folder.number) != 0, errno != EINVAL { throw .system(errno, "cannot make it durable", path) }
    }
}

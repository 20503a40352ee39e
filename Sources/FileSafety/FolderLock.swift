import Glibc
import Model

/// An exclusive advisory lock on a folder: a file in it that is held with flock(2) and names the holder's process.
///
/// The kernel drops the lock with its process, however that ends, so a lock file that is left over locks nobody out.
/// On file systems that know no locks the folder is simply not protected.
final class FolderLock: Sendable {
    private let file: FileDescriptor
    /// A descriptor of the folder, its own, so that the order of destruction does not matter.
    private let folder: FileDescriptor

    init(folder: consuming FileDescriptor) throws(FileSafetyFailure) {
        while true {
            let file = try FileDescriptor(
                opening: FileName.lock, in: folder.number, flags: O_RDWR | O_CREAT | O_NOFOLLOW, permissions: 0o644,
                action: "cannot lock the folder", shownPath: "\(folder.path)/\(FileName.lock)")
            guard file.tryLock() else {
                throw Self.held(file, folder: folder.path)
            }
            // The previous holder may have removed the name between our open and our lock: then it locks nothing.
            var named = stat()
            let found = unsafe fstatat(folder.number, FileName.lock, &named, AT_SYMLINK_NOFOLLOW)
            let own = try file.status()
            guard found == 0, named.st_ino == own.st_ino, named.st_dev == own.st_dev else { continue }
            file.write(lockHolder: "\(getpid())")
            self.file = file
            self.folder = folder
            return
        }
    }

    /// Whether a run holds the folder at `path` now. Nothing is made or kept: a moment later it may be different.
    static func isHeld(folder path: String) throws(FileSafetyFailure) -> Bool {
        let file: FileDescriptor
        do throws(FileSafetyFailure) {
            file = try FileDescriptor(
                opening: "\(path)/\(FileName.lock)", flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                action: "cannot look at the lock")
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return false
        }
        // Shared, so that two that ask do not see each other.
        return flock(file.number, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    deinit {
        // Removed while it is still held: whoever opened it before notices, and starts over.
        unsafe unlinkat(folder.number, FileName.lock, 0)
    }

    private static func held(_ file: borrowing FileDescriptor, folder: String) -> FileSafetyFailure {
        let holder = Int32(file.lockHolder(upTo: 20))
        return FileSafetyFailure(
            code: .busy,
            message: "another run is writing to this folder" + (holder.map { " (process \($0))" } ?? ""),
            subject: folder, hint: "Wait for it, stop it, or choose another folder")
    }
}

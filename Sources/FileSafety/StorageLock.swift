import Glibc
import Model

/// An exclusive lock on a server's storage folder: a second server on the same folder is refused, and told who has it.
///
/// Held with flock(2), so that the kernel drops it with its process, however that ends.
package final class StorageLock: Sendable {
    private static let name = FileName.reservedPrefix + "server"
    private let file: FileDescriptor

    /// - Parameter folder: Created if it is missing.
    package init(folder: String) throws(FileSafetyFailure) {
        try OutputDirectory.makeFolders(folder)
        let path = "\(folder)/\(Self.name)"
        let file = try FileDescriptor(
            opening: path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, permissions: 0o600,
            action: "cannot lock the storage folder")
        guard file.tryLock() else {
            let holder = file.lockHolder(upTo: 200)
            throw FileSafetyFailure(
                code: .busy,
                message: "another server uses this storage folder" + (holder.isEmpty ? "" : ": \(holder)"),
                subject: folder, hint: "Stop that one, or choose another folder: --storage-dir")
        }
        self.file = file
        name(holder: "process \(getpid())")
    }

    /// Writes down who holds the lock; the file stays when the lock goes, and means nothing then.
    package func name(holder: String) {
        file.write(lockHolder: holder)
    }
}

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

    /// Who holds the lock of `folder` now, as it was written down; nil where nobody does. Only looks: taking the lock to
    /// find out would turn a server away that starts at that moment.
    package static func holder(folder: String) -> String? {
        guard
            let file = try? FileDescriptor(  // no file, no lock
                opening: "\(folder)/\(name)", flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                action: "cannot look at the lock"),
            let status = try? file.status(),
            let locks = try? FileDescriptor(opening: "/proc/locks", flags: O_RDONLY, action: "cannot read")
        else { return nil }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        guard let count = try? locks.read(into: &bytes) else { return nil }
        let holder = file.lockHolder(upTo: 200)
        let isHeld = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").contains { line in
            // "1: FLOCK ADVISORY WRITE 812 08:01:131076 0 EOF"
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[1] == "FLOCK" else { return false }
            let place = fields[5].split(separator: ":")
            guard place.count == 3, place[2] == "\(status.st_ino)" else { return false }
            // Layered file systems give the file another device than the kernel's own; then the holder's name decides.
            let device = (UInt64(place[0], radix: 16) ?? 0, UInt64(place[1], radix: 16) ?? 0)
            return device == (status.deviceMajor, status.deviceMinor) || holder.hasPrefix("process \(fields[4])")
        }
        return isHeld ? holder : nil
    }

    /// Writes down who holds the lock; the file stays when the lock goes, and means nothing then.
    package func name(holder: String) {
        file.write(lockHolder: holder)
    }
}

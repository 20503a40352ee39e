import Glibc
import Model
import Synchronization

/// A folder that results are published into, one run at a time.
///
/// It is anchored: everything happens relative to the folder's descriptor, so it stays the same folder when a path
/// above it is renamed or replaced. A file appears under its name complete and on the disk, or not at all: it is
/// written under a temporary name, synchronised, renamed, and the folder is synchronised. A symbolic link at the name
/// is replaced, never followed.
package final class OutputDirectory: Sendable {
    /// As the user named it.
    package let path: String
    let folder: FileDescriptor
    let gate: SystemCallGate
    private let lock: Mutex<FolderLock?>

    /// Opens the folder, creating it and those above it where they are missing, locks it against other runs, and
    /// removes temporary files that a killed run left.
    ///
    /// - Throws: ``FileSafetyFailure``; `busy` with the holder's process where another run has the folder.
    package convenience init(path: String) throws(FileSafetyFailure) {
        try self.init(path: path, gate: .open)
    }

    convenience init(path: String, gate: SystemCallGate) throws(FileSafetyFailure) {
        try Self.makeFolders(path)
        let lock = try FolderLock(folder: Self.open(path, in: nil, shownPath: path))
        try self.init(folder: Self.open(path, in: nil, shownPath: path), lock: lock, gate: gate)
    }

    private init(folder: consuming FileDescriptor, lock: FolderLock?, gate: SystemCallGate) throws(FileSafetyFailure) {
        path = folder.path
        self.folder = folder
        self.gate = gate
        self.lock = Mutex(lock)
        try removeStaleTemporaries()
    }

    /// Whether a run publishes into the folder at `path` now; no folder is nobody's.
    package static func isInUse(_ path: String) throws(FileSafetyFailure) -> Bool {
        try FolderLock.isHeld(folder: path)
    }

    /// Leads to the folder through its descriptor, also while it is renamed, as long as this value lives.
    package var anchoredPath: String {
        let anchored = "/proc/\(getpid())/fd/\(folder.number)"
        return unsafe access(anchored, F_OK) == 0 ? anchored : path
    }

    /// Lets other runs in. Also happens when the value goes; a process that ends with exit(3) calls it before.
    package func unlock() {
        lock.withLock { $0 = nil }
    }

    /// A folder within this one, created if missing, under this one's lock. A symbolic link at the name is refused.
    package func folder(named name: String) throws(FileSafetyFailure) -> OutputDirectory {
        let name = try FileName(name).text
        let shown = "\(path)/\(name)"
        if unsafe mkdirat(folder.number, name, 0o777) == 0 {
            try synchronizeFolder()
        } else if errno != EEXIST {
            throw .system(errno, "cannot create the folder", shown)
        }
        return try within(name)
    }

    /// The folder of this name that is there, under this one's lock; never through a symbolic link.
    package func within(_ name: String) throws(FileSafetyFailure) -> OutputDirectory {
        try OutputDirectory(
            folder: Self.open(name, in: folder.number, shownPath: "\(path)/\(name)", extraFlags: O_NOFOLLOW), lock: nil,
            gate: gate)
    }

    /// The whole content of a published file; nil where there is none.
    ///
    /// - Parameter limit: More bytes than this are refused before they are read.
    package func contents(of name: String, limit: Int = 1 << 30) throws(FileSafetyFailure) -> [UInt8]? {
        do throws(FileSafetyFailure) {
            let file = try FileDescriptor(
                opening: FileName(name).text, in: folder.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                action: "cannot open", shownPath: "\(path)/\(name)")
            return try FileContents.read(file, limit: limit)
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return nil
        }
    }

    /// Removes a published file or a symbolic link; it is no error if there is none.
    package func remove(_ name: String) throws(FileSafetyFailure) {
        let name = try FileName(name).text
        if unsafe unlinkat(folder.number, name, 0) != 0, errno != ENOENT {
            throw .system(errno, "cannot remove", "\(path)/\(name)")
        }
    }

    /// Removes a folder within this one and the files in it, or whatever else has the name (a file that a file manager
    /// left, a link); it is no error if there is nothing.
    package func removeFolder(named name: String) throws(FileSafetyFailure) {
        let shown = "\(path)/\(try FileName(name).text)"
        do throws(FileSafetyFailure) {
            let inner = try Self.open(name, in: folder.number, shownPath: shown, extraFlags: O_NOFOLLOW)
            for entry in try FolderListing.names(in: inner) where unsafe unlinkat(inner.number, entry, 0) != 0 {
                throw FileSafetyFailure.system(errno, "cannot remove", "\(shown)/\(entry)")
            }
        } catch {
            switch error.systemError {
            case ENOENT: return
            case ENOTDIR: return try remove(name)
            default: throw error
            }
        }
        if unsafe unlinkat(folder.number, name, AT_REMOVEDIR) != 0 {
            throw .system(errno, "cannot remove the folder", shown)
        }
    }

    /// The names of what lies in the folder, sorted by their bytes, without Gantry's own temporary files and lock.
    package func names() throws(FileSafetyFailure) -> [String] {
        try FolderListing.names(in: folder).filter { !$0.hasPrefix(FileName.reservedPrefix) }
    }

    private func removeStaleTemporaries() throws(FileSafetyFailure) {
        for name in try FolderListing.names(in: folder) where name.hasPrefix(FileName.temporaryPrefix) {
            // Only the lock's holder writes here, so nobody is using it. What cannot be removed does no harm.
            unsafe unlinkat(folder.number, name, 0)
        }
    }

    func synchronizeFolder() throws(FileSafetyFailure) {
        let refusal = gate.refusal(.synchronizeFolder)
        // Some file systems have no folders to synchronise (EINVAL): then there is nothing to do.
        if refusal != nil || (fsync(folder.number) != 0 && errno != EINVAL) {
            throw .system(refusal ?? errno, "cannot make it durable", path)
        }
    }

    private static func open(
        _ path: String, in anchor: Int32?, shownPath: String, extraFlags: Int32 = 0
    ) throws(FileSafetyFailure) -> FileDescriptor {
        try FileDescriptor(
            opening: path, in: anchor, flags: O_RDONLY | O_DIRECTORY | extraFlags, action: "cannot open the folder",
            shownPath: shownPath)
    }

    /// `mkdir -p`, each new folder made durable in the one above it.
    package static func makeFolders(_ path: String) throws(FileSafetyFailure) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileSafetyFailure(
                code: .invalidArgument, message: "cannot be a folder's path", subject: path.debugDescription)
        }
        var parent = path.hasPrefix("/") ? "/" : "."
        for component in path.split(separator: "/") {
            let next = parent == "." ? String(component) : parent == "/" ? "/\(component)" : "\(parent)/\(component)"
            if unsafe mkdir(next, 0o777) == 0 {
                let above = try open(parent, in: nil, shownPath: parent)
                _ = fsync(above.number)  // Best effort: every published file synchronises its own folder.
            } else if errno != EEXIST {
                // Folders above may be unwritable or on a read-only disk, and yet be there.
                let error = errno
                guard unsafe access(next, F_OK) == 0 else { throw .system(error, "cannot create the folder", next) }
            }
            parent = next
        }
    }
}

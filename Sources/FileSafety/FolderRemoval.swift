import Glibc
import Model

/// Removes whatever lies under a name, folders with all that is in them. Links are removed, never followed.
package enum FolderRemoval {
    /// More levels than this are none of Gantry's.
    private static let deepest = 32

    /// Removes the entry and makes that durable; it is no error if there is none, or if its folder is missing.
    package static func remove(_ name: String, inFolder path: String) throws(FileSafetyFailure) {
        let name = try FileName(entry: name).text
        let folder: FileDescriptor
        do throws(FileSafetyFailure) {
            folder = try FileDescriptor(
                opening: path, flags: O_RDONLY | O_DIRECTORY, action: "cannot open the folder")
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return
        }
        try remove(name, in: folder, depth: 0)
        if fsync(folder.number) != 0, errno != EINVAL { throw .system(errno, "cannot make it durable", path) }
    }

    /// Removes the folder at a path; it is no error if there is none. Not durable: for what a later start removes anyway.
    package static func discard(_ path: String) throws(FileSafetyFailure) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = try FileName(entry: String(parts.last ?? "")).text
        let above = parts.dropLast().joined(separator: "/")
        let folder: FileDescriptor
        do throws(FileSafetyFailure) {
            folder = try FileDescriptor(
                opening: above.isEmpty ? "/" : above, flags: O_RDONLY | O_DIRECTORY, action: "cannot open the folder")
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return
        }
        try remove(name, in: folder, depth: 0)
    }

    static func remove(
        _ name: String, in folder: borrowing FileDescriptor, depth: Int
    ) throws(FileSafetyFailure) {
        let shown = "\(folder.path)/\(name)"
        if unsafe unlinkat(folder.number, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .system(errno, "cannot remove", shown) }
        guard depth < deepest else {
            throw FileSafetyFailure(code: .unsupported, message: "cannot remove: too many folders", subject: shown)
        }
        let inner: FileDescriptor
        do throws(FileSafetyFailure) {
            inner = try FileDescriptor(
                opening: name, in: folder.number, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                action: "cannot open the folder", shownPath: shown)
        } catch {
            if error.systemError == ENOENT { return }
            throw error
        }
        for entry in try FolderListing.names(in: inner) { try remove(entry, in: inner, depth: depth + 1) }
        if unsafe unlinkat(folder.number, name, AT_REMOVEDIR) != 0, errno != ENOENT {
            throw .system(errno, "cannot remove the folder", shown)
        }
    }
}

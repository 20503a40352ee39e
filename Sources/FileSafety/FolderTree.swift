import Glibc
import Model

/// The files of a folder and of those within it.
package enum FolderTree {
    private static let deepest = 16
    /// More files than this are none of Gantry's.
    private static let mostFiles = 100_000

    /// Paths relative to `folder`, sorted; regular files only, without Gantry's own temporary files and locks. Links are
    /// not followed. None where there is no such folder.
    ///
    /// - Parameter without: Names in the folder itself that are left out.
    package static func files(below folder: String, without: Set<String> = []) throws(FileSafetyFailure) -> [String] {
        let top: FileDescriptor
        do throws(FileSafetyFailure) {
            top = try FileDescriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY, action: "cannot list the folder")
        } catch {
            guard error.systemError == ENOENT else { throw error }
            return []
        }
        var files: [String] = []
        try add(top, prefix: "", without: without, depth: 0, to: &files)
        return files
    }

    /// Opens the regular file at `parts` below `folder` for reading. No link is followed on the way, whoever may change
    /// the folders meanwhile.
    ///
    /// - Returns: A descriptor that is the caller's to close.
    package static func open(_ parts: [FileName], below folder: String) throws(FileSafetyFailure) -> Int32 {
        let top = try FileDescriptor(
            opening: folder, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, action: "cannot open the folder")
        return try open(parts[...], in: top)
    }

    private static func open(
        _ parts: ArraySlice<FileName>, in folder: borrowing FileDescriptor
    ) throws(FileSafetyFailure) -> Int32 {
        guard let name = parts.first?.text else {
            throw FileSafetyFailure(code: .invalidArgument, message: "names no file", subject: folder.path)
        }
        let shown = "\(folder.path)/\(name)"
        guard parts.count == 1 else {
            let inner = try FileDescriptor(
                opening: name, in: folder.number, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                action: "cannot open the folder", shownPath: shown)
            return try open(parts.dropFirst(), in: inner)
        }
        // Not blocking on a FIFO; regular files do not care.
        let file = try FileDescriptor(
            opening: name, in: folder.number, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK, action: "cannot open",
            shownPath: shown)
        guard try file.status().isRegularFile else {
            throw FileSafetyFailure(code: .notFound, message: "is no regular file", subject: shown)
        }
        let own = fcntl(file.number, F_DUPFD_CLOEXEC, 0)
        guard own >= 0 else { throw .system(errno, "cannot open", shown) }
        return own
    }

    /// Whether a regular file lies there, and no link to one.
    package static func isFile(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 && facts.isRegularFile
    }

    private static func add(
        _ folder: borrowing FileDescriptor, prefix: String, without: Set<String>, depth: Int, to files: inout [String]
    ) throws(FileSafetyFailure) {
        for name in try FolderListing.names(in: folder)
        where !without.contains(name) && !name.hasPrefix(FileName.reservedPrefix) {
            var facts = stat()
            // What is gone meanwhile is no file any more.
            guard unsafe fstatat(folder.number, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            if facts.isRegularFile {
                files.append(prefix + name)
            } else if facts.st_mode & S_IFMT == S_IFDIR, depth < deepest {
                let inner = try FileDescriptor(
                    opening: name, in: folder.number, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    action: "cannot list the folder", shownPath: "\(folder.path)/\(name)")
                try add(inner, prefix: "\(prefix)\(name)/", without: [], depth: depth + 1, to: &files)
            }
            guard files.count <= mostFiles else {
                throw FileSafetyFailure(
                    code: .unsupported, message: "holds more than \(mostFiles) files", subject: folder.path)
            }
        }
    }
}

import Glibc

/// Names of a folder's entries.
package enum FolderListing {
    /// The names in the folder at `path`.
    package static func names(inFolder path: String) throws(FileSafetyFailure) -> [String] {
        try names(in: FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY, action: "cannot open"))
    }

    /// All of them but `.` and `..`, sorted by their bytes. Names that are not UTF-8 are repaired, and so cannot be
    /// opened again: none of them is Gantry's.
    static func names(in folder: borrowing FileDescriptor) throws(FileSafetyFailure) -> [String] {
        // A descriptor of its own, because a listing moves the position that duplicates share.
        let own = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0 else { throw .system(errno, "cannot list the folder", folder.path) }
        guard let stream = unsafe fdopendir(own) else {
            let error = errno
            close(own)
            throw .system(error, "cannot list the folder", folder.path)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // d_name is NUL-terminated within its array (readdir(3)), and the entry lives until the next call.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw .system(errno, "cannot list the folder", folder.path) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

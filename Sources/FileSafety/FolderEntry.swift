import Glibc

/// What lies under a name in a folder, as it is: links are not followed.
package struct FolderEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case file, folder, link, other }

    package var kind: Kind
    /// When its content or its status last changed, whichever is later: milliseconds since 1970 by the machine's
    /// calendar at that time.
    package var changedMilliseconds: Int64

    /// Nil where there is nothing of this name, or no such folder.
    package static func find(_ name: String, inFolder path: String) throws(FileSafetyFailure) -> FolderEntry? {
        let name = try FileName(entry: name).text
        var status = stat()
        guard unsafe lstat("\(path)/\(name)", &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw .system(errno, "cannot look at it", "\(path)/\(name)")
            }
            return nil
        }
        let kind: Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .link
            default: .other
            }
        let changed = max(status.st_mtim.milliseconds, status.st_ctim.milliseconds)
        return FolderEntry(kind: kind, changedMilliseconds: changed)
    }

    /// Bytes on the disk of what lies under a name, folders with all that is in them; 0 where there is nothing. What
    /// cannot be read does not count.
    package static func diskBytes(of name: String, inFolder path: String) -> Int64 {
        diskBytes("\(path)/\(name)", depth: 0)
    }

    private static func diskBytes(_ path: String, depth: Int) -> Int64 {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return 0 }
        var bytes = Int64(status.st_blocks) * 512
        guard status.st_mode & S_IFMT == S_IFDIR, depth < 32,
            // A folder that cannot be listed: an estimate for people goes without it.
            let names = try? FolderListing.names(inFolder: path)
        else { return bytes }
        for name in names { bytes += diskBytes("\(path)/\(name)", depth: depth + 1) }
        return bytes
    }
}

extension timespec {
    fileprivate var milliseconds: Int64 { Int64(tv_sec) * 1000 + Int64(tv_nsec) / 1_000_000 }
}

import Glibc

/// Whose the storage folder is. Root may install into that of a server which runs as another user: the folders on the
/// way to the environment then become the server's, which makes the plugin's scratch folder beside it.
enum StorageOwner {
    /// Gives folders that are root's to the storage folder's owner; does nothing for anybody but root.
    ///
    /// - Parameter names: a path within `storage`. No link is followed: the owner could have put one there.
    static func handOver(_ names: [String], in storage: String) {
        guard geteuid() == 0 else { return }
        var folder = unsafe open(storage, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        var owner = stat()
        guard folder >= 0, unsafe fstat(folder, &owner) == 0, owner.st_uid != 0 else { return }
        for name in names {
            let inner = unsafe openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            close(folder)
            folder = inner
            var status = stat()
            // What cannot be given stays root's; the plugin's state then says that its folder cannot be written.
            guard inner >= 0, unsafe fstat(inner, &status) == 0 else { return }
            if status.st_uid == 0 { _ = fchown(inner, owner.st_uid, owner.st_gid) }
        }
    }

    /// The part of a path that root reads and the storage folder's owner does not; nil where there is none.
    static func obstacle(on path: String, for storage: String) -> String? {
        var owner = stat()
        guard geteuid() == 0, unsafe stat(storage, &owner) == 0, owner.st_uid != 0 else { return nil }
        var part = ""
        for name in path.split(separator: "/") {
            part += "/\(name)"
            var status = stat()
            guard unsafe stat(part, &status) == 0 else { return part }
            let right: mode_t =
                switch (status.st_uid == owner.st_uid, status.st_gid == owner.st_gid) {
                case (true, _): S_IXUSR
                case (false, true): S_IXGRP
                case (false, false): S_IXOTH
                }
            if status.st_mode & right == 0 { return part }
        }
        return nil
    }
}

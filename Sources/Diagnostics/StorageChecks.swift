import FileSafety
import Foundation
import Glibc

/// A server's storage folder. Nothing in it is made, locked or changed.
package struct StorageChecks: Sendable {
    private let folders: StorageFolders
    /// Less is an error, and less than the second a warning.
    private static let (leastFree, enoughFree): (Int64, Int64) = (1 << 30, 10 << 30)

    package init(_ surroundings: Surroundings) { folders = surroundings.storage }

    package func run() -> [Check] {
        guard isFolder(folders.root) else {
            guard unsafe access(folders.root, F_OK) != 0 else {
                return [
                    .fail(
                        "storage.folder", "\(folders.root) is no folder",
                        hint: "Name another one: --storage-dir, or GANTRY_STORAGE_DIR")
                ]
            }
            return [unmade]
        }
        return [place, writable, space, holder, leftovers]
    }

    /// Before the first start.
    private var unmade: Check {
        var parent = folders.root
        while parent.count > 1, !isFolder(parent) {
            parent = parent.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
            if parent.isEmpty { parent = "/" }
        }
        guard unsafe access(parent, W_OK | X_OK) == 0 else {
            return .fail(
                "storage.folder", "\(folders.root) is not there, and \(parent) may not be written",
                hint: "Make it for this user: sudo install -d -o $USER \(folders.root)")
        }
        return .pass("storage.folder", "\(folders.root) is not there yet; gantry serve makes it")
    }

    private var place: Check {
        let type = fileSystem
        let isTemporary = ["/tmp/", "/var/tmp/", "/dev/shm/"].contains { (folders.root + "/").hasPrefix($0) }
        guard !isTemporary, type != "tmpfs", type != "ramfs" else {
            return .warn(
                "storage.folder", "\(folders.root) does not outlast a restart of the machine",
                hint: "Choose a folder on a disk: --storage-dir, or GANTRY_STORAGE_DIR")
        }
        guard !["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph"].contains(type ?? "") else {
            return .warn(
                "storage.folder", "\(folders.root) is on a network file system (\(type ?? ""))",
                hint: "Choose a folder on a local disk: the job database needs its locks")
        }
        return .pass("storage.folder", "\(folders.root), on \(type ?? "a disk")")
    }

    /// The type of the file system that the folder is on; nil where the kernel does not tell.
    private var fileSystem: String? {
        var status = stat()
        guard unsafe stat(folders.root, &status) == 0,
            let data = FileManager.default.contents(atPath: "/proc/self/mountinfo")
        else { return nil }
        let device = "\(status.deviceMajor):\(status.deviceMinor)"
        // "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" (proc(5)).
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == device, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count
            else { continue }
            return String(fields[dash + 1])
        }
        return nil
    }

    private var writable: Check {
        let needed =
            [folders.root] + [folders.uploads, folders.results, folders.temporary, folders.logs].filter(isFolder)
        for folder in needed where unsafe access(folder, R_OK | W_OK | X_OK) != 0 {
            return .fail(
                "storage.writable", "\(folder) may not be written by this user (errno \(errno))",
                hint: "Run this as the server's user, or give the folder to it: sudo chown -R USER \(folders.root)")
        }
        var facts = stat()
        guard unsafe stat(folders.root, &facts) == 0, facts.st_mode & 0o002 == 0 else {
            return .warn(
                "storage.writable", "everybody may write to \(folders.root)", hint: "Run: chmod o-w \(folders.root)")
        }
        return .pass("storage.writable", "this user may write to it")
    }

    private var space: Check {
        do throws(FileSafetyFailure) {
            let free = try folders.freeBytes()
            let shown = "\(megabytes(free)) free"
            let mend = "Remove old jobs (gantry cleanup, STORAGE_RETENTION_DAYS), or use a larger disk"
            if free < Self.leastFree { return .fail("storage.space", "only \(shown)", hint: mend) }
            if free < Self.enoughFree { return .warn("storage.space", "only \(shown)", hint: mend) }
            return .pass("storage.space", shown)
        } catch {
            return .fail("storage.space", error.shortDescription, hint: error.hint ?? "Check the disk")
        }
    }

    private var holder: Check {
        if let holder = StorageLock.holder(folder: folders.root) {
            return .pass("storage.server", "in use by \(holder.isEmpty ? "a server" : holder)")
        }
        return .pass("storage.server", "no server uses it now")
    }

    /// Uploads in progress; without a server, what uploads and attempts left: a server empties it as it starts.
    private var leftovers: Check {
        // No such folder holds nothing.
        let names = (try? FolderListing.names(inFolder: folders.temporary)) ?? []
        let uploads = names.count { !$0.hasPrefix(StorageFolders.scratchPrefix) }
        guard !names.isEmpty, StorageLock.holder(folder: folders.root) == nil else {
            return .pass(
                "storage.temporary", uploads == 0 ? "nothing is left over" : "\(counted(uploads, "upload")) in progress"
            )
        }
        let owners = [(uploads, "upload"), (names.count - uploads, "job")].filter { $0.0 > 0 }.map(counted)
        let bytes = FolderEntry.diskBytes(of: "temp", inFolder: folders.root)
        return .warn(
            "storage.temporary",
            "interrupted: \(owners.joined(separator: ", ")), \(megabytes(bytes))",
            hint: "Start the server: it removes what they left; jobs go on where they were")
    }

    private func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}

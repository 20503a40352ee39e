import Glibc
import Model

/// The folders of a server's storage, by name: what lies where is decided here and nowhere else.
///
///     tokens.json, gantry.db    who may come in, and the jobs
///     uploads/<job>/<video>     what was submitted
///     results/<job>/            what came of it; `.gantry/` in it: checkpoints, never shown
///     temp/                     uploads in progress, and `attempt-…`, one folder for each attempt that runs; emptied at
///                               start, under the ``StorageLock``
///                               but for `worker-…`, where workers that run keep theirs
///     worker.json               how workers find the server and are let in
///     logs/<job>.log            what the job's attempts printed
///
/// Jobs are given by their names, which are safe as file names (``FileName`` refuses others).
package struct StorageFolders: Hashable, Sendable {
    /// Absolute, so that it means the same to every process.
    package let root: String

    package static let databaseName = "gantry.db"
    /// Within a job's results: what attempts leave for the next attempt.
    package static let checkpointsName = ".gantry"
    /// In ``temporary``: what belongs to an attempt and is no upload.
    package static let scratchPrefix = "attempt-"
    /// In ``temporary``: a worker's own folder, with those of its attempts in it. The worker holds its lock.
    package static let workerPrefix = "worker-"

    /// - Parameter root: Relative to the working directory where it does not begin with a slash.
    package init(root: String) throws(FileSafetyFailure) {
        guard !root.isEmpty, !root.utf8.contains(0) else {
            throw FileSafetyFailure(
                code: .invalidArgument, message: "cannot be a folder's path", subject: root.debugDescription)
        }
        var path = root
        while path.hasPrefix("./") { path.removeFirst(2) }
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        if !path.hasPrefix("/") {
            let here = try Self.workingFolder()
            path = path.isEmpty || path == "." ? here : here == "/" ? "/\(path)" : "\(here)/\(path)"
        }
        self.root = path
    }

    package var database: String { "\(root)/\(Self.databaseName)" }
    package var uploads: String { "\(root)/uploads" }
    package var results: String { "\(root)/results" }
    package var temporary: String { "\(root)/temp" }
    package var logs: String { "\(root)/logs" }

    package func uploads(of job: String) -> String { "\(uploads)/\(job)" }
    package func results(of job: String) -> String { "\(results)/\(job)" }
    package func checkpoints(of job: String) -> String { "\(results(of: job))/\(Self.checkpointsName)" }
    /// What one attempt at a job may write to besides the results: a folder in ``temporary``, or in a worker's own.
    package static func scratchName(of job: String, lease: String) -> String { "\(scratchPrefix)\(job)-\(lease)" }

    package func log(of job: String) -> String { "\(logs)/\(job).log" }

    /// Makes the folders that are missing.
    package func make() throws(FileSafetyFailure) {
        for folder in [uploads, results, temporary, logs] { try OutputDirectory.makeFolders(folder) }
    }

    /// Removes what uploads and attempts left that never came to their end. Only the holder of the ``StorageLock`` may: another
    /// server's uploads lie there too. Folders of workers stay while somebody holds them, and for a day: not every
    /// network's file system shows the locks of other machines.
    package func emptyTemporary() throws(FileSafetyFailure) {
        for name in try FolderListing.names(inFolder: temporary) {
            if name.hasPrefix(Self.workerPrefix), isFresh("\(temporary)/\(name)") { continue }
            try FolderRemoval.remove(name, inFolder: temporary)
        }
    }

    /// Removes all files of a job, its upload, results, checkpoints and log; it is no error if some or all are gone
    /// already, so that a removal that was interrupted can be repeated. Durable when it returns.
    package func removeFiles(of job: String) throws(FileSafetyFailure) {
        try removeUpload(of: job)
        try FolderRemoval.remove(job, inFolder: results)
        try FolderRemoval.remove("\(job).log", inFolder: logs)
    }

    /// Removes what a job was given, and nothing else.
    package func removeUpload(of job: String) throws(FileSafetyFailure) {
        try FolderRemoval.remove(job, inFolder: uploads)
    }

    /// What the file system that holds the storage has left for this user.
    package func freeBytes() throws(FileSafetyFailure) -> Int64 {
        var facts = statvfs()
        guard unsafe statvfs(root, &facts) == 0 else { throw .system(errno, "cannot look at the disk", root) }
        return Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
    }

    /// Writes a byte where nobody sees it.
    ///
    /// - Returns: As ``freeBytes()``.
    /// - Throws: Where the storage cannot be written, with the reason.
    package func checkWritable() throws(FileSafetyFailure) -> Int64 {
        // A file without a name: it is gone when it is closed.
        let file = unsafe open(temporary, Self.namelessFile | O_WRONLY | O_CLOEXEC, 0o600)
        if file >= 0 {
            defer { close(file) }
            var byte: UInt8 = 0
            guard unsafe write(file, &byte, 1) == 1 else { throw .system(errno, "cannot write", temporary) }
        } else {
            let number = errno
            // Some file systems know no such files.
            guard number == EOPNOTSUPP || number == EISDIR, unsafe access(temporary, W_OK | X_OK) == 0 else {
                throw .system(number, "cannot write", temporary)
            }
        }
        return try freeBytes()
    }

    /// O_TMPFILE, which Glibc's module hides: asm-generic/fcntl.h.
    private static let namelessFile = 0o20_000_000 | O_DIRECTORY

    private func isFresh(_ folder: String) -> Bool {
        if (try? OutputDirectory.isInUse(folder)) != false { return true }  // what cannot be looked at is left alone
        var status = stat()
        return unsafe stat(folder, &status) == 0 && time(nil) - status.st_mtim.tv_sec < 86_400
    }

    private static func workingFolder() throws(FileSafetyFailure) -> String {
        guard let text = unsafe getcwd(nil, 0) else { throw .system(errno, "cannot find the working folder", ".") }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }
}

import Glibc
import Model
import Synchronization

extension OutputDirectory {
    private static let folderPrefix = FileName.reservedPrefix + "new-"
    private static let counter = Atomic<UInt64>(0)

    /// Publishes the folder that `body` fills, for its owner only (mode 0700): complete under `name`, or not at all. If
    /// `body` throws, nothing is published.
    ///
    /// - Throws: what `body` throws; `busy` where something has the name already.
    package func publishFolder<Result>(
        name: String, _ body: (_ inner: OutputDirectory) throws -> Result
    ) throws -> Result {
        let target = try FileName(name).text
        // What a killed run left: only the lock's holder writes here.
        for stale in try FolderListing.names(in: folder) where stale.hasPrefix(Self.folderPrefix) {
            try FolderRemoval.remove(stale, in: folder, depth: 0)
        }
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).oldValue
        let temporary = "\(Self.folderPrefix)\(getpid())-\(number)"
        guard unsafe mkdirat(folder.number, temporary, 0o700) == 0 else {
            throw FileSafetyFailure.system(errno, "cannot create the folder", "\(path)/\(target)")
        }
        do {
            let inner = try within(temporary)
            let result = try body(inner)
            try inner.synchronizeFolder()
            // A folder replaces at most an empty one: what another published under this name stays as it is.
            guard unsafe renameat(folder.number, temporary, folder.number, target) == 0 else {
                guard [EEXIST, ENOTEMPTY, ENOTDIR].contains(errno) else {
                    throw FileSafetyFailure.system(errno, "cannot publish the folder", "\(path)/\(target)")
                }
                throw FileSafetyFailure(
                    code: .busy, message: "something has this name already", subject: "\(path)/\(target)",
                    hint: "Try again, or choose another name")
            }
            try synchronizeFolder()
            return result
        } catch {
            // What cannot be removed now is removed by the next run.
            try? FolderRemoval.remove(temporary, in: folder, depth: 0)
            throw error
        }
    }
}

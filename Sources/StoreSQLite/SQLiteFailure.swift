import CSQLite
import Glibc
import Jobs

extension JobsFailure {
    /// A failed SQLite call, said the way its user has to act on it; SQLite's number and errno are kept.
    ///
    /// - Parameters:
    ///   - status: The extended result code.
    ///   - action: What was attempted: "cannot open the job database".
    @unsafe static func sqlite(
        _ status: Int32, _ action: String, on connection: OpaquePointer?, path: String? = nil
    ) -> JobsFailure {
        let words = unsafe String(cString: sqlite3_errstr(status))
        let error = unsafe connection.map { unsafe sqlite3_system_errno($0) } ?? 0
        let file =
            unsafe path
            ?? connection.flatMap { unsafe sqlite3_db_filename($0, "main") }
            .map { unsafe String(cString: $0) }
        return sqlite(status, words: words, systemError: error, action, subject: file)
    }

    static func sqlite(
        _ status: Int32, words: String, systemError: Int32, _ action: String, subject: String?
    ) -> JobsFailure {
        let number = systemError == 0 ? "SQLite \(status)" : "SQLite \(status), errno \(systemError)"
        let (kind, meaning, hint): (Kind, String, String?) =
            switch (status & 0xFF, systemError) {
            case (SQLITE_FULL, _), (SQLITE_IOERR, ENOSPC):
                (.storageFull, "the disk is full", "Free some space; no restart is needed")
            case (SQLITE_IOERR, EDQUOT):
                (.storageFull, "the disk quota is used up", "Free some space; no restart is needed")
            case (SQLITE_IOERR, EFBIG):
                (.storageFull, "the file would exceed the size limit", "Raise the limit (ulimit -f)")
            case (SQLITE_IOERR, _), (SQLITE_CANTOPEN, EIO):
                (.storageFull, "the disk reports an error", "Check the disk")
            case (SQLITE_BUSY, _), (SQLITE_LOCKED, _):
                (.busy, "another program has the database", "Close it (a sqlite3 shell, a backup) and try again")
            case (SQLITE_CORRUPT, _), (SQLITE_NOTADB, _):
                (.damaged, "the database is damaged", "Stop the server and restore a backup of this file")
            case (SQLITE_READONLY, _), (SQLITE_PERM, _), (SQLITE_AUTH, _):
                (.permissionDenied, "it may not be written", "Check who may write to the file and its folder")
            case (SQLITE_CANTOPEN, EACCES), (SQLITE_CANTOPEN, EPERM), (SQLITE_CANTOPEN, EROFS):
                (.permissionDenied, "permission denied", "Check who may write to the file and its folder")
            case (SQLITE_CANTOPEN, EMFILE), (SQLITE_CANTOPEN, ENFILE):
                (.internalFault, "too many open files", "Raise the limit (ulimit -n)")
            case (SQLITE_CANTOPEN, ENOSPC):
                (.storageFull, "the disk is full", "Free some space; no restart is needed")
            case (SQLITE_CANTOPEN, _):
                (.internalFault, "it cannot be opened", "Check that the folder is there and is yours")
            default:
                (.internalFault, words, nil)
            }
        return JobsFailure(kind: kind, message: "\(action): \(meaning) (\(number))", subject: subject, hint: hint)
    }
}

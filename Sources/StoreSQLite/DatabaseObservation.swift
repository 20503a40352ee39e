import FileSafety
import Glibc
import Jobs

/// Looks at a job database that a server may have open, and changes nothing: not the database, not its log, and no lock
/// is held that a server would miss.
package struct DatabaseObservation: Sendable {
    /// What is in the database.
    package struct Report: Hashable, Sendable {
        /// Of the file, and the one that this program writes.
        package var schema: Int
        package var knownSchema: Int
        package var counts: JobCounts
        /// Jobs that run under a lease that has run out: nobody works on them any more.
        package var abandoned: Int
        /// The database and its log.
        package var byteCount: Int64
        package var logByteCount: Int64
    }

    package let path: String

    package init(path: String) { self.path = path }

    /// Whether there is a database.
    package var exists: Bool { size(of: path) != nil }

    /// What is in it, and whether it is sound.
    ///
    /// - Parameters:
    ///   - isThorough: Compares indexes with tables too (`integrity_check`), which takes longer.
    ///   - now: Of the machine's running boot.
    /// - Throws: `damaged`, `unsupported` for a file that is no job database.
    package func report(isThorough: Bool = false, at now: MonotonicTime) throws(JobsFailure) -> Report {
        try observe { connection throws(JobsFailure) in
            let application = try connection.value(of: "PRAGMA application_id").flatMap { Int($0) }
            guard application == Schema.applicationID else {
                throw JobsFailure(
                    kind: .unsupported, message: "this SQLite database is not a job database of gantry", subject: path)
            }
            let finding = try connection.value(of: "PRAGMA \(isThorough ? "integrity_check" : "quick_check")(1)")
            guard finding == "ok" else {
                throw JobsFailure(
                    kind: .damaged, message: "the job database is damaged: \(finding ?? "no answer")", subject: path,
                    hint: DatabaseOpening.repair)
            }
            let schema = try connection.value(of: "PRAGMA user_version").flatMap { Int($0) } ?? 0
            var report = Report(
                schema: schema, knownSchema: Schema.current.version, counts: JobCounts(), abandoned: 0,
                byteCount: size(of: path) ?? 0, logByteCount: size(of: "\(path)-wal") ?? 0)
            guard schema > 0, schema <= report.knownSchema else { return report }
            try connection.rows(.countByState) { row in
                if let state = JobState(rawValue: row.text(0)) { report.counts[state] = Int(row.integer(1)) }
            }
            let isThisBoot = try connection.value(of: "SELECT boot FROM counters") == BootID.current().text
            let deadline = isThisBoot ? now.nanoseconds : Int64.max
            report.abandoned =
                Int(
                    try connection.value(
                        of: "SELECT count(*) FROM jobs WHERE state = 'running' AND lease_deadline <= \(deadline)")
                        ?? "0")
                ?? 0
            return report
        }
    }

    /// Publishes a copy of the database as it is at one moment, while a server goes on writing. The copy is not yet
    /// looked at.
    package func copy(into directory: OutputDirectory, as name: String) throws(JobsFailure) {
        try observe { connection throws(JobsFailure) in
            try DatabaseOpening.copy(connection, into: directory, as: name)
        }
    }

    // MARK: Reading without a trace

    /// Runs `body` on a connection that sees all that was committed.
    private func observe<Value>(
        _ body: (SQLiteConnection) throws(JobsFailure) -> Value
    ) throws(JobsFailure) -> Value {
        guard exists else {
            throw JobsFailure(
                kind: .jobNotFound, message: "there is no job database", subject: path,
                hint: "gantry serve makes it; name another storage folder with --storage-dir")
        }
        // A server that starts or ends makes or removes the log; then what was read may be of two moments.
        for _ in 0..<5 {
            let before = stamp
            guard size(of: "\(path)-wal") == nil else { return try withLog(body) }
            let result = Result { () throws(JobsFailure) in
                try body(SQLiteConnection(path: path, access: .observe(isAlone: true)))
            }
            if size(of: "\(path)-wal") == nil, stamp == before { return try result.get() }
        }
        throw JobsFailure(
            kind: .busy, message: "the database is opened and closed all the time", subject: path, hint: "Try again")
    }

    private func withLog<Value>(
        _ body: (SQLiteConnection) throws(JobsFailure) -> Value
    ) throws(JobsFailure) -> Value {
        guard size(of: "\(path)-shm") != nil else {
            throw JobsFailure(
                kind: .busy, message: "there is a write-ahead log that no server has taken up yet", subject: path,
                hint: "Start the server once, which brings the log into the database")
        }
        return try body(SQLiteConnection(path: path, access: .observe(isAlone: false)))
    }

    private struct Stamp: Equatable {
        var inode: ino_t
        var size: off_t
        var seconds: Int
        var nanoseconds: Int
    }

    private var stamp: Stamp? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    private func size(of path: String) -> Int64? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}

import FileSafety
import Glibc
import Jobs

/// Opens the database file, or refuses to and leaves it as it is.
///
/// In this order: the folder is locked; the file is looked at, and refused if it is damaged, foreign or of a newer
/// version, before anything is written; a file of an older version is copied; then it is brought up to date.
struct DatabaseOpening {
    let configuration: StoreConfiguration
    /// The locked folder.
    let directory: OutputDirectory

    /// Locks the folder.
    init(_ configuration: StoreConfiguration) throws(JobsFailure) {
        self.configuration = configuration
        do {
            directory = try OutputDirectory(path: configuration.folder)
        } catch {
            throw JobsFailure(folder: error)
        }
        configuration.probe(.locked)
    }

    /// The writer's connection to a sound database of the current version.
    func open() throws(JobsFailure) -> SQLiteConnection {
        let version = try inspect()
        if version > 0, version < configuration.schema.version { try backUp(version: version) }
        let connection = try SQLiteConnection(
            path: configuration.path, access: .write, through: configuration.system)
        guard try connection.value(of: "PRAGMA journal_mode = WAL") == "wal" else {
            throw JobsFailure(
                kind: .unsupported, message: "the file system cannot hold SQLite's write-ahead log",
                subject: configuration.path, hint: "Choose a local folder (no network file system)")
        }
        try connection.execute(
            """
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = \(configuration.checkpointPages);
            PRAGMA cache_size = -32000
            """)
        try migrate(connection)
        try forgetOtherBoots(connection)
        return connection
    }

    /// Refuses what cannot be used, and touches nothing.
    ///
    /// - Returns: The schema's version; 0 for a new file.
    private func inspect() throws(JobsFailure) -> Int {
        let path = configuration.path
        guard try isDatabase() else { return 0 }
        // What SQLite puts beside the database to look at it; nobody else has it open.
        var made: [String] = []
        for name in ["\(path)-shm", "\(path)-wal"] where try status(of: name) == nil { made.append(name) }
        defer { for name in made { unsafe unlink(name) } }
        let connection = try SQLiteConnection(path: path, access: .inspect, through: configuration.system)
        let application = try connection.value(of: "PRAGMA application_id").flatMap { Int($0) } ?? 0
        let version = try connection.value(of: "PRAGMA user_version").flatMap { Int($0) } ?? 0
        let isEmpty = try connection.value(of: "SELECT count(*) FROM sqlite_schema") == "0"
        guard application == Schema.applicationID || (application == 0 && version == 0 && isEmpty) else {
            throw JobsFailure(
                kind: .unsupported, message: "this SQLite database is not a job database of gantry", subject: path,
                hint: "Move it away, or choose another folder")
        }
        guard version <= configuration.schema.version else {
            throw JobsFailure(
                kind: .unsupported,
                message: "the job database is of a newer gantry "
                    + "(schema \(version); this one knows \(configuration.schema.version))",
                subject: path, hint: "Use the newer gantry, or restore the copy that it made before it changed the file"
            )
        }
        let finding = try connection.value(of: "PRAGMA quick_check(1)") ?? "no answer"
        guard finding == "ok" else {
            throw JobsFailure(
                kind: .damaged, message: "the job database is damaged: \(finding)", subject: path, hint: Self.repair)
        }
        return version
    }

    static let repair =
        "Nothing was changed. Restore a backup, or save what is left (sqlite3 FILE .recover | sqlite3 NEW), "
        + "or move the file and those beside it away to start empty"

    /// Whether there is a file with a database's heading; a missing or empty one is a new database.
    private func isDatabase() throws(JobsFailure) -> Bool {
        let path = configuration.path
        let size = try status(of: path)
        if size == nil || size == 0, let log = try status(of: "\(path)-wal"), log > 0 {
            throw JobsFailure(
                kind: .damaged, message: "there is a write-ahead log, but its database is missing or empty",
                subject: path, hint: "Nothing was changed. Put the database back beside its log, or move the log away")
        }
        guard let size, size > 0 else { return false }
        var heading = [UInt8](repeating: 0, count: 16)
        // Closing a file takes away the locks that SQLite has on it in this process: it has none yet.
        let file = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw JobsFailure(systemError: errno, "cannot open the job database", path) }
        defer { close(file) }
        let count = unsafe heading.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        guard count == heading.count, heading == Array("SQLite format 3\0".utf8) else {
            throw JobsFailure(
                kind: .damaged, message: "the job database is damaged: it does not begin like one", subject: path,
                hint: Self.repair)
        }
        return true
    }

    /// Bytes of the regular file at `path`; nil where there is none.
    private func status(of path: String) throws(JobsFailure) -> Int64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw JobsFailure(systemError: errno, "cannot look at it", path) }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw JobsFailure(kind: .unsupported, message: "not a regular file", subject: path)
        }
        return Int64(status.st_size)
    }

    /// Copies the file before its first change, as `jobs.sqlite.schema-1.backup`.
    private func backUp(version: Int) throws(JobsFailure) {
        let reader = try SQLiteConnection(path: configuration.path, access: .read, through: configuration.system)
        try Self.copy(reader, into: directory, as: "\(configuration.fileName).schema-\(version).backup")
        configuration.probe(.backedUp)
    }

    /// Publishes a copy of the database: complete under its name, or not at all.
    static func copy(
        _ source: SQLiteConnection, into directory: OutputDirectory, as name: String
    ) throws(JobsFailure) {
        do {
            try directory.publish(name: name) { path in try source.copy(to: path) }
        } catch let failure as JobsFailure {
            throw failure
        } catch let failure as FileSafetyFailure {
            throw JobsFailure(folder: failure)
        } catch {
            throw JobsFailure(kind: .internalFault, message: "cannot copy the database: \(error)", subject: name)
        }
    }

    private func migrate(_ connection: SQLiteConnection) throws(JobsFailure) {
        let version = try connection.value(of: "PRAGMA user_version").flatMap { Int($0) } ?? 0
        for (step, sql) in configuration.schema.steps.enumerated().dropFirst(version) {
            do throws(JobsFailure) {
                try connection.execute(
                    """
                    BEGIN IMMEDIATE;
                    \(sql)
                    ;PRAGMA application_id = \(Schema.applicationID);
                    PRAGMA user_version = \(step + 1);
                    COMMIT
                    """)
            } catch {
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }  // The first failure counts.
                throw error
            }
        }
        if version < configuration.schema.version { configuration.probe(.migrated) }
    }

    /// Moments of another boot say nothing in this one: its leases have run out, its backoff is over.
    private func forgetOtherBoots(_ connection: SQLiteConnection) throws(JobsFailure) {
        let boot = configuration.boot.text.replacing("'", with: "''")
        guard try connection.value(of: "SELECT boot FROM counters") != configuration.boot.text else { return }
        try connection.execute(
            """
            BEGIN IMMEDIATE;
            UPDATE jobs SET lease_deadline = \(Int64.min) WHERE state = 'running';
            UPDATE jobs SET not_before = NULL WHERE not_before IS NOT NULL;
            UPDATE counters SET boot = '\(boot)';
            COMMIT
            """)
    }
}

extension JobsFailure {
    /// What the folder refuses.
    init(folder failure: FileSafetyFailure) {
        let kind: Kind =
            switch failure.code {
            case .busy: .busy
            case .storageFull: .storageFull
            case .permissionDenied: .permissionDenied
            default: .internalFault
            }
        self.init(kind: kind, message: failure.message, subject: failure.subject, hint: failure.hint)
        if kind == .busy {
            message = message.replacing("another run is writing to", with: "another server has")
            hint = "Stop it, or give this one a folder of its own"
        }
    }

    init(systemError error: Int32, _ action: String, _ path: String) {
        let isPermission = [EACCES, EPERM, EROFS].contains(error)
        self.init(
            kind: isPermission ? .permissionDenied : .internalFault, message: "\(action) (errno \(error))",
            subject: path, hint: isPermission ? "Check who may use this path" : nil)
    }
}

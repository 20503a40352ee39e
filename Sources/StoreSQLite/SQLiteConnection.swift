import CSQLite
import Jobs

/// A connection to a database file, used by one thread at a time, with its statements prepared once and found by name.
@safe final class SQLiteConnection {
    /// How to open it.
    enum Access {
        /// For the writer: creates the file where it is missing.
        case write
        /// For readers.
        case read
        /// For looking at a file that may be damaged or foreign: leaves the database and its log as they are, also
        /// when it closes.
        case inspect
        /// For looking at a database that another process may be writing to: changes no file. With a log beside the
        /// database both are read; without one (`isAlone`) the file is taken as nobody's.
        case observe(isAlone: Bool)
    }

    /// How long a statement waits for another program (a person with a shell, a backup tool) that has the database.
    static let busyMilliseconds: Int32 = 3000

    /// Refused where somebody else in the process has SQLite at work already: then it counts, and that is all.
    private static let isStarted = gantry_sqlite_start() == SQLITE_OK

    let path: String
    private let handle: OpaquePointer
    /// By the name's number: found without hashing.
    private var statements = [SQLiteStatement?](repeating: nil, count: StatementName.allCases.count)

    /// - Parameter system: The name of the VFS to go through; nil for the machine's files.
    init(path: String, access: Access, through system: String? = nil) throws(JobsFailure) {
        _ = Self.isStarted
        var handle: OpaquePointer?
        var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        var name = path
        switch access {
        case .write: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .read, .inspect: flags |= SQLITE_OPEN_READWRITE
        case .observe(let isAlone):
            flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            name = Self.address(of: path) + (isAlone ? "?immutable=1" : "?readonly_shm=1")
        }
        let status = unsafe sqlite3_open_v2(name, &handle, flags, system)
        guard status == SQLITE_OK, let handle = unsafe handle else {
            defer { unsafe sqlite3_close_v2(handle) }
            throw unsafe .sqlite(status, "cannot open the job database", on: handle, path: path)
        }
        unsafe self.handle = handle
        self.path = path
        unsafe sqlite3_busy_timeout(handle, Self.busyMilliseconds)
        unsafe gantry_sqlite_configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
        unsafe gantry_sqlite_configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        switch access {
        case .write: break
        case .read: try execute("PRAGMA query_only = ON")
        case .inspect, .observe: unsafe gantry_sqlite_configure(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        }
    }

    /// The path as SQLite reads it in an address, where some characters mean something.
    private static func address(of path: String) -> String {
        "file:"
            + path.unicodeScalars.map { scalar in
                switch scalar {
                case "%": "%25"
                case "?": "%3f"
                case "#": "%23"
                default: String(scalar)
                }
            }.joined()
    }

    deinit {
        // Statements go first: a connection with statements would stay open.
        statements = []
        unsafe sqlite3_close_v2(handle)
    }

    /// Runs SQL that is not worth keeping prepared: settings, migrations.
    func execute(_ sql: String) throws(JobsFailure) {
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure(status, "the job database refuses") }
    }

    /// The first value of the first row of SQL that is not worth keeping prepared.
    func value(of sql: String) throws(JobsFailure) -> String? {
        var value: String?
        try unsafe SQLiteStatement(sql, on: handle).rows([]) { row in value = value ?? row.optionalText(0) }
        return value
    }

    /// Runs a named statement and hands each of its rows to `body`.
    func rows(
        _ name: StatementName, _ values: SQLiteValue..., body: (SQLiteRow) throws(JobsFailure) -> Void
    ) throws(JobsFailure) {
        try statement(name).rows(values, body)
    }

    func rows(
        _ name: StatementName, values: [SQLiteValue], body: (SQLiteRow) throws(JobsFailure) -> Void
    ) throws(JobsFailure) {
        try statement(name).rows(values, body)
    }

    /// Runs a named statement for its effect.
    func run(_ name: StatementName, _ values: SQLiteValue...) throws(JobsFailure) {
        try statement(name).rows(values) { _ in }
    }

    func run(_ name: StatementName, values: [SQLiteValue]) throws(JobsFailure) {
        try statement(name).rows(values) { _ in }
    }

    /// Rows that the last statement changed.
    var changedRows: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// Rows that were changed since the connection was opened.
    var totalChangedRows: Int64 { unsafe sqlite3_total_changes64(handle) }

    /// Whether a transaction is open. SQLite ends one by itself after some faults.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Copies the whole database, as it is now, into the file at `target`, while others go on writing.
    func copy(to target: String) throws(JobsFailure) {
        let copy = try SQLiteConnection(path: target, access: .write)
        guard let backup = unsafe sqlite3_backup_init(copy.handle, "main", handle, "main") else {
            throw copy.failure(unsafe sqlite3_extended_errcode(copy.handle), "cannot copy the database")
        }
        // All pages in one step, under one read transaction: no writer makes it start over.
        let status = unsafe sqlite3_backup_step(backup, -1)
        let finished = unsafe sqlite3_backup_finish(backup)
        guard status == SQLITE_DONE, finished == SQLITE_OK else {
            throw copy.failure(finished != SQLITE_OK ? finished : status, "cannot copy the database")
        }
        // A file of its own, without a log beside it.
        try copy.execute("PRAGMA journal_mode = DELETE")
    }

    private func statement(_ name: StatementName) throws(JobsFailure) -> SQLiteStatement {
        if let statement = statements[name.rawValue] { return statement }
        let statement = try unsafe SQLiteStatement(name.sql, on: handle)
        statements[name.rawValue] = statement
        return statement
    }

    private func failure(_ status: Int32, _ action: String) -> JobsFailure {
        unsafe .sqlite(status, action, on: handle, path: path)
    }
}

import CSQLite
import Jobs

/// A prepared statement. Of one thread, that of its connection.
@safe final class SQLiteStatement {
    private let handle: OpaquePointer
    private let connection: OpaquePointer

    /// - Parameter sql: One statement.
    init(_ sql: String, on connection: OpaquePointer) throws(JobsFailure) {
        var handle: OpaquePointer?
        let status = unsafe sqlite3_prepare_v3(
            connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard status == SQLITE_OK, let handle = unsafe handle else {
            throw unsafe .sqlite(status, "cannot prepare a statement", on: connection)
        }
        unsafe self.handle = handle
        unsafe self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Binds `values` to the parameters from 1 on and hands each row to `body`.
    func rows(_ values: [SQLiteValue], _ body: (SQLiteRow) throws(JobsFailure) -> Void) throws(JobsFailure) {
        defer { unsafe sqlite3_reset(handle) }
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1)) }
        while true {
            let status = unsafe sqlite3_step(handle)
            switch status {
            case SQLITE_ROW: try body(unsafe SQLiteRow(handle))
            case SQLITE_DONE: return
            default: throw unsafe .sqlite(status, "the job database does not answer", on: connection)
            }
        }
    }

    private func bind(_ value: SQLiteValue, at index: Int32) throws(JobsFailure) {
        let status: Int32
        switch value {
        case .null: status = unsafe sqlite3_bind_null(handle, index)
        case .integer(let number): status = unsafe sqlite3_bind_int64(handle, index, number)
        case .real(let number): status = unsafe sqlite3_bind_double(handle, index, number)
        case .text(var text):
            status = text.withUTF8 { bytes in
                let characters = unsafe UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
                guard let characters = unsafe characters else {
                    return unsafe gantry_sqlite_bind_text(handle, index, "", 0)
                }
                return unsafe gantry_sqlite_bind_text(handle, index, characters, Int32(clamping: bytes.count))
            }
        }
        guard status == SQLITE_OK else {
            throw unsafe .sqlite(status, "cannot bind a statement's value", on: connection)
        }
    }
}

/// The row that a statement stands on; good until the statement moves on.
@safe struct SQLiteRow {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

    func optionalReal(_ column: Int32) -> Double? {
        isNull(column) ? nil : unsafe sqlite3_column_double(handle, column)
    }

    func text(_ column: Int32) -> String { optionalText(column) ?? "" }

    func optionalText(_ column: Int32) -> String? {
        // NUL-terminated, and alive until the next call on the column (sqlite3_column_text).
        guard let characters = unsafe sqlite3_column_text(handle, column) else { return nil }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: characters, count: count), as: UTF8.self)
    }

    private func isNull(_ column: Int32) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }
}

#pragma once
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift does not import: the text is copied, so it need not outlive the call.
static inline int gantry_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
    return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}

// Called once, before anything else of SQLite: it need not count its own memory, which costs a lock at each allocation.
static inline int gantry_sqlite_start(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// sqlite3_db_config takes its arguments variadically, which Swift cannot call.
static inline int gantry_sqlite_configure(sqlite3 *connection, int option, int value) {
    return sqlite3_db_config(connection, option, value, (int *)0);
}

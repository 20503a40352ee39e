#pragma once

/// A file system for SQLite over the machine's own, whose writing calls fail when they are told to.
typedef struct faulty_vfs faulty_vfs;

/// Registers one under `name`; NULL where memory is short.
faulty_vfs *_Nullable faulty_vfs_create(const char *_Nonnull name);

/// Nobody may use it any more.
void faulty_vfs_destroy(faulty_vfs *_Nonnull);

/// From now on the call number `call` (from 1) that writes, grows, synchronises, removes or creates a file fails with
/// SQLite's `status`.
///
/// - lasting: so do all after it.
/// - torn: a write that fails has written its first half.
void faulty_vfs_fail(faulty_vfs *_Nonnull, long call, int status, int lasting, int torn);

/// Nothing fails any more.
void faulty_vfs_heal(faulty_vfs *_Nonnull);

/// Writing calls since the last `faulty_vfs_fail`.
long faulty_vfs_calls(faulty_vfs *_Nonnull);

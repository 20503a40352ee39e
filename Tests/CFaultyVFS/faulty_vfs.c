#include "faulty_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct faulty_vfs {
    sqlite3_vfs base;
    sqlite3_vfs *real;
    char name[64];
    atomic_long calls, fail_at;
    atomic_int status, lasting, torn;
};

typedef struct {
    sqlite3_file base;
    faulty_vfs *vfs;
    sqlite3_file *real;
} faulty_file;

/// The status that this writing call has to fail with; SQLITE_OK where it goes through.
static int fault(faulty_vfs *vfs) {
    long call = atomic_fetch_add(&vfs->calls, 1) + 1;
    long fail_at = atomic_load(&vfs->fail_at);
    if (fail_at == 0 || call < fail_at || (call > fail_at && !atomic_load(&vfs->lasting))) return SQLITE_OK;
    int status = atomic_load(&vfs->status);
    errno = status == SQLITE_FULL ? ENOSPC : EIO;
    return status;
}

#define REAL(file) (((faulty_file *)(file))->real)
#define VFS(file) (((faulty_file *)(file))->vfs)

static int f_close(sqlite3_file *f) { return REAL(f)->pMethods->xClose(REAL(f)); }
static int f_read(sqlite3_file *f, void *to, int count, sqlite3_int64 at) {
    return REAL(f)->pMethods->xRead(REAL(f), to, count, at);
}
static int f_write(sqlite3_file *f, const void *from, int count, sqlite3_int64 at) {
    int status = fault(VFS(f));
    if (status == SQLITE_OK) return REAL(f)->pMethods->xWrite(REAL(f), from, count, at);
    if (atomic_load(&VFS(f)->torn)) REAL(f)->pMethods->xWrite(REAL(f), from, count / 2, at);
    return status;
}
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) {
    int status = fault(VFS(f));
    return status ? status : REAL(f)->pMethods->xTruncate(REAL(f), size);
}
static int f_sync(sqlite3_file *f, int flags) {
    int status = fault(VFS(f));
    return status ? status : REAL(f)->pMethods->xSync(REAL(f), flags);
}
static int f_size(sqlite3_file *f, sqlite3_int64 *size) { return REAL(f)->pMethods->xFileSize(REAL(f), size); }
static int f_lock(sqlite3_file *f, int kind) { return REAL(f)->pMethods->xLock(REAL(f), kind); }
static int f_unlock(sqlite3_file *f, int kind) { return REAL(f)->pMethods->xUnlock(REAL(f), kind); }
static int f_reserved(sqlite3_file *f, int *out) { return REAL(f)->pMethods->xCheckReservedLock(REAL(f), out); }
static int f_control(sqlite3_file *f, int op, void *arg) { return REAL(f)->pMethods->xFileControl(REAL(f), op, arg); }
static int f_sector(sqlite3_file *f) { return REAL(f)->pMethods->xSectorSize(REAL(f)); }
static int f_device(sqlite3_file *f) { return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f)); }
static int f_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    int status = extend ? fault(VFS(f)) : SQLITE_OK;
    return status ? status : REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, out);
}
static int f_shm_lock(sqlite3_file *f, int offset, int count, int flags) {
    return REAL(f)->pMethods->xShmLock(REAL(f), offset, count, flags);
}
static void f_shm_barrier(sqlite3_file *f) { REAL(f)->pMethods->xShmBarrier(REAL(f)); }
static int f_shm_unmap(sqlite3_file *f, int remove) { return REAL(f)->pMethods->xShmUnmap(REAL(f), remove); }

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = f_close, .xRead = f_read, .xWrite = f_write, .xTruncate = f_truncate, .xSync = f_sync,
    .xFileSize = f_size, .xLock = f_lock, .xUnlock = f_unlock, .xCheckReservedLock = f_reserved,
    .xFileControl = f_control, .xSectorSize = f_sector, .xDeviceCharacteristics = f_device, .xShmMap = f_shm_map,
    .xShmLock = f_shm_lock, .xShmBarrier = f_shm_barrier, .xShmUnmap = f_shm_unmap,
};

#define OUTER(vfs) ((faulty_vfs *)(vfs))
#define INNER(vfs) (OUTER(vfs)->real)

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) {
    faulty_file *mine = (faulty_file *)file;
    mine->base.pMethods = NULL;
    mine->vfs = OUTER(vfs);
    mine->real = (sqlite3_file *)(mine + 1);
    int exists = 1;
    if ((flags & SQLITE_OPEN_CREATE) && name) INNER(vfs)->xAccess(INNER(vfs), name, SQLITE_ACCESS_EXISTS, &exists);
    if (!exists && fault(OUTER(vfs))) return SQLITE_CANTOPEN;
    int status = INNER(vfs)->xOpen(INNER(vfs), name, mine->real, flags, out);
    if (mine->real->pMethods) mine->base.pMethods = &methods;
    return status;
}
static int v_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    int status = fault(OUTER(vfs));
    return status ? status : INNER(vfs)->xDelete(INNER(vfs), name, sync);
}
static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    return INNER(vfs)->xAccess(INNER(vfs), name, flags, out);
}
static int v_path(sqlite3_vfs *vfs, const char *name, int count, char *out) {
    return INNER(vfs)->xFullPathname(INNER(vfs), name, count, out);
}
static int v_random(sqlite3_vfs *vfs, int count, char *out) { return INNER(vfs)->xRandomness(INNER(vfs), count, out); }
static int v_sleep(sqlite3_vfs *vfs, int micros) { return INNER(vfs)->xSleep(INNER(vfs), micros); }
static int v_time(sqlite3_vfs *vfs, double *out) { return INNER(vfs)->xCurrentTime(INNER(vfs), out); }
static int v_time64(sqlite3_vfs *vfs, sqlite3_int64 *out) { return INNER(vfs)->xCurrentTimeInt64(INNER(vfs), out); }
static int v_error(sqlite3_vfs *vfs, int count, char *out) { return INNER(vfs)->xGetLastError(INNER(vfs), count, out); }

faulty_vfs *faulty_vfs_create(const char *name) {
    faulty_vfs *vfs = calloc(1, sizeof *vfs);
    if (!vfs) return NULL;
    vfs->real = sqlite3_vfs_find(NULL);
    strncpy(vfs->name, name, sizeof vfs->name - 1);
    vfs->base = (sqlite3_vfs){
        .iVersion = 2, .szOsFile = (int)sizeof(faulty_file) + vfs->real->szOsFile,
        .mxPathname = vfs->real->mxPathname, .zName = vfs->name, .xOpen = v_open, .xDelete = v_delete,
        .xAccess = v_access, .xFullPathname = v_path, .xRandomness = v_random, .xSleep = v_sleep,
        .xCurrentTime = v_time, .xGetLastError = v_error, .xCurrentTimeInt64 = v_time64,
    };
    sqlite3_vfs_register(&vfs->base, 0);
    return vfs;
}

void faulty_vfs_destroy(faulty_vfs *vfs) {
    sqlite3_vfs_unregister(&vfs->base);
    free(vfs);
}

void faulty_vfs_fail(faulty_vfs *vfs, long call, int status, int lasting, int torn) {
    atomic_store(&vfs->fail_at, 0);
    atomic_store(&vfs->calls, 0);
    atomic_store(&vfs->status, status);
    atomic_store(&vfs->lasting, lasting);
    atomic_store(&vfs->torn, torn);
    atomic_store(&vfs->fail_at, call);
}

void faulty_vfs_heal(faulty_vfs *vfs) { atomic_store(&vfs->fail_at, 0); }

long faulty_vfs_calls(faulty_vfs *vfs) { return atomic_load(&vfs->calls); }

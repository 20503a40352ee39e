// Preloaded into a server (LD_PRELOAD), this lets one of the calls that change its storage fail as on a full disk.
//
// FAILING_FOLDER is the storage folder; FAILING_COUNTER a file of two 64-bit numbers, shared with whoever measures. Each such
// call takes one off the first, and the one that takes it to zero fails with ENOSPC; so do all after it while the second is
// not zero. With both at zero nothing fails.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct { _Atomic int64_t left, lasts; } *counter;
static const char *folder;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("FAILING_COUNTER");
    folder = getenv("FAILING_FOLDER");
    int file = path && folder ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *shared = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (shared != MAP_FAILED) counter = shared;
}

static int fails(void) {
    int64_t left = atomic_fetch_sub(&counter->left, 1);
    if (left != 1 && !(left < 1 && atomic_load(&counter->lasts))) return 0;
    errno = ENOSPC;
    return 1;
}

static int is_armed(void) { return counter && (atomic_load(&counter->left) > 0 || atomic_load(&counter->lasts)); }

static int path_fails(const char *path) { return is_armed() && !strncmp(path, folder, strlen(folder)) && fails(); }

static int file_fails(int file) {
    if (!is_armed()) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return path_fails(path);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    return file_fails(file) ? -1 : real(file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    return file_fails(file) ? -1 : real(file, bytes, count, at);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    REAL(pwrite);
    return file_fails(file) ? -1 : real(file, bytes, count, at);
}

int fsync(int file) {
    REAL(fsync);
    return file_fails(file) ? -1 : real(file);
}

int fdatasync(int file) {
    REAL(fdatasync);
    return file_fails(file) ? -1 : real(file);
}

int ftruncate64(int file, off64_t length) {
    REAL(ftruncate64);
    return file_fails(file) ? -1 : real(file, length);
}

int ftruncate(int file, off_t length) {
    REAL(ftruncate);
    return file_fails(file) ? -1 : real(file, length);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return path_fails(path) ? -1 : real(path, mode);
}

int renameat(int from, const char *old, int to, const char *new) {
    REAL(renameat);
    return file_fails(to) ? -1 : real(from, old, to, new);
}

int openat(int at, const char *path, int flags, ...) {
    REAL(openat);
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    if ((flags & O_CREAT) && (path[0] == '/' ? path_fails(path) : file_fails(at))) return -1;
    return real(at, path, flags, mode);
}

// Landlock: which files the process and all its descendants reach, whoever they run as. The numbers are the kernel's
// ABI, written out here because distributions' headers are older than the kernels that run below them.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { RULE_PATH_BENEATH = 1, ASK_VERSION = 1 };

// Rights, in the order in which the kernel learned them.
#define EXECUTE (1ULL << 0)
#define WRITE_FILE (1ULL << 1)
#define READ_FILE (1ULL << 2)
#define READ_DIR (1ULL << 3)
#define MAKE_CHAR (1ULL << 6)
#define MAKE_BLOCK (1ULL << 11)
#define FIRST_VERSION ((1ULL << 13) - 1)
#define REFER (1ULL << 13)      // 2: move and link between folders
#define TRUNCATE (1ULL << 14)   // 3
#define NETWORK_TCP 3ULL        // 4: bind and connect
#define IOCTL_DEVICE (1ULL << 15) // 5
#define SCOPE_SOCKETS_AND_SIGNALS 3ULL // 6: abstract sockets, signals

#define READING (EXECUTE | READ_FILE | READ_DIR)
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE)

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

static int allow(int ruleset, const char *path, uint64_t rights) {
    int file = open(path, O_PATH | O_CLOEXEC);
    if (file < 0) {
        // What is not there cannot be reached; a distribution lacks some of the usual places.
        if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return 0;
        return -1;
    }
    struct stat status;
    int result = fstat(file, &status);
    if (result == 0) {
        if (!S_ISDIR(status.st_mode)) rights &= OF_FILES;
        struct path_rule rule = {.allowed = rights, .parent = file};
        result = (int)syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
    }
    int error = errno;
    close(file);
    errno = error;
    return result;
}

int confine_files(const struct plan *plan) {
    int version = is_pretended_missing(plan, "landlock")
                      ? -1
                      : (int)syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    if (version < 1) {
        report("landlock", NOT_OFFERED, "files are only protected by their permissions");
        return 0;
    }
    // Older kernels, as a test sees them.
    if (version > 1 && is_pretended_missing(plan, "landlock-2")) version = 1;
    if (version > 2 && is_pretended_missing(plan, "landlock-3")) version = 2;
    if (version > 5 && is_pretended_missing(plan, "landlock-6")) version = 5;

    struct ruleset handled = {.files = FIRST_VERSION};
    if (version >= 2) handled.files |= REFER;
    if (version >= 3) handled.files |= TRUNCATE;
    if (version >= 4 && !plan->network) handled.network = NETWORK_TCP;
    if (version >= 5) handled.files |= IOCTL_DEVICE;
    if (version >= 6) handled.scopes = SCOPE_SOCKETS_AND_SIGNALS;
    // A kernel refuses a structure with parts that it does not know.
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;

    int ruleset = (int)syscall(CREATE_RULESET, &handled, size, 0);
    if (ruleset < 0) {
        report("landlock", FAILED, "ruleset");
        return 0;
    }
    uint64_t reading = READING & handled.files;
    uint64_t writing = handled.files & ~(MAKE_CHAR | MAKE_BLOCK);
    for (size_t index = 0; index < plan->read_count; index++)
        if (allow(ruleset, plan->read_paths[index], reading) != 0)
            reportf("landlock", FAILED, "%s", plan->read_paths[index]);
    for (size_t index = 0; index < plan->write_count; index++)
        if (allow(ruleset, plan->write_paths[index], writing) != 0)
            reportf("landlock", FAILED, "%s", plan->write_paths[index]);
    int result = (int)syscall(RESTRICT_SELF, ruleset, 0);
    int error = errno;
    close(ruleset);
    errno = error;
    if (result != 0) {
        report("landlock", FAILED, "restrict");
        return 0;
    }
    reportf("landlock", APPLIED, "version %d%s%s", version, version < 2 ? ", no moves between folders" : "",
            version < 6 ? ", signals and truncation by seccomp" : "");
    return version;
}

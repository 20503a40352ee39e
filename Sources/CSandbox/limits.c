// Limits that the kernel keeps per process, and how the kernel ranks the process against the server.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
    const char *name;
    int resource;
} known[] = {
    {"address-space", RLIMIT_AS}, {"data", RLIMIT_DATA},       {"open-files", RLIMIT_NOFILE},
    {"core", RLIMIT_CORE},        {"file-size", RLIMIT_FSIZE}, {"processes", RLIMIT_NPROC},
    {"cpu", RLIMIT_CPU},          {"queues", RLIMIT_MSGQUEUE}, {"realtime", RLIMIT_RTPRIO},
};

static int resource_named(const char *text, size_t length) {
    for (size_t index = 0; index < sizeof known / sizeof *known; index++)
        if (strlen(known[index].name) == length && strncmp(known[index].name, text, length) == 0)
            return known[index].resource;
    return -1;
}

static bool in_control_group = false;

static void apply_limit(const char *setting) {
    const char *equals = strchr(setting, '=');
    int resource = equals ? resource_named(setting, (size_t)(equals - setting)) : -1;
    char *end = NULL;
    errno = 0;
    unsigned long long value = equals ? strtoull(equals + 1, &end, 10) : 0;
    if (resource < 0 || errno != 0 || end == equals + 1 || *end != '\0') {
        errno = EINVAL;
        reportf("limit", FAILED, "%s", setting);
        return;
    }
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) == 0) {
        // A limit that is already tighter stays.
        rlim_t target = limit.rlim_max == RLIM_INFINITY || value < limit.rlim_max ? (rlim_t)value : limit.rlim_max;
        limit = (struct rlimit){.rlim_cur = target, .rlim_max = target};
        if (setrlimit((__rlimit_resource_t)resource, &limit) == 0) {
            // The kernel counts processes per user and never refuses root one; then only the server counts them.
            bool binds = resource != RLIMIT_NPROC || in_control_group || getuid() != 0;
            if (binds) reportf("limit", APPLIED, "%s", setting);
            else reportf("limit", NOT_OFFERED, "%s (root has none, and there is no control group)", setting);
            return;
        }
    }
    reportf("limit", FAILED, "%s", setting);
}

void join_control_group(const struct plan *plan) {
    if (!plan->control_group || is_pretended_missing(plan, "control-group")) return;
    int file = open(plan->control_group, O_WRONLY | O_CLOEXEC);
    // Zero is whoever writes it.
    in_control_group = file >= 0 && write(file, "0", 1) == 1;
    int error = errno;
    if (file >= 0) close(file);
    if (in_control_group) report("control-group", APPLIED, NULL);
    else reportf("control-group", NOT_OFFERED, "errno %d", error);
}

void apply_limits(const struct plan *plan) {
    for (size_t index = 0; index < plan->limit_count; index++) apply_limit(plan->limits[index]);
}

void apply_scheduling(const struct plan *plan) {
    if (plan->oom_score) {
        int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        ssize_t length = (ssize_t)strlen(plan->oom_score);
        bool done = file >= 0 && write(file, plan->oom_score, (size_t)length) == length;
        int error = errno;
        if (file >= 0) close(file);
        errno = error;
        // Without it the kernel may choose the server when memory runs out: worth saying, not worth refusing to start.
        if (done) reportf("oom-score", APPLIED, "%s", plan->oom_score);
        else reportf("oom-score", NOT_OFFERED, "errno %d", error);
    }
    if (plan->sets_niceness) {
        errno = 0;
        if (setpriority(PRIO_PROCESS, 0, plan->niceness) == 0) reportf("nice", APPLIED, "%d", plan->niceness);
        else reportf("nice", NOT_OFFERED, "errno %d", errno);
    }
}

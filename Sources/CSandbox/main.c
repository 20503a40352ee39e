// gantry-sandbox: takes away from this process what a plugin does not need, says what it could and could not take, and
// becomes the plugin's program.
//
// It stands between the server and the program because all of this has to happen in the new process, and the server,
// with its many threads, cannot run code of its own between fork and exec.
//
// Its own environment is the server's choice. The program's comes as arguments: a variable such as LD_PRELOAD, which a
// plugin may ask for, must not act on this process while it is not confined yet.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/// Leaves 0 … `keep` and the report open.
static void close_descriptors(const struct plan *plan) {
    if (plan->report >= 0 && fcntl(plan->report, F_SETFD, FD_CLOEXEC) != 0) {
        report("descriptors", FAILED, "report");
        return;
    }
    int first = plan->keep + 1;
    if (plan->report >= first) {
        for (int number = first; number < plan->report; number++) close(number);
        first = plan->report + 1;
    }
    if (syscall(SYS_close_range, first, ~0U, 0) != 0) {
        long open_files = sysconf(_SC_OPEN_MAX);
        for (int number = first; number < (open_files > 0 ? open_files : 65536); number++) close(number);
    }
    reportf("descriptors", APPLIED, "0-%d", plan->keep);
}

/// A process group of its own, so that one signal reaches everything that it starts.
static void lead_group(void) {
    if (getpgid(0) == getpid() || setpgid(0, 0) == 0) report("group", APPLIED, NULL);
    else report("group", FAILED, NULL);
}

/// The kernel kills this process when the thread that spawned it ends.
static void die_with(int parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return report("die-with-server", FAILED, NULL);
    // It may have ended before the kernel knew.
    errno = ESRCH;
    if (getppid() == parent) report("die-with-server", APPLIED, NULL);
    else report("die-with-server", FAILED, "the server is gone");
}

int main(int count, char **arguments) {
    struct plan plan;
    read_options(count, arguments, &plan);
    open_report(plan.report);

    lead_group();
    if (plan.parent > 0) die_with(plan.parent);
    close_descriptors(&plan);
    umask((mode_t)plan.file_mask);
    if (plan.directory && chdir(plan.directory) != 0) reportf("directory", FAILED, "%s", plan.directory);
    join_control_group(&plan);
    apply_scheduling(&plan);
    forbid_new_privileges(&plan);
    int landlock_version = 0;
    if (plan.confine) {
        drop_capabilities(&plan);
        landlock_version = confine_files(&plan);
    }
    apply_limits(&plan);
    if (plan.confine && !plan.nest) confine_calls(&plan, landlock_version);
    if (has_failed()) return 126;

    execve(plan.program[0], plan.program, plan.environment);
    int error = errno;
    reportf("exec", FAILED, "%s", plan.program[0]);
    return error == ENOENT ? 127 : 126;
}

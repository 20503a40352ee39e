// What the process may do by virtue of who it is: nothing beyond what any user may.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

void forbid_new_privileges(const struct plan *plan) {
    if (is_pretended_missing(plan, "no-new-privileges")) return report("no-new-privileges", NOT_OFFERED, NULL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) report("no-new-privileges", APPLIED, NULL);
    else report("no-new-privileges", FAILED, NULL);
}

void drop_capabilities(const struct plan *plan) {
    if (is_pretended_missing(plan, "capabilities")) return report("capabilities", NOT_OFFERED, NULL);
    // The bounding set goes first: without it exec would give them all back to root.
    int bounded = 0;
    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) bounded++;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0) return report("capabilities", FAILED, "cannot drop them");
    // Root that could not shrink its bounding set would have them again after exec.
    if (getuid() == 0 && prctl(PR_CAPBSET_READ, 0, 0, 0, 0) == 1) {
        errno = EPERM;
        return report("capabilities", FAILED, "root keeps them over exec");
    }
    report("capabilities", APPLIED, bounded > 0 ? "all dropped, bounding set empty" : "none held");
}

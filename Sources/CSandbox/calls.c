// seccomp: which system calls the process and all its descendants may make. A list of what is refused rather than of
// what is allowed: plugins bring numeric libraries, GPU drivers and runtimes whose calls nobody can foresee.
//
// The filter is built here as a classic BPF program: load the call's number, compare, jump. Every rule is a few
// instructions that end in a verdict or fall through to the next rule.
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <fcntl.h>
#include <asm/ioctls.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the system call filter knows x86-64 and aarch64"
#endif

// Calls that some headers do not have yet; their numbers are the same on every architecture from 424 on.
#define CALL_PIDFD_SEND_SIGNAL 424
#define CALL_IO_URING_SETUP 425
#define CALL_IO_URING_ENTER 426
#define CALL_IO_URING_REGISTER 427
#define CALL_OPEN_TREE 428
#define CALL_MOVE_MOUNT 429
#define CALL_FSOPEN 430
#define CALL_FSCONFIG 431
#define CALL_FSMOUNT 432
#define CALL_FSPICK 433
#define CALL_CLONE3 435
#define CALL_PIDFD_GETFD 438
#define CALL_PROCESS_MADVISE 440
#define CALL_MOUNT_SETATTR 442
#define CALL_QUOTACTL_FD 443
#define CALL_MEMFD_SECRET 447
#define CALL_PROCESS_MRELEASE 448
#define CALL_FCHMODAT2 452
#define CALL_SETXATTRAT 463
#define CALL_REMOVEXATTRAT 466
#define CALL_OPEN_TREE_ATTR 467
#define CALL_FILE_SETATTR 469

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

enum { CAPACITY = 512 };
static struct sock_filter program[CAPACITY];
static unsigned short length = 0;
static bool overflow = false;

static void emit(struct sock_filter instruction) {
    if (length < CAPACITY) program[length++] = instruction;
    else overflow = true;
}

static void load(uint32_t offset) { emit((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)); }
static void load_call(void) { load(offsetof(struct seccomp_data, nr)); }
/// The low half of argument `index`; both architectures are little-endian.
static void load_argument(int index) {
    load((uint32_t)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)index));
}
static void verdict(uint32_t value) { emit((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value)); }
/// Goes on with the next instruction if equal, else skips `otherwise`.
static void if_equal(uint32_t value, uint8_t otherwise) {
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, otherwise));
}
static uint32_t refusal(int error) { return SECCOMP_RET_ERRNO | (uint32_t)error; }

/// Refuses a call whatever its arguments. Expects the call's number loaded, as all rules do.
static void refuse(int call, int error) {
    if_equal((uint32_t)call, 1);
    verdict(refusal(error));
}

/// Refuses a call unless argument `index`, reduced to `mask`, is one of `count` values.
static void allow_only(int call, int index, uint32_t mask, int count, const uint32_t *values, int error) {
    if_equal((uint32_t)call, (uint8_t)(2 * count + 4));
    load_argument(index);
    emit((struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
    for (int each = 0; each < count; each++) {
        if_equal(values[each], 1);
        // To the reload at the end of this rule.
        emit((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(2 * (count - each - 1) + 1)));
    }
    verdict(refusal(error));
    load_call();
}

/// Refuses a call when argument `index` has any of `bits`.
static void refuse_bits(int call, int index, uint32_t bits, int error) {
    if_equal((uint32_t)call, 4);
    load_argument(index);
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1));
    verdict(refusal(error));
    load_call();
}

/// Refuses a call when argument `index` is `value`.
static void refuse_value(int call, int index, uint32_t value, int error) {
    if_equal((uint32_t)call, 4);
    load_argument(index);
    if_equal(value, 1);
    verdict(refusal(error));
    load_call();
}

/// Refuses a call when argument `index` is an address rather than null.
static void refuse_address(int call, int index, int error) {
    uint32_t low = (uint32_t)(offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)index);
    if_equal((uint32_t)call, 6);
    load(low);
    if_equal(0, 2);
    load(low + 4);
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
    verdict(refusal(error));
    load_call();
}

static void check_architecture(void) {
    load(offsetof(struct seccomp_data, arch));
    if_equal(THIS_ARCHITECTURE, 1);
    emit((struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1));
    verdict(refusal(ENOSYS));
    load_call();
#if defined(__x86_64__)
    // The x32 calls, which have numbers of their own.
    emit((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1));
    verdict(refusal(ENOSYS));
#endif
}

/// What reaches into other processes, the kernel or the machine.
static void refuse_reach(const struct plan *plan) {
    static const int calls[] = {
        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, CALL_PIDFD_GETFD, CALL_PROCESS_MADVISE,
        CALL_PROCESS_MRELEASE, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, CALL_OPEN_TREE, CALL_MOVE_MOUNT,
        CALL_FSOPEN, CALL_FSCONFIG, CALL_FSMOUNT, CALL_FSPICK, CALL_MOUNT_SETATTR, CALL_OPEN_TREE_ATTR, SYS_setns,
        SYS_unshare, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_bpf,
        SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl, CALL_IO_URING_SETUP,
        CALL_IO_URING_ENTER, CALL_IO_URING_REGISTER, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_sethostname,
        SYS_setdomainname, SYS_quotactl, CALL_QUOTACTL_FD, SYS_acct, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
        SYS_clock_adjtime, SYS_syslog, SYS_vhangup, SYS_open_by_handle_at, SYS_fanotify_init, SYS_personality,
#if defined(__x86_64__)
        SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
        // What outlives the process that made it: System V and POSIX message queues, semaphores, shared memory.
        SYS_shmget, SYS_semget, SYS_msgget, SYS_mq_open, SYS_mq_unlink,
        // What leaves the process group.
        SYS_setsid, SYS_setpgid,
    };
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) refuse(calls[index], EPERM);
    // Memory that no process maps, which nobody could count. GPU drivers share theirs this way.
    if (!plan->memory_files) {
        refuse(SYS_memfd_create, ENOSYS);
        refuse(CALL_MEMFD_SECRET, ENOSYS);
    }
    // Its flags lie in memory, where a filter cannot see them; without it the C library uses clone.
    refuse(CALL_CLONE3, ENOSYS);
    refuse_bits(SYS_clone, 0, NAMESPACES | CLONE_PARENT, EPERM);
    // Keystrokes into the terminal that the server was started from.
    refuse_value(SYS_ioctl, 1, TIOCSTI, EPERM);
    refuse_value(SYS_ioctl, 1, 0x541C /* TIOCLINUX */, EPERM);
}

/// Limits, priorities and processors of other processes of the same user: only one's own may be changed.
static void refuse_others(void) {
    static const uint32_t self[] = {0};
    static const int calls[] = {SYS_prlimit64, SYS_sched_setscheduler, SYS_sched_setparam,
                                SYS_sched_setattr, SYS_migrate_pages, SYS_move_pages};
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++)
        allow_only(calls[index], 0, ~0U, 1, self, EPERM);
    // Succeeds without doing anything: numeric libraries bind each of their threads to a processor, by its number, which
    // a filter cannot tell from another process's, and complain at length when they may not.
    allow_only(SYS_sched_setaffinity, 0, ~0U, 1, self, 0);
    static const uint32_t process[] = {PRIO_PROCESS}, io_process[] = {1};
    allow_only(SYS_setpriority, 0, ~0U, 1, process, EPERM);
    allow_only(SYS_setpriority, 1, ~0U, 1, self, EPERM);
    allow_only(SYS_ioprio_set, 0, ~0U, 1, io_process, EPERM);
    allow_only(SYS_ioprio_set, 1, ~0U, 1, self, EPERM);
}

/// Signals, where landlock does not keep them inside: to the own group as a whole, and to the worker itself (`abort`).
static void refuse_signals(void) {
    const uint32_t self[] = {(uint32_t)getpid()}, group_or_self[] = {0, (uint32_t)getpid()};
    allow_only(SYS_kill, 0, ~0U, 2, group_or_self, EPERM);
    allow_only(SYS_tgkill, 0, ~0U, 1, self, EPERM);
    allow_only(SYS_rt_sigqueueinfo, 0, ~0U, 1, self, EPERM);
    allow_only(SYS_rt_tgsigqueueinfo, 0, ~0U, 1, self, EPERM);
    refuse(SYS_tkill, EPERM);
    refuse(CALL_PIDFD_SEND_SIGNAL, EPERM);
    // The other way to a signal: input on a file announced to any process.
    refuse_value(SYS_fcntl, 1, F_SETOWN, EPERM);
    refuse_value(SYS_fcntl, 1, F_SETOWN_EX, EPERM);
}

static void refuse_sockets(bool network) {
    static const uint32_t inside[] = {AF_UNIX}, outside[] = {AF_INET, AF_INET6, AF_NETLINK};
    static const uint32_t streams[] = {SOCK_STREAM, SOCK_SEQPACKET};
    // Pairs are pipes. A pair of datagram sockets could still send to any address.
    allow_only(SYS_socketpair, 0, ~0U, 1, inside, EPERM);
    allow_only(SYS_socketpair, 1, 0xf, 2, streams, EPERM);
    if (network) {
        // Sockets in the file system reach services that act for anyone who connects (a container engine, a desktop).
        allow_only(SYS_socket, 0, ~0U, 3, outside, EPERM);
        return;
    }
    allow_only(SYS_socket, 0, ~0U, 1, inside, EPERM);
    allow_only(SYS_socket, 1, 0xf, 2, streams, EPERM);
    refuse(SYS_connect, EPERM);
    refuse(SYS_bind, EPERM);
    refuse(SYS_listen, EPERM);
    refuse_address(SYS_sendto, 4, EPERM);
}

/// Owners, modes, times and attributes of files, which landlock lets any process change that owns them.
static void refuse_file_attributes(int landlock_version) {
    // These succeed without doing anything: libraries call them after copying or unpacking and fail when they fail,
    // and nothing in a scratch folder depends on what they would do.
    static const int ignored[] = {
#if defined(__x86_64__)
        SYS_chmod, SYS_utime, SYS_utimes, SYS_futimesat,
#endif
        SYS_fchmod, SYS_fchmodat, CALL_FCHMODAT2, SYS_utimensat,
    };
    static const int refused[] = {
#if defined(__x86_64__)
        SYS_chown, SYS_lchown,
#endif
        SYS_fchown, SYS_fchownat,
    };
    static const int unsupported[] = {
        SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
        CALL_SETXATTRAT, CALL_REMOVEXATTRAT, CALL_FILE_SETATTR,
    };
    for (size_t index = 0; index < sizeof ignored / sizeof *ignored; index++) refuse(ignored[index], 0);
    for (size_t index = 0; index < sizeof refused / sizeof *refused; index++) refuse(refused[index], EPERM);
    for (size_t index = 0; index < sizeof unsupported / sizeof *unsupported; index++)
        refuse(unsupported[index], EOPNOTSUPP);
    refuse_value(SYS_ioctl, 1, 0x40086602 /* FS_IOC_SETFLAGS */, EPERM);
    refuse_value(SYS_ioctl, 1, 0x401c5820 /* FS_IOC_FSSETXATTR */, EPERM);
    // Landlock keeps this one inside only from its third version on.
    if (landlock_version < 3) refuse(SYS_truncate, EPERM);
}

void confine_calls(const struct plan *plan, int landlock_version) {
    if (is_pretended_missing(plan, "seccomp")) {
        report("seccomp", NOT_OFFERED, "any system call that the user may make");
        return;
    }
    bool scoped = landlock_version >= 6;
    check_architecture();
    refuse_reach(plan);
    refuse_others();
    refuse_sockets(plan->network);
    refuse_file_attributes(landlock_version);
    if (!scoped) refuse_signals();
    verdict(SECCOMP_RET_ALLOW);

    struct sock_fprog filter = {.len = length, .filter = program};
    errno = EOVERFLOW;
    // Before Linux 5.16 a filter also slows down every memory access (a measure against Spectre that serves processes
    // with secrets from themselves), unless it says that it does not want that.
    bool done = !overflow && (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0
                              || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
    if (done)
        reportf("seccomp", APPLIED, "%d instructions, signals by %s, network %s", length, scoped ? "landlock" : "seccomp",
                plan->network ? "allowed" : "refused");
    else if (errno == ENOSYS || errno == EINVAL)
        report("seccomp", NOT_OFFERED, "any system call that the user may make");
    else
        report("seccomp", FAILED, "filter");
}

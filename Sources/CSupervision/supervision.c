#define _GNU_SOURCE
#include "CSupervision.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
// The enumerator is younger than some headers; the value is the kernel's.
enum { WAIT_FOR_PIDFD = 3 };

int supervision_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int supervision_pidfd_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int supervision_peek_exit(int pidfd, int *code, int *status) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid((idtype_t)WAIT_FOR_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return -1;
    if (info.si_pid == 0) return 0;
    *code = info.si_code;
    *status = info.si_status;
    return 1;
}

static pid_t reap(idtype_t type, id_t id) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid(type, id, &info, WEXITED | WNOHANG);
    } while (result != 0 && errno == EINTR);
    return result != 0 ? -1 : info.si_pid;
}

pid_t supervision_reap_group(pid_t group) { return reap(P_PGID, (id_t)group); }

pid_t supervision_reap_pidfd(int pidfd) { return reap((idtype_t)WAIT_FOR_PIDFD, (id_t)pidfd); }

pid_t supervision_reap(pid_t pid) { return reap(P_PID, (id_t)pid); }

int supervision_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

void supervision_keep_zombies(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) != 0) return;
    if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT)) return;
    if (action.sa_handler == SIG_IGN) action.sa_handler = SIG_DFL;
    action.sa_flags &= ~SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
}

long supervision_system_threads(void) {
    struct sysinfo info;
    return sysinfo(&info) == 0 ? (long)info.procs : -1;
}

int supervision_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    int flags = fcntl(ends[0], F_GETFL);
    if (flags >= 0 && fcntl(ends[0], F_SETFL, flags | O_NONBLOCK) == 0) return 0;
    int error = errno;
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return -1;
}

int supervision_duplicate_high(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 64); }

int supervision_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int supervision_poll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int supervision_poll_add(int poll, int descriptor, uint64_t id) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event);
}

int supervision_poll_remove(int poll, int descriptor) { return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL); }

int supervision_poll_wait(int poll, uint64_t *ids, int capacity, int timeout) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, capacity < 64 ? capacity : 64, timeout);
    for (int index = 0; index < count; index++) ids[index] = events[index].data.u64;
    return count < 0 ? 0 : count;
}

int supervision_alarm_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void supervision_alarm_ring(int alarm) { eventfd_write(alarm, 1); }

void supervision_alarm_silence(int alarm) {
    eventfd_t rings;
    eventfd_read(alarm, &rings);
}

void supervision_mark_thread(const char *name) {
    pthread_setname_np(pthread_self(), name);
    // On Linux a priority is a thread's.
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -10);
}

// System calls that Swift cannot reach by itself: variadic ones, and ones that glibc has no function for.
#pragma once

#include <spawn.h>
#include <stdint.h>
#include <sys/types.h>

/// A descriptor for process `pid` that becomes readable when the process ends; -1 and errno on failure.
int supervision_pidfd_open(pid_t pid);

/// Sends `signal` to the process that `pidfd` names, whatever has its number now; 0 only asks. 0, or -1 and errno
/// (ESRCH: it has ended and been waited for).
int supervision_pidfd_signal(int pidfd, int signal);

/// Takes the ended child that `pidfd` names: its id, 0 while it runs, -1 when it is no child.
pid_t supervision_reap_pidfd(int pidfd);

/// How a child of this process ended, left where it is for `supervision_reap_group`.
/// 1 and the fields filled, 0 while it runs, -1 and errno on failure.
int supervision_peek_exit(int pidfd, int *code, int *status);

/// Takes one ended child of this process out of process group `group`: its id, 0 when none has ended, -1 when there is
/// no such child (errno ECHILD).
pid_t supervision_reap_group(pid_t group);

/// Takes the ended child `pid` of this process: its id, 0 while it runs, -1 when it is no child.
pid_t supervision_reap(pid_t pid);

/// Orphans of this process's children become children of this process instead of init's. 0, or -1 and errno.
int supervision_adopt_orphans(void);

/// Children become zombies until they are waited for, also when this program was started with SIGCHLD ignored.
void supervision_keep_zombies(void);

/// Threads in the whole system, from one cheap call; -1 when the kernel does not say.
long supervision_system_threads(void);

/// A pipe, its ends closed on exec, that makes reads from its first end return instead of wait. 0, or -1 and errno.
int supervision_pipe(int ends[2]);

/// A copy of `descriptor` numbered 64 or higher, closed on exec; -1 and errno on failure.
int supervision_duplicate_high(int descriptor);

/// The new process starts with nothing open from number `first` on.
int supervision_close_from(posix_spawn_file_actions_t *actions, int first);

/// Waiting for many descriptors at once (epoll). The descriptor to wait with, or -1 and errno.
int supervision_poll_create(void);
/// `id` is reported while `descriptor` has something to read. 0, or -1 and errno.
int supervision_poll_add(int poll, int descriptor, uint64_t id);
int supervision_poll_remove(int poll, int descriptor);
/// Waits up to `timeout` milliseconds (-1: for ever) and fills `ids`: how many, 0 also after a signal.
int supervision_poll_wait(int poll, uint64_t *ids, int capacity, int timeout);

/// A descriptor to wake a waiting thread with; -1 and errno on failure.
int supervision_alarm_create(void);
void supervision_alarm_ring(int alarm);
void supervision_alarm_silence(int alarm);

/// The name that debuggers and /proc show for the calling thread, and a place before others in the queue for a
/// processor where the system allows that.
void supervision_mark_thread(const char *name);

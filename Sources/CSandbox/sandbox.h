// The parts of the launcher. Each protection is a function that applies itself and reports one line about it.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// How a protection went. A `failed` one ends the launcher before the program starts.
enum outcome { APPLIED, NOT_OFFERED, FAILED };

/// What the command line asked for.
struct plan {
    int report;                 // descriptor for the report; -1: none
    int keep;                   // the highest descriptor that the program inherits
    const char *directory;      // working directory; NULL: leave it
    const char **read_paths;    // landlock: read and execute
    size_t read_count;
    const char **write_paths;   // landlock: also write, create and remove
    size_t write_count;
    const char **limits;        // NAME=VALUE
    size_t limit_count;
    const char *control_group;  // the cgroup.procs of a group with a limit of its own; NULL: stay
    const char *oom_score;      // what oom_score_adj is set to; NULL: leave it
    int file_mask;              // permissions that new files do not get (umask)
    int niceness;               // an absolute one
    bool sets_niceness;
    int parent;                 // SIGKILL when the thread of this process that spawned it ends; 0: no
    char **environment;         // the program's: this process's own is not passed on
    size_t environment_count;
    bool network;               // sockets of the internet families
    bool memory_files;          // memfd_create
    bool confine;               // capabilities, landlock, seccomp; false: only limits and descriptors
    bool nest;                  // without seccomp: the program starts this one again for its own children
    const char *pretend;        // protections to treat as not offered, comma-separated, for tests
    char **program;
};

// options.c
/// Fills `plan` from the arguments; exits with a message on any mistake, which is the host's and not the user's.
void read_options(int count, char **arguments, struct plan *plan);
/// Whether the plan wants `name` treated as not offered.
bool is_pretended_missing(const struct plan *plan, const char *name);

// report.c
void open_report(int descriptor);
/// One line: NAME STATE DETAIL. `detail` may be NULL; on FAILED errno is added.
void report(const char *name, enum outcome outcome, const char *detail);
/// The same with numbers and names put into `format`.
void reportf(const char *name, enum outcome outcome, const char *format, ...) __attribute__((format(printf, 3, 4)));
/// Whether any protection failed so far.
bool has_failed(void);
/// A protection that this kernel does not have, or that failed in a way that must stop the program: by errno.
enum outcome outcome_of_error(int error);

// limits.c
void join_control_group(const struct plan *plan);
void apply_limits(const struct plan *plan);
void apply_scheduling(const struct plan *plan);
// privileges.c
void drop_capabilities(const struct plan *plan);
void forbid_new_privileges(const struct plan *plan);
// files.c: the result is the landlock version in force, 0 for none.
int confine_files(const struct plan *plan);
// calls.c
void confine_calls(const struct plan *plan, int landlock_version);

#include "interrupt.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct gav_interrupt {
    atomic_int cancelled;
    _Atomic int64_t deadline;  // CLOCK_MONOTONIC nanoseconds; 0: none
};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

gav_interrupt *gav_interrupt_new(void) { return calloc(1, sizeof(gav_interrupt)); }
void gav_interrupt_free(gav_interrupt *interrupt) { free(interrupt); }
void gav_interrupt_cancel(gav_interrupt *interrupt) { atomic_store(&interrupt->cancelled, 1); }

void gav_interrupt_set_deadline(gav_interrupt *interrupt, int64_t nanoseconds) {
    atomic_store(&interrupt->deadline, nanoseconds < 0 ? 0 : now() + nanoseconds);
}

int gav_interrupt_state(const gav_interrupt *interrupt) {
    if (!interrupt) return 0;
    if (atomic_load(&interrupt->cancelled)) return GAV_CANCELLED;
    int64_t deadline = atomic_load(&interrupt->deadline);
    return deadline && now() > deadline ? GAV_DEADLINE : 0;
}

int gav_interrupt_check(void *interrupt) { return gav_interrupt_state(interrupt) != 0; }

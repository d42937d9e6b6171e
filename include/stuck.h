/* Calls into cores that do not come back. Each frontend has a watch, which says whether a thread is
 * in a call of it. Watches are never freed, so that a signal handler may go through
 * all of them. */
#ifndef PYLIBRETRO_STUCK_H
#define PYLIBRETRO_STUCK_H

#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

enum stuck_reason { NOT_STUCK, STUCK_FOR_TOO_LONG, STUCK_AND_INTERRUPTED };

struct call_watch {
    struct call_watch *next;
    volatile int taken;
    volatile long thread;    /* the system's number of the one that is inside, or 0 */
    volatile unsigned calls; /* how many there have been */
    uint64_t limit_nsec;     /* 0: it may take for ever */
    volatile int stop;       /* enum stuck_reason: the call is to be left as soon as it can be */
    unsigned seen_by_clock, seen_by_key;
    uint64_t seen_at;
    unsigned told_of; /* the call of which has been said that it cannot be left */
};

/* NULL without memory. A limit starts a thread, which looks whether the calls come back. */
struct call_watch *stuck_watch(uint64_t limit_nsec);
void stuck_forget(struct call_watch *watch);

#if defined(_WIN32)
static inline long stuck_this_thread(void)
{
    return (long)GetCurrentThreadId();
}
#else
long stuck_ask_this_thread(void);
#if defined(__GLIBC__)
extern __thread long stuck_thread __attribute__((tls_model("initial-exec")));
#else
extern __thread long stuck_thread;
#endif
static inline long stuck_this_thread(void)
{
    return stuck_thread ? stuck_thread : stuck_ask_this_thread();
}
#endif

/* Returns what stuck_leave is to be given: a call may be made inside of another one. */
static inline long stuck_enter(struct call_watch *watch)
{
    const long outer = watch->thread;
    watch->calls++;
    watch->thread = stuck_this_thread();
    return outer;
}

static inline void stuck_leave(struct call_watch *watch, long outer)
{
    watch->thread = outer;
}

/* Ctrl-C was pressed, which a signal handler says: calls that were there the last time, a while
 * ago, and still are, are to be left. */
void stuck_interrupt(void);

#ifdef __cplusplus
}
#endif

#endif

#include "stuck.h"

#include "interrupt.h"

#include <stdlib.h>
#include <string.h>

enum { LOOKS_IN_A_LIMIT = 4, SHORTEST_LOOK_NSEC = 5000000, LONGEST_LOOK_NSEC = 500000000 };
#define BETWEEN_KEYS_NSEC 300000000u

static struct call_watch *volatile first_watch;

#ifdef _WIN32
void stuck_interrupt(void)
{
}

static void stop(struct call_watch *watch, int reason)
{
    (void)watch, (void)reason;
}
#else
#include <signal.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__GLIBC__)
__thread long stuck_thread __attribute__((tls_model("initial-exec")));
#else
__thread long stuck_thread;
#endif

long stuck_ask_this_thread(void)
{
#ifdef __linux__
    stuck_thread = syscall(SYS_gettid);
#else
    stuck_thread = (long)(uintptr_t)pthread_self();
#endif
    return stuck_thread;
}

static void stop(struct call_watch *watch, int reason)
{
    const long thread = watch->thread;
    if (!thread)
        return;
    watch->stop = reason;
#ifdef __linux__
    syscall(SYS_tgkill, getpid(), thread, SIGURG);
#else
    pthread_kill((pthread_t)(uintptr_t)thread, SIGURG);
#endif
}

void stuck_interrupt(void)
{
    static volatile uint64_t pressed;
    const uint64_t now = platform_time_nsec();
    const bool again = pressed && now - pressed > BETWEEN_KEYS_NSEC;
    if (pressed && !again)
        return; /* the key was held */
    pressed = now;
    for (struct call_watch *watch = first_watch; watch; watch = watch->next) {
        if (again && watch->thread && watch->calls == watch->seen_by_key)
            stop(watch, STUCK_AND_INTERRUPTED);
        watch->seen_by_key = watch->calls;
    }
}
#endif

/* ---- the clock ------------------------------------------------------------------------------ */

static struct {
    platform_mutex lock;
    platform_condition changed;
    volatile int ready; /* 1: being made, 2: made */
    size_t limits;
    bool runs;
    int generation; /* of forks: a child has none of its parent's threads */
} clock_watch;

static void make_clock(void)
{
    if (platform_atomic_compare_exchange(&clock_watch.ready, 0, 1)) {
        platform_mutex_init(&clock_watch.lock);
        platform_condition_init(&clock_watch.changed);
        platform_atomic_store(&clock_watch.ready, 2);
    }
    while (platform_atomic_load(&clock_watch.ready) != 2)
        platform_thread_yield();
}

static uint64_t look(void)
{
    uint64_t shortest = LOOKS_IN_A_LIMIT * (uint64_t)LONGEST_LOOK_NSEC;
    const uint64_t now = platform_time_nsec();
    for (struct call_watch *watch = first_watch; watch; watch = watch->next) {
        if (!watch->limit_nsec || !watch->taken)
            continue;
        if (watch->limit_nsec < shortest)
            shortest = watch->limit_nsec;
        if (!watch->thread || watch->calls != watch->seen_by_clock) {
            watch->seen_by_clock = watch->calls;
            watch->seen_at = now;
        } else if (now - watch->seen_at >= watch->limit_nsec) {
            stop(watch, STUCK_FOR_TOO_LONG);
        }
    }
    shortest /= LOOKS_IN_A_LIMIT;
    return shortest > SHORTEST_LOOK_NSEC ? shortest : SHORTEST_LOOK_NSEC;
}

static PLATFORM_THREAD_RESULT watch_clock(void *argument)
{
    (void)argument;
    platform_mutex_lock(&clock_watch.lock);
    while (clock_watch.limits)
        platform_condition_wait_for(&clock_watch.changed, &clock_watch.lock, look());
    clock_watch.runs = false;
    platform_mutex_unlock(&clock_watch.lock);
    return 0;
}

static void start_clock(void)
{
    platform_thread thread;
    const int generation = platform_fork_generation();
    if (clock_watch.generation != generation) { /* in the parent, its thread may have the lock */
        clock_watch.generation = generation;
        clock_watch.runs = false;
        clock_watch.limits = 0;
        platform_atomic_store(&clock_watch.ready, 0);
    }
    make_clock();
    platform_mutex_lock(&clock_watch.lock);
    clock_watch.limits++;
    if (!clock_watch.runs) {
        clock_watch.runs = platform_thread_create(&thread, watch_clock, NULL);
        if (clock_watch.runs)
            platform_thread_detach(thread);
    }
    platform_mutex_unlock(&clock_watch.lock);
}

static void end_limit(void)
{
    if (clock_watch.generation != platform_fork_generation())
        return;
    platform_mutex_lock(&clock_watch.lock);
    clock_watch.limits--;
    platform_condition_wake_all(&clock_watch.changed);
    platform_mutex_unlock(&clock_watch.lock);
}

/* ---- watches -------------------------------------------------------------------------------- */

static struct call_watch *free_watch(void)
{
    for (struct call_watch *watch = first_watch; watch; watch = watch->next)
        if (!watch->taken && platform_atomic_compare_exchange(&watch->taken, 0, 1))
            return watch;
    struct call_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return NULL;
    watch->taken = 1;
    /* Cores are opened by one thread at a time. */
    watch->next = first_watch;
    first_watch = watch;
    return watch;
}

struct call_watch *stuck_watch(uint64_t limit_nsec)
{
    struct call_watch *watch = free_watch();
    if (!watch)
        return NULL;
    watch->stop = NOT_STUCK;
    watch->thread = 0;
    watch->seen_at = platform_time_nsec();
    watch->seen_by_clock = watch->calls;
    watch->limit_nsec = limit_nsec;
    if (limit_nsec)
        start_clock();
    return watch;
}

void stuck_forget(struct call_watch *watch)
{
    if (!watch)
        return;
    const bool limited = watch->limit_nsec != 0;
    watch->limit_nsec = 0;
    watch->thread = 0;
    watch->stop = NOT_STUCK;
    platform_atomic_store(&watch->taken, 0);
    if (limited)
        end_limit();
}

/* A core's own threads, which belong to the core, and what it waits for by the time of day. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include "faults.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- threads -------------------------------------------------------------------------------- */

struct thread_start {
    struct frontend *frontend;
    void *(*start)(void *);
    void *argument;
};

/* A thread is alive until nothing of the core runs on it any more: the destructors of its variables
 * come in rounds, and ours waits for the last but one. */
enum { ROUNDS = 2 };

struct own_thread {
    struct frontend *frontend;
    int rounds;
};

static pthread_key_t thread_key;
static pthread_once_t thread_once = PTHREAD_ONCE_INIT;

#if defined(__GLIBC__)
static __thread bool is_own __attribute__((tls_model("initial-exec")));
#else
static __thread bool is_own;
#endif

bool own_threads_is_own(void)
{
    return is_own;
}

bool own_threads_alive(const struct frontend *frontend)
{
    return frontend->own && __atomic_load_n(&frontend->own->threads, __ATOMIC_SEQ_CST) != 0;
}

static void end_thread(void *argument)
{
    struct own_thread *thread = argument;
    if (thread->rounds++ < ROUNDS && pthread_setspecific(thread_key, thread) == 0)
        return;
    struct own_libc *own = thread->frontend->own;
    own_libc_enter(NULL);
    free(thread);
    platform_atomic_add(&own->threads, (uint32_t)-1);
}

static void make_thread_key(void)
{
    pthread_key_create(&thread_key, end_thread);
}

static void enter_thread(struct frontend *frontend)
{
    struct own_thread *thread = calloc(1, sizeof *thread);
    libc_state_own_thread();
    is_own = true;
    own_libc_enter(frontend);
    dylib_ready_thread(&frontend->library);
    fault_ready_thread();
    pthread_once(&thread_once, make_thread_key);
    if (thread) { /* otherwise it counts as alive for ever, which is safe */
        thread->frontend = frontend;
        pthread_setspecific(thread_key, thread);
    }
}

/* What ends such a thread - exit, abort, an exception - ends the core: whoever calls it next, or is
 * in it now, is told. */
static void end_core(struct frontend *frontend, int outcome, const struct guard *guard)
{
    if (outcome == GUARD_OK)
        return;
    platform_mutex_lock(&frontend->lock);
    if (!frontend->thread_outcome) {
        snprintf(frontend->thread_message, sizeof frontend->thread_message,
                 "%.*s, in a thread of its own", (int)sizeof frontend->thread_message - 32,
                 guard->message);
        frontend->thread_outcome = outcome;
    }
    platform_mutex_unlock(&frontend->lock);
}

static void call_in_thread(struct frontend *frontend, void (*call)(void *), void *argument)
{
    struct guard guard;
    memset(&guard, 0, sizeof guard);
    enter_thread(frontend);
    end_core(frontend, guard_call(&guard, call, argument), &guard);
}

struct posix_call {
    struct thread_start start;
    void *result;
};

static void run_thread(void *argument)
{
    struct posix_call *call = argument;
    call->result = call->start.start(call->start.argument);
}

static void *start_thread(void *argument)
{
    struct posix_call call = {*(struct thread_start *)argument, NULL};
    free(argument);
    call_in_thread(call.start.frontend, run_thread, &call);
    return call.result;
}

static int current_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                  void *(*start)(void *), void *argument)
{
    struct frontend *frontend = own_libc_current();
    struct thread_start *wrapped = frontend ? malloc(sizeof *wrapped) : NULL;
    if (!wrapped)
        return pthread_create(thread, attributes, start, argument);
    *wrapped = (struct thread_start){frontend, start, argument};
    platform_atomic_add(&frontend->own->threads, 1);
    const int result = pthread_create(thread, attributes, start_thread, wrapped);
    if (result) {
        platform_atomic_add(&frontend->own->threads, (uint32_t)-1);
        free(wrapped);
    }
    return result;
}

/* C11's thrd_create, where a core has it from the C library. */
struct c11_start {
    struct frontend *frontend;
    int (*start)(void *);
    void *argument;
};

typedef int c11_create(void *thread, int (*start)(void *), void *argument);

struct c11_call {
    struct c11_start start;
    int result;
};

static void run_c11_thread(void *argument)
{
    struct c11_call *call = argument;
    call->result = call->start.start(call->start.argument);
}

static int start_c11_thread(void *argument)
{
    struct c11_call call = {*(struct c11_start *)argument, 0};
    free(argument);
    call_in_thread(call.start.frontend, run_c11_thread, &call);
    return call.result;
}

static c11_create *real_thrd_create;

static int current_thrd_create(void *thread, int (*start)(void *), void *argument)
{
    struct frontend *frontend = own_libc_current();
    struct c11_start *wrapped = frontend ? malloc(sizeof *wrapped) : NULL;
    if (!wrapped)
        return real_thrd_create(thread, start, argument);
    *wrapped = (struct c11_start){frontend, start, argument};
    platform_atomic_add(&frontend->own->threads, 1);
    const int result = real_thrd_create(thread, start_c11_thread, wrapped);
    if (result) {
        platform_atomic_add(&frontend->own->threads, (uint32_t)-1);
        free(wrapped);
    }
    return result;
}

/* std::thread of libstdc++ calls pthread_create inside of it. What the thread is to run it takes as
 * an object with three virtual functions, so it gets one of ours around the core's. */
struct cpp_state {
    void (*const *functions)(struct cpp_state *);
};

struct cpp_start {
    struct cpp_state state;
    struct cpp_state *inner;
    struct frontend *frontend;
};

enum { CPP_DESTROY, CPP_DELETE, CPP_RUN };

static void cpp_destroy(struct cpp_state *state)
{
    struct cpp_start *start = (struct cpp_start *)state;
    if (start->inner)
        start->inner->functions[CPP_DELETE](start->inner);
    start->inner = NULL;
}

static void cpp_delete(struct cpp_state *state)
{
    cpp_destroy(state);
    free(state);
}

static void run_cpp_thread(void *argument)
{
    struct cpp_state *inner = argument;
    inner->functions[CPP_RUN](inner);
}

static void cpp_run(struct cpp_state *state)
{
    struct cpp_start *start = (struct cpp_start *)state;
    call_in_thread(start->frontend, run_cpp_thread, start->inner);
}

typedef void cpp_create(void *thread, struct cpp_state **state, void (*depend)(void));

static cpp_create *real_cpp_create;

static void current_cpp_create(void *thread, struct cpp_state **state, void (*depend)(void))
{
    /* Before the functions of a class: how far its object is from the whole, and its type. */
    static const struct {
        intptr_t offset;
        const void *type;
        void (*functions[3])(struct cpp_state *);
    } class = {0, NULL, {cpp_destroy, cpp_delete, cpp_run}};
    struct frontend *frontend = own_libc_current();
    struct cpp_start *start = frontend ? malloc(sizeof *start) : NULL;
    if (start) {
        *start = (struct cpp_start){{class.functions}, *state, frontend};
        *state = &start->state;
        platform_atomic_add(&frontend->own->threads, 1);
    }
    real_cpp_create(thread, state, depend); /* throws where there is none to be had */
}

/* ---- waiting -------------------------------------------------------------------------------- */

static int64_t usec_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

/* When it is on the machine's clock what a core's clock is to show. */
static struct timespec machine_time(const struct timespec *time)
{
    struct timespec machine;
    const int64_t left = libc_until(own_libc_state(), usec_of(time));
    clock_gettime(CLOCK_REALTIME, &machine);
    const int64_t due = usec_of(&machine) + (left > 0 ? left : 0);
    machine.tv_sec = (time_t)(due / 1000000);
    machine.tv_nsec = (long)(due % 1000000 * 1000);
    return machine;
}

/* The time came: then that is what the core's clock shows. */
static int waited(const struct timespec *time, int result, int came)
{
    if (result == came)
        libc_waited_until(own_libc_state(), usec_of(time));
    return result;
}

static bool is_time(const struct timespec *time)
{
    return time && time->tv_nsec >= 0 && time->tv_nsec < 1000000000;
}

/* A condition may have been told to follow a clock that is the machine's own. */
static int current_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                          const struct timespec *time)
{
    struct timespec machine, monotonic;
    if (!is_time(time) || !own_libc_current())
        return pthread_cond_timedwait(condition, mutex, time);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    const int64_t left = usec_of(time) - usec_of(&monotonic);
    if (left < (int64_t)365 * 24 * 3600 * 1000000 && left > (int64_t)-3600 * 1000000)
        return pthread_cond_timedwait(condition, mutex, time);
    machine = machine_time(time);
    return waited(time, pthread_cond_timedwait(condition, mutex, &machine), ETIMEDOUT);
}

#define TIMED(name, type)                                                                          \
    static int current_##name(type *object, const struct timespec *time)                           \
    {                                                                                              \
        if (!is_time(time) || !own_libc_current())                                                 \
            return name(object, time);                                                             \
        const struct timespec machine = machine_time(time);                                        \
        return waited(time, name(object, &machine), ETIMEDOUT);                                    \
    }

#ifdef __linux__
TIMED(pthread_mutex_timedlock, pthread_mutex_t)
TIMED(pthread_rwlock_timedrdlock, pthread_rwlock_t)
TIMED(pthread_rwlock_timedwrlock, pthread_rwlock_t)

static int current_sem_timedwait(sem_t *semaphore, const struct timespec *time)
{
    if (!is_time(time) || !own_libc_current())
        return sem_timedwait(semaphore, time);
    const struct timespec machine = machine_time(time);
    const int result = sem_timedwait(semaphore, &machine);
    if (result != 0 && errno == ETIMEDOUT)
        libc_waited_until(own_libc_state(), usec_of(time));
    return result;
}

/* C11's, where a core has them from the C library. */
enum { C11_TIMED_OUT = 4 };

typedef int c11_wait(void *condition, void *mutex, const struct timespec *time);
typedef int c11_lock(void *mutex, const struct timespec *time);

static c11_wait *real_cnd_timedwait;
static c11_lock *real_mtx_timedlock;

static int current_cnd_timedwait(void *condition, void *mutex, const struct timespec *time)
{
    if (!is_time(time) || !own_libc_current())
        return real_cnd_timedwait(condition, mutex, time);
    const struct timespec machine = machine_time(time);
    return waited(time, real_cnd_timedwait(condition, mutex, &machine), C11_TIMED_OUT);
}

static int current_mtx_timedlock(void *mutex, const struct timespec *time)
{
    if (!is_time(time) || !own_libc_current())
        return real_mtx_timedlock(mutex, time);
    const struct timespec machine = machine_time(time);
    return waited(time, real_mtx_timedlock(mutex, &machine), C11_TIMED_OUT);
}

typedef int clock_wait(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *);

static clock_wait *real_pthread_cond_clockwait;

static int current_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                                          clockid_t clock, const struct timespec *time)
{
    if (clock != CLOCK_REALTIME || !is_time(time) || !own_libc_current())
        return real_pthread_cond_clockwait(condition, mutex, clock, time);
    const struct timespec machine = machine_time(time);
    return waited(time, real_pthread_cond_clockwait(condition, mutex, clock, &machine), ETIMEDOUT);
}

static int current_clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                                   struct timespec *left)
{
    if (clock == CLOCK_REALTIME && flags == TIMER_ABSTIME && is_time(time) && own_libc_current()) {
        const struct timespec machine = machine_time(time);
        return waited(time, clock_nanosleep(clock, flags, &machine, left), 0);
    }
    const int result = clock_nanosleep(clock, flags, time, left);
    if (result == 0 && flags == 0)
        libc_slept(own_libc_state(), usec_of(time));
    return result;
}
#endif

static int current_nanosleep(const struct timespec *time, struct timespec *left)
{
    const int result = nanosleep(time, left);
    if (result == 0)
        libc_slept(own_libc_state(), usec_of(time));
    return result;
}

static int current_usleep(useconds_t usec)
{
    const int result = usleep(usec);
    if (result == 0)
        libc_slept(own_libc_state(), usec);
    return result;
}

static unsigned current_sleep(unsigned seconds)
{
    const unsigned left = sleep(seconds);
    libc_slept(own_libc_state(), (int64_t)(seconds - left) * 1000000);
    return left;
}

/* std::this_thread::sleep_for of a libstdc++ that does not sleep in its headers. */
typedef void cpp_sleep(int64_t seconds, int64_t nanoseconds);

static cpp_sleep *real_cpp_sleep;

static void current_cpp_sleep(int64_t seconds, int64_t nanoseconds)
{
    real_cpp_sleep(seconds, nanoseconds);
    libc_slept(own_libc_state(), seconds * 1000000 + nanoseconds / 1000);
}

/* ---- clocks and random numbers of C++ ------------------------------------------------------- */

static int64_t current_system_clock_now(void)
{
    return libc_now(own_libc_state()) * 1000;
}

/* libc++ counts microseconds. */
static int64_t current_system_clock_now_usec(void)
{
    return libc_now(own_libc_state());
}

static unsigned current_random_device(void *device)
{
    (void)device;
    return (unsigned)(libc_entropy(own_libc_state()) >> 32);
}

/* ---- system calls --------------------------------------------------------------------------- */

#ifdef __linux__
static long current_syscall(long number, ...)
{
    va_list arguments;
    long values[6];
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        values[i] = va_arg(arguments, long);
    va_end(arguments);
    struct libc_state *state = own_libc_state();
    switch (number) {
    case SYS_exit_group:
        own_libc_abort("exit_group, a call of the system");
        break;
    case SYS_kill:
    case SYS_tgkill:
    case SYS_tkill:
    case SYS_clone:
    case SYS_execve:
#ifdef SYS_fork
    case SYS_fork:
    case SYS_vfork:
#endif
        if (own_libc_current()) {
            errno = EPERM;
            return -1;
        }
        break;
    default:
        break;
    }
    switch (number) {
#ifdef SYS_getrandom
    case SYS_getrandom:
        return libc_getrandom(state, (void *)values[0], (size_t)values[1], (unsigned)values[2]);
#endif
#if defined(SYS_clock_gettime) && defined(__LP64__)
    case SYS_clock_gettime:
        return libc_clock_gettime(state, (clockid_t)values[0], (struct timespec *)values[1]);
#endif
#if defined(SYS_gettimeofday) && defined(__LP64__)
    case SYS_gettimeofday:
        return libc_gettimeofday(state, (struct timeval *)values[0], (void *)values[1]);
#endif
#if defined(SYS_time) && defined(__LP64__)
    case SYS_time:
        return (long)libc_time(state, (time_t *)values[0]);
#endif
    default:
        return syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]);
    }
}
#endif

/* What this program may not know by name is what the core's own libraries have. */
#define REPLACE_FOUND(real, name, replacement)                                                     \
    do {                                                                                           \
        void *found = dylib_symbol(library, name);                                                 \
        if (found) {                                                                               \
            *(void **)&(real) = found;                                                             \
            dylib_replace_import(library, name, (void *)(replacement));                            \
        }                                                                                          \
    } while (0)

void own_threads_isolate(struct dylib *library)
{
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
    REPLACE(pthread_create);
    REPLACE(pthread_cond_timedwait);
    REPLACE(nanosleep);
    REPLACE(usleep);
    REPLACE(sleep);
#ifdef __linux__
    REPLACE(pthread_mutex_timedlock);
    REPLACE(pthread_rwlock_timedrdlock);
    REPLACE(pthread_rwlock_timedwrlock);
    REPLACE(sem_timedwait);
    REPLACE(clock_nanosleep);
    REPLACE(syscall);
    REPLACE_FOUND(real_pthread_cond_clockwait, "pthread_cond_clockwait",
                  current_pthread_cond_clockwait);
    REPLACE_FOUND(real_cnd_timedwait, "cnd_timedwait", current_cnd_timedwait);
    REPLACE_FOUND(real_mtx_timedlock, "mtx_timedlock", current_mtx_timedlock);
#endif
#undef REPLACE
    REPLACE_FOUND(real_thrd_create, "thrd_create", current_thrd_create);
    REPLACE_FOUND(real_cpp_create,
                  "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_delete"
                  "IS1_EEPFvvE",
                  current_cpp_create);
    REPLACE_FOUND(real_cpp_sleep,
                  "_ZNSt11this_thread11__sleep_forENSt6chrono8durationIlSt5ratioILl1ELl1EEEENS1_"
                  "IlS2_ILl1ELl1000000000EEEE",
                  current_cpp_sleep);
    dylib_replace_function(library, "_ZNSt6chrono3_V212system_clock3nowEv",
                           (void *)current_system_clock_now);
    dylib_replace_function(library, "_ZNSt3__16chrono12system_clock3nowEv",
                           (void *)current_system_clock_now_usec);
    dylib_replace_function(library, "_ZNSt13random_device9_M_getvalEv",
                           (void *)current_random_device);
    dylib_replace_function(library, "_ZNSt13random_device16_M_getval_pretr1Ev",
                           (void *)current_random_device);
    dylib_replace_function(library, "_ZNSt3__113random_deviceclEv", (void *)current_random_device);
}

#endif

/* What differs between operating systems and processors: a mutex, threads, atomics, clocks,
 * instruction sets. */
#ifndef PYLIBRETRO_PLATFORM_H
#define PYLIBRETRO_PLATFORM_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
#endif

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#define PLATFORM_X86 1
#endif

/* Mutex */

#ifdef _WIN32
typedef SRWLOCK platform_mutex;

enum { platform_locks_held = 0 }; /* where faults are not contained, nobody asks */

static inline void platform_mutex_init(platform_mutex *mutex)
{
    InitializeSRWLock(mutex);
}

static inline void platform_mutex_lock(platform_mutex *mutex)
{
    AcquireSRWLockExclusive(mutex);
}

static inline void platform_mutex_unlock(platform_mutex *mutex)
{
    ReleaseSRWLockExclusive(mutex);
}

static inline void platform_mutex_destroy(platform_mutex *mutex)
{
    (void)mutex;
}
#else
typedef pthread_mutex_t platform_mutex;

/* Of this thread: what is left in the middle while one is held, stays locked for ever. */
#ifdef __GLIBC__
extern __thread int platform_locks_held __attribute__((tls_model("initial-exec")));
#else
extern __thread int platform_locks_held;
#endif

static inline void platform_mutex_init(platform_mutex *mutex)
{
    pthread_mutex_init(mutex, NULL);
}

static inline void platform_mutex_lock(platform_mutex *mutex)
{
    pthread_mutex_lock(mutex);
    platform_locks_held++;
}

static inline void platform_mutex_unlock(platform_mutex *mutex)
{
    platform_locks_held--;
    pthread_mutex_unlock(mutex);
}

static inline void platform_mutex_destroy(platform_mutex *mutex)
{
    pthread_mutex_destroy(mutex);
}
#endif

/* Condition: waiting for another thread, with the mutex held. */

#ifdef _WIN32
typedef CONDITION_VARIABLE platform_condition;

static inline void platform_condition_init(platform_condition *condition)
{
    InitializeConditionVariable(condition);
}

static inline void platform_condition_wait(platform_condition *condition, platform_mutex *mutex)
{
    SleepConditionVariableSRW(condition, mutex, INFINITE, 0);
}

static inline void platform_condition_wake_all(platform_condition *condition)
{
    WakeAllConditionVariable(condition);
}

static inline void platform_condition_destroy(platform_condition *condition)
{
    (void)condition;
}
#else
typedef pthread_cond_t platform_condition;

static inline void platform_condition_init(platform_condition *condition)
{
    pthread_cond_init(condition, NULL);
}

static inline void platform_condition_wait(platform_condition *condition, platform_mutex *mutex)
{
    pthread_cond_wait(condition, mutex);
}

static inline void platform_condition_wake_all(platform_condition *condition)
{
    pthread_cond_broadcast(condition);
}

static inline void platform_condition_destroy(platform_condition *condition)
{
    pthread_cond_destroy(condition);
}
#endif

/* For polling, not for keeping time: where it follows a clock, that is the one on the wall. */
void platform_condition_wait_for(platform_condition *condition, platform_mutex *mutex,
                                 uint64_t nanoseconds);

/* Threads of ours. They take no signals, which are the interpreter's, and have the stack that
 * cores know from main threads: some C libraries give others a hundred kilobytes. */

#ifdef _WIN32
typedef HANDLE platform_thread;
#define PLATFORM_THREAD_RESULT unsigned long WINAPI
typedef LPTHREAD_START_ROUTINE platform_thread_start;

static inline void platform_thread_yield(void)
{
    SwitchToThread();
}
#else
typedef pthread_t platform_thread;
#define PLATFORM_THREAD_RESULT void *
typedef void *(*platform_thread_start)(void *);

static inline void platform_thread_yield(void)
{
    sched_yield();
}
#endif

static inline void platform_thread_detach(platform_thread thread)
{
#ifdef _WIN32
    CloseHandle(thread);
#else
    pthread_detach(thread);
#endif
}

bool platform_thread_create(platform_thread *thread, platform_thread_start start, void *argument);
void platform_thread_join(platform_thread thread);

/* What a waiting loop tells its processor. */
static inline void platform_pause(void)
{
#if defined(_MSC_VER)
    YieldProcessor();
#elif defined(PLATFORM_X86)
    __builtin_ia32_pause();
#elif defined(__aarch64__) || (defined(__ARM_ARCH) && __ARM_ARCH >= 7)
    __asm__ volatile("yield");
#endif
}

/* Atomics: sequentially consistent, on plain objects, because MSVC's C has no stdatomic.h. */

#ifdef _MSC_VER
static inline int platform_atomic_load(const volatile int *source)
{
    return (int)_InterlockedCompareExchange((volatile long *)source, 0, 0);
}

static inline void platform_atomic_store(volatile int *target, int value)
{
    _InterlockedExchange((volatile long *)target, value);
}

/* Without any order, for a look that costs no more than a plain one. */
static inline int platform_atomic_load_relaxed(const volatile int *source)
{
    return *source;
}

static inline int platform_atomic_exchange(volatile int *target, int value)
{
    return (int)_InterlockedExchange((volatile long *)target, value);
}

static inline bool platform_atomic_compare_exchange(volatile int *target, int expected, int value)
{
    return _InterlockedCompareExchange((volatile long *)target, value, expected) == expected;
}

static inline uint32_t platform_atomic_add(volatile uint32_t *target, uint32_t value)
{
    return (uint32_t)_InterlockedExchangeAdd((volatile long *)target, (long)value);
}
#else
static inline int platform_atomic_load(const volatile int *source)
{
    return __atomic_load_n(source, __ATOMIC_SEQ_CST);
}

static inline void platform_atomic_store(volatile int *target, int value)
{
    __atomic_store_n(target, value, __ATOMIC_SEQ_CST);
}

static inline int platform_atomic_load_relaxed(const volatile int *source)
{
    return __atomic_load_n(source, __ATOMIC_RELAXED);
}

static inline int platform_atomic_exchange(volatile int *target, int value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

/* True when *target was `expected` and is now `value`. */
static inline bool platform_atomic_compare_exchange(volatile int *target, int expected, int value)
{
    return __atomic_compare_exchange_n(target, &expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/* Returns the value before the addition. */
static inline uint32_t platform_atomic_add(volatile uint32_t *target, uint32_t value)
{
    return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);
}
#endif

/* Clocks: monotonic, from an arbitrary start. */

uint64_t platform_time_nsec(void);

static inline int64_t platform_time_usec(void)
{
    return (int64_t)(platform_time_nsec() / 1000);
}

/* The counter behind libretro's perf interface: its unit is for comparing only. */
uint64_t platform_perf_counter(void);

static inline uintptr_t platform_thread_id(void)
{
#ifdef _WIN32
    return (uintptr_t)GetCurrentThreadId();
#else
    return (uintptr_t)pthread_self();
#endif
}

/* Instruction sets, as libretro's RETRO_SIMD_* mask. */
uint64_t platform_cpu_features(void);

/* Copies memory that somebody else may have unmapped; false instead of a crash. False, too, where
 * the system offers no such reading. */
bool platform_readable_copy(void *to, const void *from, size_t size);

/* How many of the bytes from `start` on can be read, to within a page. All, where the system does
 * not tell. */
size_t platform_readable_size(const void *start, size_t size);

#endif

/* What differs between operating systems: a mutex, clocks, atomics, the processor's instruction
 * sets, fork and Ctrl-C. */
#ifndef PYLIBRETRO_PLATFORM_H
#define PYLIBRETRO_PLATFORM_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

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
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#endif

#if defined(__x86_64__) || defined(__i386__) || defined(_M_X64) || defined(_M_IX86)
#define PLATFORM_X86 1
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__linux__) && defined(__arm__)
#include <sys/auxv.h>
#endif

/* Mutex */

#ifdef _WIN32
typedef SRWLOCK platform_mutex;

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

static inline void platform_mutex_init(platform_mutex *mutex)
{
    pthread_mutex_init(mutex, NULL);
}

static inline void platform_mutex_lock(platform_mutex *mutex)
{
    pthread_mutex_lock(mutex);
}

static inline void platform_mutex_unlock(platform_mutex *mutex)
{
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

static inline void platform_condition_wait_for(platform_condition *condition, platform_mutex *mutex,
                                               uint64_t nanoseconds)
{
    SleepConditionVariableSRW(condition, mutex, (DWORD)(nanoseconds / 1000000 + 1), 0);
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

/* For polling, not for keeping time: it follows the clock on the wall. */
static inline void platform_condition_wait_for(platform_condition *condition, platform_mutex *mutex,
                                               uint64_t nanoseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    nanoseconds += (uint64_t)until.tv_nsec;
    until.tv_sec += (time_t)(nanoseconds / 1000000000u);
    until.tv_nsec = (long)(nanoseconds % 1000000000u);
    pthread_cond_timedwait(condition, mutex, &until);
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

/* Threads of ours. They take no signals, which are the interpreter's, and have the stack that
 * cores know from main threads: some C libraries give others a hundred kilobytes. */

enum { PLATFORM_STACK_BYTES = 8 << 20 };

#ifdef _WIN32
typedef HANDLE platform_thread;
#define PLATFORM_THREAD_RESULT unsigned long WINAPI
typedef LPTHREAD_START_ROUTINE platform_thread_start;

static inline bool platform_thread_create(platform_thread *thread, platform_thread_start start,
                                          void *argument)
{
    *thread = CreateThread(NULL, PLATFORM_STACK_BYTES, start, argument,
                           STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return *thread != NULL;
}

static inline void platform_thread_join(platform_thread thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

static inline void platform_thread_yield(void)
{
    SwitchToThread();
}
#else
typedef pthread_t platform_thread;
#define PLATFORM_THREAD_RESULT void *
typedef void *(*platform_thread_start)(void *);

static inline bool platform_thread_create(platform_thread *thread, platform_thread_start start,
                                          void *argument)
{
    /* Signals are for the threads of Python, but a fault is its own thread's: blocked, it would end
     * the process, where a core that remaps memory on SIGSEGV goes on. */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t blocked, before;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, PLATFORM_STACK_BYTES);
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    const int outcome = pthread_create(thread, &attributes, start, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return outcome == 0;
}

static inline void platform_thread_join(platform_thread thread)
{
    pthread_join(thread, NULL);
}

static inline void platform_thread_yield(void)
{
    sched_yield();
}
#endif

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

static inline uint64_t platform_time_nsec(void)
{
#ifdef _WIN32
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    uint64_t whole = (uint64_t)(count.QuadPart / frequency.QuadPart);
    uint64_t rest = (uint64_t)(count.QuadPart % frequency.QuadPart);
    return whole * 1000000000u + rest * 1000000000u / (uint64_t)frequency.QuadPart;
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
#endif
}

static inline int64_t platform_time_usec(void)
{
    return (int64_t)(platform_time_nsec() / 1000);
}

/* The counter behind libretro's perf interface: its unit is for comparing only. */
static inline uint64_t platform_perf_counter(void)
{
#if defined(PLATFORM_X86) && defined(_MSC_VER)
    return __rdtsc();
#elif defined(PLATFORM_X86)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__) && defined(__GNUC__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return platform_time_nsec();
#endif
}

static inline uintptr_t platform_thread_id(void)
{
#ifdef _WIN32
    return (uintptr_t)GetCurrentThreadId();
#else
    return (uintptr_t)pthread_self();
#endif
}

/* Instruction sets, as libretro's RETRO_SIMD_* mask. */

#ifdef PLATFORM_X86
static inline void platform_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4])
{
#ifdef _MSC_VER
    int values[4];
    __cpuidex(values, (int)leaf, (int)subleaf);
    for (int i = 0; i < 4; i++)
        registers[i] = (uint32_t)values[i];
#else
    __cpuid_count(leaf, subleaf, registers[0], registers[1], registers[2], registers[3]);
#endif
}

/* Which register files the operating system saves on a task switch: without its consent AVX
 * instructions fault even where the processor has them. */
static inline uint64_t platform_saved_registers(void)
{
#ifdef _MSC_VER
    return _xgetbv(0);
#else
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
#endif
}
#endif

static inline uint64_t platform_cpu_features(void)
{
    uint64_t features = 0;
#ifdef PLATFORM_X86
    uint32_t leaf[4];
    platform_cpuid(0, 0, leaf);
    uint32_t highest = leaf[0];
    if (highest < 1)
        return 0;
    platform_cpuid(1, 0, leaf);
    const uint32_t c = leaf[2], d = leaf[3];
    features |= d >> 15 & 1 ? RETRO_SIMD_CMOV : 0;
    features |= d >> 23 & 1 ? RETRO_SIMD_MMX : 0;
    features |= d >> 25 & 1 ? RETRO_SIMD_SSE | RETRO_SIMD_MMXEXT : 0;
    features |= d >> 26 & 1 ? RETRO_SIMD_SSE2 : 0;
    features |= c >> 0 & 1 ? RETRO_SIMD_SSE3 : 0;
    features |= c >> 9 & 1 ? RETRO_SIMD_SSSE3 : 0;
    features |= c >> 19 & 1 ? RETRO_SIMD_SSE4 : 0;
    features |= c >> 20 & 1 ? RETRO_SIMD_SSE42 : 0;
    features |= c >> 22 & 1 ? RETRO_SIMD_MOVBE : 0;
    features |= c >> 23 & 1 ? RETRO_SIMD_POPCNT : 0;
    features |= c >> 25 & 1 ? RETRO_SIMD_AES : 0;
    const bool registers_saved = (c >> 27 & 1) && (platform_saved_registers() & 6) == 6;
    if (registers_saved && (c >> 28 & 1)) {
        features |= RETRO_SIMD_AVX;
        if (highest >= 7) {
            platform_cpuid(7, 0, leaf);
            features |= leaf[1] >> 5 & 1 ? RETRO_SIMD_AVX2 : 0;
        }
    }
#elif defined(__aarch64__) || defined(_M_ARM64)
    features |= RETRO_SIMD_NEON | RETRO_SIMD_ASIMD | RETRO_SIMD_VFPV3 | RETRO_SIMD_VFPV4;
#elif defined(__linux__) && defined(__arm__)
    const unsigned long hardware = getauxval(AT_HWCAP);
    features |= hardware >> 12 & 1 ? RETRO_SIMD_NEON : 0;
    features |= hardware >> 13 & 1 ? RETRO_SIMD_VFPV3 : 0;
    features |= hardware >> 16 & 1 ? RETRO_SIMD_VFPV4 : 0;
#endif
    return features;
}

/* libretro's VFS words for the outcome: 0 made, -2 it was there already, -1 could not. */
static inline int platform_make_directory(const char *utf8)
{
#ifdef _WIN32
    wchar_t wide[32768];
    if (!MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8, -1, wide, 32768))
        return -1;
    if (CreateDirectoryW(wide, NULL))
        return 0;
    return GetLastError() == ERROR_ALREADY_EXISTS ? -2 : -1;
#else
    if (mkdir(utf8, 0777) == 0)
        return 0;
    return errno == EEXIST ? -2 : -1;
#endif
}

/* Copies memory that somebody else may have unmapped; false instead of a crash. False, too, where
 * the system offers no such reading. */
static inline bool platform_readable_copy(void *to, const void *from, size_t size)
{
#ifdef __linux__
    struct iovec local = {to, size};
    struct iovec remote = {(void *)(uintptr_t)from, size};
    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
#else
    (void)to;
    (void)from;
    (void)size;
    return false;
#endif
}

/* How many of the bytes from `start` on can be read, to within a page. All, where the system does
 * not tell. */
static inline size_t platform_readable_size(const void *start, size_t size)
{
#ifdef __linux__
    enum { PAGE = 4096, AT_ONCE = 64 };
    const uintptr_t first = (uintptr_t)start;
    uintptr_t page = first;
    char bytes[AT_ONCE];
    while (page < first + size) {
        struct iovec local = {bytes, 0};
        struct iovec remote[AT_ONCE];
        uintptr_t next = page;
        unsigned long pages = 0;
        for (; pages < AT_ONCE && next < first + size; pages++) {
            remote[pages].iov_base = (void *)next;
            remote[pages].iov_len = 1;
            next = (next / PAGE + 1) * PAGE;
        }
        local.iov_len = pages;
        const ssize_t read = process_vm_readv(getpid(), &local, 1, remote, pages, 0);
        if (read < 0 && errno != EFAULT)
            return size;
        for (ssize_t i = 0; i < read; i++)
            page = (page / PAGE + 1) * PAGE;
        if (read < (ssize_t)pages)
            return page - first;
    }
#else
    (void)start;
#endif
    return size;
}

#ifdef _WIN32
static inline void platform_watch_fork(void)
{
}

static inline int platform_fork_generation(void)
{
    return 0;
}

static inline void platform_watch_interrupt(void)
{
}

static inline bool platform_interrupted(void)
{
    return false;
}

static inline void platform_clear_interrupted(void)
{
}
#else

/* How many forks lie between the process that called platform_watch_fork and this one. */

static volatile sig_atomic_t platform_forks;
static volatile int platform_fork_watched;

static inline void platform_forked(void)
{
    platform_forks = platform_forks + 1;
}

static inline void platform_watch_fork(void)
{
    if (!platform_atomic_exchange(&platform_fork_watched, 1))
        pthread_atfork(NULL, NULL, platform_forked);
}

static inline int platform_fork_generation(void)
{
    return (int)platform_forks;
}

/* Ctrl-C: asking Python whether a signal came needs the GIL, and that costs milliseconds while
 * another thread computes. So a handler of ours runs before the one that is installed and leaves
 * a flag that can be read for nothing. */

static struct sigaction platform_previous_interrupt;
static volatile sig_atomic_t platform_interrupt_flag;
static volatile uintptr_t platform_interrupt_thread;

static inline void platform_on_interrupt(int number, siginfo_t *info, void *context)
{
    const int saved_errno = errno;
    platform_interrupt_flag = 1;
    /* A handler put in front of ours that calls ours would otherwise be called by us again. */
    if (platform_interrupt_thread != platform_thread_id()) {
        platform_interrupt_thread = platform_thread_id();
        if (platform_previous_interrupt.sa_flags & SA_SIGINFO)
            platform_previous_interrupt.sa_sigaction(number, info, context);
        else
            platform_previous_interrupt.sa_handler(number);
        platform_interrupt_thread = 0;
    }
    errno = saved_errno;
}

static inline bool platform_is_interrupt_handler(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == platform_on_interrupt;
}

/* Call on the main thread before a long run; cheap when the handler is in place. */
static inline void platform_watch_interrupt(void)
{
    struct sigaction current;
    if (sigaction(SIGINT, NULL, &current) != 0 || platform_is_interrupt_handler(&current))
        return;
    if (!(current.sa_flags & SA_SIGINFO) &&
        (current.sa_handler == SIG_DFL || current.sa_handler == SIG_IGN))
        return;
    struct sigaction ours = current;
    ours.sa_sigaction = platform_on_interrupt;
    ours.sa_flags |= SA_SIGINFO;
    platform_previous_interrupt = current;
    sigaction(SIGINT, &ours, NULL);
}

static inline bool platform_interrupted(void)
{
    return platform_interrupt_flag != 0;
}

static inline void platform_clear_interrupted(void)
{
    platform_interrupt_flag = 0;
}
#endif

#endif

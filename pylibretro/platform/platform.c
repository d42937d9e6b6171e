#include "platform.h"

#include "libretro.h"

#ifndef _WIN32
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#endif

#ifdef PLATFORM_X86
#ifdef _MSC_VER
#include <intrin.h>
#else
#include <cpuid.h>
#endif
#elif defined(__linux__) && defined(__arm__)
#include <sys/auxv.h>
#endif

enum { PLATFORM_STACK_BYTES = 8 << 20 };

#ifdef _WIN32
void platform_condition_wait_for(platform_condition *condition, platform_mutex *mutex,
                                 uint64_t nanoseconds)
{
    SleepConditionVariableSRW(condition, mutex, (DWORD)(nanoseconds / 1000000 + 1), 0);
}

bool platform_thread_create(platform_thread *thread, platform_thread_start start, void *argument)
{
    *thread = CreateThread(NULL, PLATFORM_STACK_BYTES, start, argument,
                           STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    return *thread != NULL;
}

void platform_thread_join(platform_thread thread)
{
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}
#else
__thread int platform_locks_held;

void platform_condition_wait_for(platform_condition *condition, platform_mutex *mutex,
                                 uint64_t nanoseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    nanoseconds += (uint64_t)until.tv_nsec;
    until.tv_sec += (time_t)(nanoseconds / 1000000000u);
    until.tv_nsec = (long)(nanoseconds % 1000000000u);
    pthread_cond_timedwait(condition, mutex, &until);
}

bool platform_thread_create(platform_thread *thread, platform_thread_start start, void *argument)
{
    /* Signals are for the threads of Python, but a fault is its own thread's: blocked, it would end
     * the process, where a core that remaps memory on SIGSEGV goes on. */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL,  SIGFPE,
                                 SIGTRAP, SIGSYS, SIGABRT, SIGURG /* see stuck.h */};
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

void platform_thread_join(platform_thread thread)
{
    pthread_join(thread, NULL);
}
#endif

uint64_t platform_time_nsec(void)
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

uint64_t platform_perf_counter(void)
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

#ifdef PLATFORM_X86
static void platform_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t registers[4])
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
static uint64_t platform_saved_registers(void)
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

uint64_t platform_cpu_features(void)
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

bool platform_readable_copy(void *to, const void *from, size_t size)
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

size_t platform_readable_size(const void *start, size_t size)
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

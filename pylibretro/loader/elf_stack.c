/* Stacks on which code can run, for cores whose functions write functions there. */

#include "dylib.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#ifndef PROT_GROWSDOWN
#define PROT_GROWSDOWN 0x01000000
#endif

static bool is_first_thread(void)
{
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return false;
#endif
}

static bool make_stack_executable(void)
{
    const int protection = PROT_READ | PROT_WRITE | PROT_EXEC;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pthread_attr_t attributes;
    void *start = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return false;
    const bool known = pthread_attr_getstack(&attributes, &start, &size) == 0;
    pthread_attr_destroy(&attributes);
    if (!known)
        return false;
    /* The first thread's stack is longer than what there is of it yet: all below a page, and what
     * will be. */
    if (is_first_thread()) {
        const uintptr_t here = (uintptr_t)&attributes & ~(uintptr_t)(page - 1);
        const uintptr_t end = (uintptr_t)start + size;
        return mprotect((void *)here, end - here, protection | PROT_GROWSDOWN) == 0;
    }
    const uintptr_t first = ((uintptr_t)start + page - 1) & ~(uintptr_t)(page - 1);
    const uintptr_t end = ((uintptr_t)start + size) & ~(uintptr_t)(page - 1);
    return mprotect((void *)first, end - first, protection) == 0;
}

bool dylib_make_stack_executable(void)
{
    static __thread bool done;
    if (!done)
        done = make_stack_executable();
    return done;
}

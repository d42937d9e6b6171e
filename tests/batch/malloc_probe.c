/* Counts what the threads of a process allocate; preloaded by tests/batch/test_batch_memory.py. */
#include <pthread.h>
#include <stddef.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

#define PROBE __attribute__((visibility("default")))

PROBE unsigned long malloc_probe_here(void);
PROBE unsigned long malloc_probe_elsewhere(void);

static pthread_t first_thread;
static volatile unsigned long here, elsewhere;

__attribute__((constructor)) static void begin(void)
{
    first_thread = pthread_self();
}

static void count(void)
{
    if (pthread_equal(first_thread, pthread_self()))
        here++;
    else
        __atomic_add_fetch(&elsewhere, 1, __ATOMIC_RELAXED);
}

/* Calls on the thread that began the process. */
unsigned long malloc_probe_here(void)
{
    return here;
}

/* Calls on all other threads. */
unsigned long malloc_probe_elsewhere(void)
{
    return __atomic_load_n(&elsewhere, __ATOMIC_RELAXED);
}

PROBE void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

PROBE void *calloc(size_t number, size_t size)
{
    count();
    return __libc_calloc(number, size);
}

PROBE void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}

PROBE void *aligned_alloc(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

PROBE void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

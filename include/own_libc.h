/* What a core shares with the process through libc - its state, threads, files, signals,
 * environment - as an instance of its own: a core's imports lead to functions that find the core
 * which their thread is in. What cannot be its own, such as another process, is refused. */
#ifndef PYLIBRETRO_OWN_LIBC_H
#define PYLIBRETRO_OWN_LIBC_H

#include "dylib.h"
#include "libc_state.h"

#include <stdio.h>

struct frontend;

/* The core that the calling thread is in, or NULL. */
struct frontend *own_libc_current(void);
void own_libc_enter(struct frontend *frontend);

/* Its libc state; one that nobody else has for a thread that is in none. */
struct libc_state *own_libc_state(void);

/* Leads the imports of a frontend's library here; false without memory. */
bool own_libc_isolate(struct frontend *frontend);

/* To be called under guard, before the library's destructors run. */
void own_libc_close(struct frontend *frontend);

/* Gives back what the core has left, of which it will not hear again. */
void own_libc_end(struct frontend *frontend);

/* Ends the call into the core that this thread is in, as abort does; returns outside of one. */
void own_libc_abort(const char *reason);

/* What the core prints goes into its log, line by line. */
void own_output_isolate(struct dylib *library);
void own_output_end_line(struct frontend *frontend);

#ifdef _WIN32
static inline bool own_threads_alive(const struct frontend *frontend)
{
    (void)frontend;
    return false;
}

static inline void own_signals_begin(struct frontend *frontend)
{
    (void)frontend;
}

static inline void own_signals_end(struct frontend *frontend)
{
    (void)frontend;
}
#else
struct own_exit;
struct own_variable;
struct own_streams;

enum { OWN_KEYS = 1024, OWN_DESCRIPTORS = 65536 };

/* What there is of the process for one core. */
struct own_libc {
    struct own_exit *exits, *thread_exits; /* what is to be called at its end, the last first */
    struct own_variable *variables;        /* of its environment, that differ from the process's */
    bool cleared_environment;
    char *directory;   /* its working directory, or NULL: the process's */
    int mask;          /* its umask, or -1 */
    void *tls;         /* its thread-local variables, for all callers */
    size_t tls_module; /* 0: it has none */
    void **specifics;  /* by key, for all callers */
    uint64_t keys[OWN_KEYS / 64];
    uint64_t descriptors[OWN_DESCRIPTORS / 64]; /* that it has opened */
    struct own_streams *streams;
    volatile uint32_t threads; /* of its own, that are alive */
    volatile int lock;
};

/* The parts of it: what threads do and how they wait, what is theirs alone; which files are opened,
 * and by which paths; the environment; who handles a signal; what ends the process or begins
 * another one. */
void own_threads_isolate(struct dylib *library);
bool own_variables_isolate(struct frontend *frontend);
void own_files_isolate(struct dylib *library);
void own_paths_isolate(struct dylib *library);
void own_descriptors_isolate(struct dylib *library);
void own_environment_isolate(struct dylib *library);
void own_signals_isolate(struct dylib *library);
void own_process_isolate(struct dylib *library);

/* Whether the calling thread is one of a core's own, and whether a core has any. */
bool own_threads_is_own(void);
bool own_threads_alive(const struct frontend *frontend);

void own_variables_close(struct frontend *frontend);
void own_variables_end(struct frontend *frontend);
void own_environment_end(struct frontend *frontend);
void own_descriptors_end(struct frontend *frontend);

/* A path as the core means it, in `buffer` where it counts from a working directory of its own. */
const char *own_path(const char *path, char *buffer, size_t size);
/* The mode of a file that it makes. */
unsigned own_mode(unsigned mode);

/* It has opened, or may close. */
FILE *own_stream(FILE *stream);
int own_descriptor(int descriptor);
bool own_descriptor_closes(int descriptor);

/* Has the process's handlers of faults in place, as long as any frontend wants them. */
void own_signals_begin(struct frontend *frontend);
/* Forgets the signal handlers of a core that is gone. */
void own_signals_end(struct frontend *frontend);
/* Whether the core has set a handler of this signal. */
bool own_signals_handles(struct frontend *frontend, int number);

static inline void own_lock(struct own_libc *own)
{
    while (__atomic_exchange_n(&own->lock, 1, __ATOMIC_ACQUIRE))
        ;
}

static inline void own_unlock(struct own_libc *own)
{
    __atomic_store_n(&own->lock, 0, __ATOMIC_RELEASE);
}
#endif

#endif

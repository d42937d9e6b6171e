/* What a core shares with the process through libc - its state, threads, files, signals - as an
 * instance of its own: a core's imports lead to functions that find the core which their thread is
 * in. */
#ifndef PYLIBRETRO_OWN_LIBC_H
#define PYLIBRETRO_OWN_LIBC_H

#include "dylib.h"
#include "libc_state.h"

struct frontend;

/* The core that the calling thread is in, or NULL. */
struct frontend *own_libc_current(void);
void own_libc_enter(struct frontend *frontend);

/* Its libc state; one that nobody else has for a thread that is in none. */
struct libc_state *own_libc_state(void);

/* Leads the imports of a frontend's library here. */
void own_libc_isolate(struct frontend *frontend);

#ifdef _WIN32
static inline void own_signals_end(struct frontend *frontend)
{
    (void)frontend;
}
#else
/* The parts of it: what threads do and how they wait; which files are opened; who handles a
 * signal. */
void own_threads_isolate(struct dylib *library);
void own_files_isolate(struct dylib *library);
void own_signals_isolate(struct dylib *library);

/* Forgets the signal handlers of a core that is gone. */
void own_signals_end(struct frontend *frontend);
#endif

#endif

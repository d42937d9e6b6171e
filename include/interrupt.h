/* What happens to the whole process: fork and Ctrl-C. Asking Python whether a signal came needs the
 * GIL, and that costs milliseconds while another thread computes. So a handler of ours runs before
 * the one that is installed and leaves a flag that can be read for nothing.
 *
 * A process has one of these states: this unit is linked into one module only. */
#ifndef PYLIBRETRO_INTERRUPT_H
#define PYLIBRETRO_INTERRUPT_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t platform_interrupt_flag;

/* Called in the signal handler at each Ctrl-C, for who has to do something at once; or NULL. */
extern void (*volatile platform_interrupt_hook)(void);

void platform_watch_fork(void);

/* How many forks lie between the process that called platform_watch_fork and this one. */
int platform_fork_generation(void);

/* Call on the main thread before a long run; cheap when the handler is in place. */
void platform_watch_interrupt(void);

static inline bool platform_interrupted(void)
{
    return platform_interrupt_flag != 0;
}

void platform_clear_interrupted(void);

#endif

/* A team of threads that does numbered items of work together with the thread that asks.
 *
 * Each thread has a fixed share of the items, so that what an item touches stays in the caches of
 * one processor, and helps the others when its own share is done. Nothing is allocated between
 * workers_start and workers_stop. A team is one thread's at a time. */
#ifndef PYLIBRETRO_WORKERS_H
#define PYLIBRETRO_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct workers;

/* Does one item; called from any thread of the team, never twice at a time for one item. */
typedef void (*workers_function)(void *context, size_t item);

/* A team of `threads`, the calling one among them, for `items` items. With `spin`, threads that
 * wait for each other keep their processors busy for a moment before they sleep. NULL when there
 * is no memory or no more threads. */
struct workers *workers_start(size_t threads, size_t items, bool spin);

/* Ends the threads when they have done what was submitted. */
void workers_stop(struct workers *workers);

/* Forgets a team whose threads are gone: that of another process, before fork(). */
void workers_abandon(struct workers *workers);

/* Does all items once and returns when they are done. */
void workers_run(struct workers *workers, workers_function function, void *context);

/* The same for items that take as long as in the runs before this one: each thread begins with the
 * longest of its share, so that there are short ones to share at the end. */
void workers_run_longest_first(struct workers *workers, workers_function function, void *context);

/* Lets the team do these items while the caller goes on; each must have been taken before it is
 * submitted again, and no other function or context may come, nor a run, until all are taken. */
bool workers_submit(struct workers *workers, workers_function function, void *context,
                    const size_t *items, size_t count);

/* Waits for `count` of the submitted items, whichever are done first, or until a wait of
 * `timeout_nsec` has passed; returns how many. */
size_t workers_take(struct workers *workers, size_t *items, size_t count,
                    unsigned long long timeout_nsec);

#ifdef __cplusplus
}
#endif
#endif

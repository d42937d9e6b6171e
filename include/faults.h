/* Faults of the machine in a core's code - memory that is not there, traps, abort - and whether
 * the call in which one happened can be left at that point. It can where nothing of the process was
 * being changed: in the core's own code, in what is pure computing of the C library (memcpy,
 * snprintf), in the callbacks of ours that hold no lock. It cannot inside of the allocator, which
 * would stay locked or torn for all, nor in anybody else's code. */
#ifndef PYLIBRETRO_FAULTS_H
#define PYLIBRETRO_FAULTS_H

#include "dylib.h"
#include "guard.h"

struct fault {
    int number; /* of the signal */
    uintptr_t address, instruction;
    uintptr_t offset;   /* of the instruction in the core's code that it was in or called from; 0 */
    char place[128];    /* in whose code the instruction is: a function, or a library */
    char obstacle[256]; /* why the call cannot be left; "" where it can be */
};

#ifndef _WIN32

#ifdef __cplusplus
extern "C" {
#endif

enum fault_kind {
    FAULT_OF_THE_CORE,    /* it happened in what the core does */
    FAULT_BETWEEN_WAITING /* the core was stopped: what waits for others may be left, too */
};

/* Says where a signal came that is being handled on this thread, whose handler got `context`, and
 * whether the call into the core may be left. */
void fault_look(struct fault *fault, const struct dylib *library, int locks_before, int number,
                uintptr_t address, const void *context, enum fault_kind kind);

/* Writes what happened into `message`. */
void fault_describe(const struct fault *fault, char *message, size_t size);

/* Gives the calling thread a stack of its own for signal handlers, so that a stack that is full can
 * be told of. It goes with the thread. */
void fault_ready_thread(void);

#ifdef __cplusplus
}
#endif

#else
static inline void fault_ready_thread(void)
{
}
#endif
#endif

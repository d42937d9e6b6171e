/* What a core may ask about the machine that it runs on: how much memory there is, and memory for
 * code that it makes itself.
 *
 * Any thread may ask. What a core does not give back is freed by host_end. */
#ifndef PYLIBRETRO_HOST_H
#define PYLIBRETRO_HOST_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>

#include "libretro.h"
#include "platform.h"

struct exec_memory_block;

struct host {
    struct retro_memory_status memory;
    bool memory_known;

    unsigned exec_mode; /* RETRO_EXEC_MEM_MODE_*: what a core that asks for 0 bytes is told */
    platform_mutex lock;
    struct exec_memory_block *blocks;
};

/* Whether this system gives memory of this mode; UNRESTRICTED asks for any that a core could map
 * itself. */
bool host_can_execute(unsigned mode);
bool host_exec_allocate(struct host *host, struct retro_exec_mem_alloc *wish);
bool host_exec_free(struct host *host, const struct retro_exec_mem_free *given);
void host_end(struct host *host);

#endif

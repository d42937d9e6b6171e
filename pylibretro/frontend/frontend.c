/* What every frontend needs and Cython cannot say: variadic logging, calls under guard. */

#include "frontend.h"

#include "own_libc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- arenas --------------------------------------------------------------------------------- */

enum { ARENA_BLOCK = 4096, ARENA_LIMIT = 64 << 20, ARENA_ALIGNMENT = 16 };

#define ARENA_HEADER                                                                               \
    ((sizeof(struct arena_block) + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT)

void *arena_allocate(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    if (size > ARENA_LIMIT)
        return NULL;
    size = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (!block || block->size - block->used < size) {
        size_t capacity = size > ARENA_BLOCK ? size : ARENA_BLOCK;
        if (arena->total + capacity > ARENA_LIMIT)
            return NULL;
        block = calloc(1, ARENA_HEADER + capacity);
        if (!block)
            return NULL;
        block->size = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->total += capacity;
    }
    void *memory = (char *)block + ARENA_HEADER + block->used;
    block->used += size;
    return memory;
}

char *arena_string(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = arena_allocate(arena, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void arena_join(struct arena *arena, struct arena *other)
{
    struct arena_block **link = &other->blocks;
    while (*link)
        link = &(*link)->next;
    *link = arena->blocks;
    arena->blocks = other->blocks;
    arena->total += other->total;
    other->blocks = NULL;
    other->total = 0;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    arena->total = 0;
}

/* ---- a core's life -------------------------------------------------------------------------- */

int frontend_link(struct frontend *frontend, const char *path, char *message, size_t message_size)
{
    int outcome =
        dylib_link(&frontend->library, path, frontend->skips.detours, message, message_size);
    if (outcome != DYLIB_OK)
        return outcome;
    frontend->library_open = true;
    frontend->watch = stuck_watch(frontend->time_limit_nsec);
    if (!own_libc_isolate(frontend) || !frontend->watch) {
        snprintf(message, message_size, "%s: out of memory", path);
        return DYLIB_SYSTEM;
    }
    own_signals_begin(frontend);
    return DYLIB_OK;
}

const char *frontend_bind(struct frontend *frontend)
{
#define BIND(library, kind, result, name, ...)                                                     \
    *(void **)&frontend->core.name = dylib_symbol(library, "retro_" #name);                        \
    if (!frontend->core.name)                                                                      \
        return "retro_" #name;
    CORE_ENTRY_POINTS(BIND, BIND, &frontend->library)
#undef BIND
    return NULL;
}

void frontend_start(struct frontend *frontend)
{
    dylib_start(&frontend->library);
    guard_watch_terminate();
}

void frontend_unload(void *argument)
{
    struct frontend *frontend = argument;
    own_libc_close(frontend);
    dylib_close(&frontend->library);
}

bool frontend_close(struct frontend *frontend)
{
    if (!frontend->library_open)
        return true;
    if (own_threads_alive(frontend))
        return false;
    frontend->library_open = false;
    const bool can_be_called = frontend->watch != NULL; /* without memory it never was */
    if (can_be_called && !frontend->crashed)
        frontend_call(frontend, frontend_unload, frontend);
    if (!can_be_called || frontend->crashed)
        dylib_discard(&frontend->library);
    own_signals_end(frontend);
    own_libc_end(frontend);
    stuck_forget(frontend->watch);
    frontend->watch = NULL;
    return true;
}

static int call_guarded(struct frontend *frontend, void (*call)(void *), void *argument)
{
    struct frontend *outer = own_libc_current();
    if (frontend->thread_outcome)
        return frontend->thread_outcome;
    if (outer != frontend)
        frontend->libc.waited_usec = 0;
    dylib_ready_thread(&frontend->library);
    fault_ready_thread();
    own_libc_enter(frontend);
    frontend->last_call = call;
    const long outer_thread = stuck_enter(frontend->watch);
    const int outcome = guard_call(&frontend->guard, call, argument);
    stuck_leave(frontend->watch, outer_thread);
    /* Threads of the core's own may still be at a picture; when this one is, it was left there. */
    while (outcome == GUARD_OK && platform_atomic_load(&frontend->video.busy))
        platform_pause();
    if (frontend->line.length)
        own_output_end_line(frontend);
    own_libc_enter(outer);
    return outcome != GUARD_OK ? outcome : frontend->thread_outcome;
}

int frontend_call(struct frontend *frontend, void (*call)(void *), void *argument)
{
    const bool draws = frontend->hardware.context != NULL;
    if (draws && !hardware_enter(&frontend->hardware))
        return FRONTEND_NO_CONTEXT;
    const int outcome = call_guarded(frontend, call, argument);
    if (draws)
        hardware_leave(&frontend->hardware);
    if (outcome != GUARD_OK) {
        frontend->crashed = true;
        if (frontend->thread_outcome)
            memcpy(frontend->guard.message, frontend->thread_message,
                   sizeof frontend->thread_message);
    }
    return outcome;
}

void frontend_violation(struct frontend *frontend, const char *format, ...)
{
    if (frontend->violation[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(frontend->violation, sizeof frontend->violation, format, arguments);
    va_end(arguments);
}

void frontend_input_poll(struct frontend *frontend)
{
    (void)frontend;
    /* Input is latched before retro_run, so that a frame sees one state however often it polls. */
}

uintptr_t frontend_framebuffer(struct frontend *frontend)
{
    return frontend ? hardware_framebuffer(&frontend->hardware) : 0;
}

void frontend_netpacket_send(struct frontend *frontend, int flags, const void *data, size_t size,
                             uint16_t client)
{
    netpacket_send(frontend ? frontend->netpacket : NULL, flags, data, size, client);
}

void frontend_netpacket_poll_receive(struct frontend *frontend)
{
    netpacket_poll_receive(frontend ? frontend->netpacket : NULL);
}

bool RETRO_CALLCONV frontend_clear_thread_waits(unsigned command, void *data)
{
    (void)command;
    (void)data;
    return true;
}

/* ---- log ------------------------------------------------------------------------------------ */

enum { LOG_TEXT_LIMIT = 16 << 10, LOG_QUEUE_LIMIT = 8 << 20 };

void frontend_log(struct frontend *frontend, int level, const char *format, va_list arguments)
{
    char local[1024];
    if (!frontend || !format)
        return;
    va_list again;
    va_copy(again, arguments);
    int needed = vsnprintf(local, sizeof local, format, arguments);
    if (needed < 0) {
        needed =
            snprintf(local, sizeof local, "(a line that could not be formatted: %.200s)", format);
    }
    size_t length = (size_t)needed < LOG_TEXT_LIMIT ? (size_t)needed : LOG_TEXT_LIMIT;
    struct log_line *line = malloc(sizeof *line + length);
    if (line) {
        if (length < sizeof local)
            memcpy(line->text, local, length + 1);
        else
            vsnprintf(line->text, length + 1, format, again);
        line->next = NULL;
        line->level = level;
        line->length = strlen(line->text);
    }
    va_end(again);

    platform_mutex_lock(&frontend->lock);
    if (!line || frontend->log_bytes + sizeof *line + length > LOG_QUEUE_LIMIT) {
        frontend->log_dropped++;
        free(line);
    } else {
        if (frontend->log_last)
            frontend->log_last->next = line;
        else
            frontend->log_first = line;
        frontend->log_last = line;
        frontend->log_bytes += sizeof *line + length;
    }
    frontend_note_unheard(frontend);
    platform_mutex_unlock(&frontend->lock);
}

void frontend_note(struct frontend *frontend, int level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    frontend_log(frontend, level, format, arguments);
    va_end(arguments);
}

/* ---- perf interface ------------------------------------------------------------------------- */

retro_time_t frontend_perf_time(struct frontend *frontend)
{
    if (!frontend || frontend->timing.real_time)
        return platform_time_usec();
    return frontend->libc.clock_usec + platform_atomic_add(&frontend->timing.questions, 1) + 1;
}

/* Nanoseconds of the instance's clock, or whatever the machine counts in. */
retro_perf_tick_t frontend_perf_ticks(struct frontend *frontend)
{
    if (!frontend || frontend->timing.real_time)
        return platform_perf_counter();
    const retro_perf_tick_t asked = platform_atomic_add(&frontend->timing.questions, 1) + 1;
    return frontend->clock_nsec + 1000 * asked;
}

uint64_t RETRO_CALLCONV frontend_cpu_features(void)
{
    return platform_cpu_features();
}

void frontend_perf_register(struct frontend *frontend, struct retro_perf_counter *counter)
{
    if (!frontend || !counter)
        return;
    struct frontend_timing *timing = &frontend->timing;
    char name[TIMING_NAME];
    unsigned i = 0;
    snprintf(name, sizeof name, "%s", counter->ident ? counter->ident : "");
    platform_mutex_lock(&frontend->lock);
    while (i < timing->counter_count && timing->counters[i].counter != counter)
        i++;
    if (i < TIMING_COUNTERS) {
        timing->counters[i].counter = counter;
        memcpy(timing->counters[i].name, name, sizeof name);
        if (i == timing->counter_count)
            timing->counter_count++;
    }
    platform_mutex_unlock(&frontend->lock);
    counter->registered = true;
}

void frontend_perf_start(struct frontend *frontend, struct retro_perf_counter *counter)
{
    if (counter && counter->registered) {
        counter->call_cnt++;
        counter->start = frontend_perf_ticks(frontend);
    }
}

void frontend_perf_stop(struct frontend *frontend, struct retro_perf_counter *counter)
{
    if (counter && counter->registered)
        counter->total += frontend_perf_ticks(frontend) - counter->start;
}

void frontend_perf_log(struct frontend *frontend)
{
    if (!frontend)
        return;
    for (unsigned i = 0; i < frontend->timing.counter_count; i++) {
        const struct timing_counter *entry = &frontend->timing.counters[i];
        frontend_note(frontend, RETRO_LOG_INFO, "performance: %s: %llu calls, %llu ticks",
                      entry->name, (unsigned long long)entry->counter->call_cnt,
                      (unsigned long long)entry->counter->total);
    }
}

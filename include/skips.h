/* What an instance of a core leaves out of frames that nobody sees or hears: detours of its code,
 * and variables that its own frame skip reads. */
#ifndef PYLIBRETRO_SKIPS_H
#define PYLIBRETRO_SKIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* When something is left out; the number of a condition is that of its switch. What is computed in
 * less time with the same result is always in force, once it is switched on. */
enum skip_condition { SKIP_UNSEEN, SKIP_UNHEARD, SKIP_ALWAYS, SKIP_CONDITIONS };

struct skip_variable {
    uintptr_t address; /* as in the library's file */
    uint8_t condition, size;
    bool has_otherwise;
    uint64_t value, otherwise; /* what it is in such a frame, and in every other */
};

struct skips {
    const struct detours *detours; /* NULL: the core runs as it is */
    const struct skip_variable *variables;
    size_t variable_count;
    /* The machine has been in frames whose sound was left out, since it began or was put into a
     * state of one that had not. */
    bool unheard;
};

/* Before a frame, and after it with neither. */
static inline void skips_switch(struct skips *skips, volatile uint8_t *switches, uintptr_t base,
                                bool unseen, bool unheard)
{
    const bool now[SKIP_CONDITIONS] = {unseen, unheard, switches[SKIP_ALWAYS]};
    switches[SKIP_UNSEEN] = unseen;
    switches[SKIP_UNHEARD] = unheard;
    for (size_t i = 0; i < skips->variable_count; i++) {
        const struct skip_variable *variable = &skips->variables[i];
        const uint64_t value = now[variable->condition] ? variable->value : variable->otherwise;
        if (now[variable->condition] ||
            variable->has_otherwise) /* little endian, as all that have detours */
            memcpy((void *)(base + variable->address), &value, variable->size);
    }
    skips->unheard |= unheard;
}

#endif

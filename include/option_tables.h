/* What cores declare as their options: tables that never change, so that all cores of a process
   that declare the same share one. */

#ifndef PYLIBRETRO_OPTION_TABLES_H
#define PYLIBRETRO_OPTION_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "libretro.h"

#ifdef __cplusplus
extern "C" {
#endif

struct option_value {
    const char *value, *label;
};

struct option_declaration {
    const char *key, *description, *description_in_category, *info, *info_in_category, *category;
    const struct option_value *values;
    size_t value_count, default_index;
};

struct option_category {
    const char *key, *description, *info;
};

struct option_table {
    struct option_table *next; /* of those that are shared */
    size_t references;
    size_t bytes; /* of memory */
    uint64_t hash;
    const char *text; /* all that was declared; the strings lie in it */
    size_t text_bytes;
    struct option_declaration *options;
    size_t option_count;
    struct option_category *categories;
    size_t category_count;
};

/* A table with a reference for the caller; NULL without memory, or of NULL. For every thread, also
   one of a core. What is `local` has texts in the player's language for some of the options, or is
   NULL. The fork generation is that of this process (interrupt.h). */
struct option_table *option_table_of_variables(const struct retro_variable *variables,
                                               int fork_generation);
struct option_table *
option_table_of_definitions(const struct retro_core_option_definition *definitions,
                            const struct retro_core_option_definition *local, int fork_generation);
struct option_table *option_table_of_v2(const struct retro_core_options_v2 *declared,
                                        const struct retro_core_options_v2 *local,
                                        int fork_generation);
void option_table_release(struct option_table *table, int fork_generation);

#ifdef __cplusplus
}
#endif

#endif

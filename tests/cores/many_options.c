/*
 * Declares a hundred options of 128 values each, anew in every frame: TABLES different ones in
 * turns. ram[0] counts the declarations in frames that were accepted.
 */
#define CORE_NAME "many options"
#define OWN_retro_set_environment
#define OWN_retro_run
#include "core.h"

#ifndef TABLES
#define TABLES 1
#endif

enum { OPTIONS = 100, VALUES = 128, TEXT = 64 };

static struct retro_core_option_definition definitions[OPTIONS + 1];
static char keys[OPTIONS][TEXT], texts[VALUES][TEXT], labels[TABLES][TEXT];

static bool declare(unsigned table)
{
    snprintf(labels[table], TEXT, "what a user reads instead of that value, table %u", table);
    for (unsigned i = 0; i < OPTIONS; i++) {
        snprintf(keys[i], TEXT, "many_%u", i);
        definitions[i].key = keys[i];
        definitions[i].desc = "One of many";
        for (unsigned j = 0; j < VALUES - 1; j++) {
            snprintf(texts[j], TEXT, "a value that is long enough to take memory, number %u", j);
            definitions[i].values[j].value = texts[j];
            definitions[i].values[j].label = labels[table];
        }
    }
    return environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS, definitions);
}

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    declare(0);
}

void retro_run(void)
{
    static unsigned frame;
    input_poll();
    ram[0] += declare(frame++ % TABLES);
    show_frame_number();
}

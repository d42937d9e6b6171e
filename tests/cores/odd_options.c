/* Options whose keys and values are what cores have by accident: Latin-1, declared twice, with
 * spaces at their ends. Every frame notes what it sees. ODD_INTERFACE: 0 SET_VARIABLES, 1 V2. */
#define CORE_NAME "odd options"
#define OWN_retro_set_environment
#define OWN_retro_run
#include "core.h"

#ifndef ODD_INTERFACE
#define ODD_INTERFACE 0
#endif

static const char *const keys[] = {"caf\xe9", "twice", "spaces"};

void retro_set_environment(retro_environment_t callback)
{
    static const struct retro_variable variables[] = {
        {"caf\xe9", "Coffee; cr\xe8me|noir"},    {"twice", "Declared first; one|two"},
        {"twice", "Declared again; three|four"}, {"spaces", "Padded;  left |right "},
        {"the end of the list", NULL},           {(const char *)1, (const char *)1},
    };
    static struct retro_core_option_v2_definition definitions[] = {
        {"caf\xe9", "Coffee", NULL, NULL, NULL, NULL, {{"cr\xe8me", NULL}, {"noir", NULL}}, NULL},
        {"twice", "Declared first", NULL, NULL, NULL, NULL, {{"one", NULL}, {"two", NULL}}, NULL},
        {"twice", "Declared again", NULL, NULL, NULL, NULL, {{"three", NULL}, {"x", NULL}}, NULL},
        {"spaces", "Padded", NULL, NULL, NULL, NULL, {{"left ", NULL}, {"right ", NULL}}, NULL},
        {NULL, NULL, NULL, NULL, NULL, NULL, {{NULL, NULL}}, NULL},
    };
    static const struct retro_core_options_v2 options = {NULL, definitions};
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    if (ODD_INTERFACE)
        environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, (void *)&options);
    else
        environment(RETRO_ENVIRONMENT_SET_VARIABLES, (void *)variables);
}

void retro_run(void)
{
    notes_length = 0;
    frame_number++;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct retro_variable variable = {keys[i], NULL};
        environment(RETRO_ENVIRONMENT_GET_VARIABLE, &variable);
        note("%u=%s", (unsigned)i,
             strcmp(text_or_null(variable.value), "cr\xe8me") == 0 ? "cream" : variable.value);
    }
    show_frame_number();
}

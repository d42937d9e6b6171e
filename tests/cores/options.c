/*
 * Declares options by the interface OPTIONS_INTERFACE: 0 SET_VARIABLES, 1 CORE_OPTIONS, 2 V2, 3
 * CORE_OPTIONS_INTL, 4 V2_INTL. Every frame notes the values it sees, one "key=value" a line, and
 * ram[0] counts frames, ram[1] updates told, ram[2] the frame of the last one, ram[3] values that
 * moved in memory without being changed. content[0] chooses what to do at frame 3.
 */
#define CORE_NAME "options"
#define OWN_retro_set_environment
#define OWN_retro_run
#include "core.h"

#ifndef OPTIONS_INTERFACE
#define OPTIONS_INTERFACE 2
#endif

enum { NOTHING, SET_VARIABLE, SET_WRONG_VARIABLE, HIDE, DECLARE_AGAIN, SET_NULL };

enum { OPTIONS = 6, MOST = RETRO_NUM_CORE_OPTION_VALUES_MAX };
static const char *const keys[OPTIONS] = {
    "test_colour",        "test_speed", "test_no_default",
    "test_wrong_default", "test_many",  "test_undescribed",
};

static struct retro_core_option_v2_category categories[] = {
    {"picture", "Picture", "What is seen"},
    {"machine", "Machine", NULL},
    {NULL, NULL, NULL},
};

/* The values of test_many fill the array: there is no room for the mark that ends it. */
static struct retro_core_option_v2_definition definitions[OPTIONS + 1] = {
    {"test_colour",
     "Picture > Colour",
     "Colour",
     "Colour of everything",
     "Its colour",
     "picture",
     {{"red", "Red as a rose"}, {"green", NULL}, {"blue", "Blue"}, {NULL, NULL}},
     "green"},
    {"test_speed",
     "Speed",
     NULL,
     NULL,
     NULL,
     "machine",
     {{"1x", NULL}, {"2x", NULL}, {NULL, NULL}},
     "1x"},
    {"test_no_default",
     "No default",
     NULL,
     NULL,
     NULL,
     NULL,
     {{"first", NULL}, {"second", NULL}, {NULL, NULL}},
     NULL},
    {"test_wrong_default",
     "Wrong default",
     NULL,
     NULL,
     NULL,
     "",
     {{"first", NULL}, {"second", NULL}, {NULL, NULL}},
     "third"},
    {"test_many", "Many values", NULL, NULL, NULL, "unknown category", {{NULL, NULL}}, "100"},
    {"test_undescribed",
     NULL,
     NULL,
     NULL,
     NULL,
     NULL,
     {{"off", NULL}, {"on", NULL}, {NULL, NULL}},
     "off"},
};

static char numbers[MOST][12];

static void declare_with_variables(void)
{
    /* Longer than the arrays of the newer interfaces: 200 values. */
    static char many[2400] = "Many values; 100";
    size_t length = strlen(many);
    for (int i = 0; i < 199 && length < sizeof many - 13; i++) {
        length += (size_t)snprintf(many + length, 13, "|%d", i < 100 ? i : i + 1);
    }
    struct retro_variable variables[] = {
        {keys[0], "Colour; green|red|blue"},
        {keys[1], "Speed; 1x|2x"},
        {keys[2], "No default; first|second"},
        {keys[3], "Wrong default; first|second"},
        {keys[4], many},
        {keys[5], "; off|on"},
        {NULL, NULL},
    };
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, variables);
    /* A frontend that kept our pointers now sees nonsense. */
    memset(many, '#', sizeof many - 1);
    strcpy(many, "Many values; 100");
    memset(variables, 0, sizeof variables);
}

/* Some of the options, in another order, and not all of their texts; its own values and defaults,
   which count for nothing. */
static void declare_in_german(struct retro_core_option_v2_definition *local,
                              struct retro_core_option_definition *translated)
{
    static const struct retro_core_option_v2_definition german[] = {
        {"test_speed",
         "Tempo",
         NULL,
         "",
         NULL,
         "no category",
         {{"1x", "einfach"}, {"9x", "-"}},
         "9x"},
        {"test_colour",
         "Bild > Farbe",
         "Farbe",
         NULL,
         "Ihre Farbe",
         NULL,
         {{"blue", "Blau"}, {"red", ""}, {"green", "Grün"}, {NULL, NULL}},
         "blue"},
        {"test_unknown", "Unbekannt", NULL, NULL, NULL, NULL, {{"a", NULL}}, "a"},
    };
    for (int i = 0; i < 3; i++) {
        local[i] = german[i];
        translated[i].key = german[i].key;
        translated[i].desc = german[i].desc;
        translated[i].info = german[i].info;
        translated[i].default_value = german[i].default_value;
        memcpy(translated[i].values, german[i].values, sizeof german[i].values);
    }
    local[3].key = translated[3].key = NULL;
}

static void declare_with_definitions(int interface)
{
    static struct retro_core_option_definition old[OPTIONS + 1], translated[OPTIONS + 1];
    static struct retro_core_option_v2_definition local[OPTIONS + 1];
    static struct retro_core_option_v2_category local_categories[] = {
        {"machine", "Maschine", "Wie sie läuft"},
        {"picture", "Bild", NULL},
        {NULL, NULL, NULL},
    };
    struct retro_core_options_v2 us = {categories, definitions}, other = {local_categories, local};
    struct retro_core_options_intl both_old = {old, translated};
    struct retro_core_options_v2_intl both = {&us, &other};
    for (int i = 0; i < MOST; i++) {
        snprintf(numbers[i], sizeof numbers[i], "%d", i);
        definitions[4].values[i].value = numbers[i];
    }
    for (int i = 0; i < OPTIONS; i++) {
        const struct retro_core_option_v2_definition *from = &definitions[i];
        old[i].key = from->key;
        old[i].desc = from->desc_categorized ? from->desc_categorized : from->desc;
        old[i].info = from->info;
        old[i].default_value = from->default_value;
        memcpy(old[i].values, from->values, sizeof from->values);
    }
    declare_in_german(local, translated);
    switch (interface) {
    case 1:
        environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS, old);
        break;
    case 2:
        ram[8] = environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, &us);
        break;
    case 3:
        environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_INTL, &both_old);
        break;
    default: /* 5 has no texts in the language asked for */
        both.local = interface == 4 ? &other : NULL;
        ram[8] = environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2_INTL, &both);
        break;
    }
    memset(old, 0, sizeof old);
    memset(numbers, '#', sizeof numbers);
}

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    unsigned version = 77;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    ram[9] = environment(RETRO_ENVIRONMENT_GET_CORE_OPTIONS_VERSION, &version);
    ram[10] = version;
    if (OPTIONS_INTERFACE == 0) {
        declare_with_variables();
    } else {
        declare_with_definitions(OPTIONS_INTERFACE);
    }
}

static void declare_again(void)
{
    struct retro_variable variables[] = {
        {"test_colour", "Colour; green|red|purple"},
        {"test_late", "Late; never|now"},
        {NULL, NULL},
    };
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, variables);
}

static void do_what_the_content_says(void)
{
    struct retro_variable blue = {"test_colour", "blue"}, wrong = {"test_colour", "infrared"};
    struct retro_variable unknown = {"test_unknown", "blue"}, nothing = {"test_colour", NULL};
    struct retro_core_option_display hidden = {"test_speed", false};
    struct retro_core_option_display unknown_display = {"test_unknown", false};
    switch (content_byte(0)) {
    case SET_VARIABLE:
        ram[4] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, &blue);
        break;
    case SET_WRONG_VARIABLE:
        ram[4] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, &wrong);
        ram[5] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, &unknown);
        ram[6] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, &nothing);
        break;
    case HIDE:
        ram[4] = environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_DISPLAY, &hidden);
        ram[5] = environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_DISPLAY, &unknown_display);
        break;
    case DECLARE_AGAIN:
        declare_again();
        break;
    case SET_NULL:
        ram[4] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, NULL);
        break;
    default:
        break;
    }
}

static void note_value(unsigned number, const char *key)
{
    static const char *previous[OPTIONS + 2];
    static char previous_text[OPTIONS + 2][32];
    struct retro_variable variable = {key, "untouched"};
    bool known = environment(RETRO_ENVIRONMENT_GET_VARIABLE, &variable);
    note("%s=%s%s", key, text_or_null(variable.value), known ? "" : " (unknown)");
    if (variable.value && previous[number] && strcmp(variable.value, previous_text[number]) == 0) {
        ram[3] += variable.value != previous[number];
    }
    previous[number] = variable.value;
    snprintf(previous_text[number], sizeof previous_text[number], "%s",
             text_or_null(variable.value));
}

void retro_run(void)
{
    bool updated = false;
    frame_number++;
    ram[7] = environment(RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE, &updated);
    if (updated) {
        ram[1]++;
        ram[2] = frame_number;
    }
    if (frame_number == 3) {
        do_what_the_content_says();
    }
    notes_length = 0;
    for (unsigned i = 0; i < OPTIONS; i++) {
        note_value(i, keys[i]);
    }
    note_value(OPTIONS, "test_late");
    ram[0] = frame_number;
    show_frame_number();
}

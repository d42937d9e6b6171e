/* Says what no core should: NULL for every string, and the av_info that content[0] asks for. */
#define CORE_NAME NULL
#define OWN_retro_get_system_info
#define OWN_retro_get_system_av_info
#define OWN_retro_set_environment
#define OWN_retro_run
#include "core.h"
#include <math.h>

enum { SANE, NO_SIZE, ENORMOUS, NOT_A_NUMBER, NEGATIVE, INFINITE, UNTOUCHED };

void retro_get_system_info(struct retro_system_info *info)
{
    memset(info, 0, sizeof *info);
}

void retro_get_system_av_info(struct retro_system_av_info *info)
{
    struct retro_system_av_info sane = {{16, 16, 16, 16, 1.0f}, {60.0, 44100.0}};
    unsigned enormous = 1u << 31;
    switch (content_byte(0)) {
    case NO_SIZE:
        memset(info, 0, sizeof *info);
        return;
    case ENORMOUS:
        sane.geometry.base_width = sane.geometry.base_height = enormous;
        sane.geometry.max_width = sane.geometry.max_height = enormous;
        break;
    case NOT_A_NUMBER:
        sane.timing.fps = sane.timing.sample_rate = NAN;
        sane.geometry.aspect_ratio = NAN;
        break;
    case NEGATIVE:
        sane.timing.fps = sane.timing.sample_rate = -60.0;
        sane.geometry.aspect_ratio = -1.0f;
        break;
    case INFINITE:
        sane.timing.fps = sane.timing.sample_rate = INFINITY;
        sane.geometry.aspect_ratio = INFINITY;
        break;
    case UNTOUCHED:
        return;
    default:
        break;
    }
    *info = sane;
}

void retro_set_environment(retro_environment_t callback)
{
    static struct retro_core_option_v2_category no_category[] = {{NULL, NULL, NULL}};
    static struct retro_core_option_v2_definition definitions[] = {
        {"test_nothing", NULL, NULL, NULL, NULL, NULL, {{NULL, NULL}}, NULL},
        {"test_empty", "", "", "", "", "", {{"", ""}, {NULL, NULL}}, ""},
        {"test_something", NULL, NULL, NULL, NULL, NULL, {{"a", NULL}, {"b", NULL}}, NULL},
        {"test_something", NULL, NULL, NULL, NULL, NULL, {{"b", NULL}, {"c", NULL}}, "c"},
        {NULL, NULL, NULL, NULL, NULL, NULL, {{NULL, NULL}}, NULL},
    };
    struct retro_core_options_v2 options = {no_category, definitions};
    struct retro_controller_description nameless[] = {{NULL, RETRO_DEVICE_JOYPAD}};
    struct retro_controller_info controllers[] = {{nameless, 1}, {NULL, 0}};
    struct retro_input_descriptor descriptors[] = {
        {~0u, ~0u, ~0u, ~0u, "far away"}, {0, 1, 0, 0, ""}, {0, 0, 0, 0, NULL}};
    struct retro_subsystem_memory_info memory = {NULL, 0};
    struct retro_subsystem_rom_info rom = {NULL, NULL, false, false, false, &memory, 1};
    struct retro_subsystem_info subsystems[] = {
        {NULL, "empty", NULL, 0, 1}, {NULL, "nameless", &rom, 1, 2}, {NULL, NULL, NULL, 0, 0}};
    struct retro_variable no_variables[] = {{"test_late", NULL}, {NULL, NULL}};
    struct retro_message message = {NULL, 60};
    struct retro_message_ext message_ext;
    struct retro_memory_map map = {NULL, 0};
    bool no_game = true;
    memset(&message_ext, 0, sizeof message_ext);
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, no_variables);
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, &options);
    environment(RETRO_ENVIRONMENT_SET_CONTROLLER_INFO, controllers);
    environment(RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS, descriptors);
    environment(RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO, subsystems);
    environment(RETRO_ENVIRONMENT_SET_MESSAGE, &message);
    environment(RETRO_ENVIRONMENT_SET_MESSAGE_EXT, &message_ext);
    environment(RETRO_ENVIRONMENT_SET_MEMORY_MAPS, &map);
}

void retro_run(void)
{
    struct retro_variable nameless = {NULL, NULL};
    frame_number++;
    ram[0] = frame_number;
    ram[1] = environment(RETRO_ENVIRONMENT_GET_VARIABLE, &nameless);
    ram[2] = environment(RETRO_ENVIRONMENT_SET_VARIABLE, &nameless);
    show_frame_number();
}

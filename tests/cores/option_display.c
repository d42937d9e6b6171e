/*
 * Shows "test_detail" only while "test_advanced" is on, by the callback a frontend's menu calls. At
 * frame 3 it switches "test_advanced" on itself.
 */
#define CORE_NAME "option display"
#define OWN_retro_set_environment
#define OWN_retro_run
#include "core.h"

static bool shown = true;

static bool RETRO_CALLCONV update_display(void)
{
    struct retro_variable advanced = {"test_advanced", NULL};
    bool show = environment(RETRO_ENVIRONMENT_GET_VARIABLE, &advanced) && advanced.value &&
                strcmp(advanced.value, "on") == 0;
    struct retro_core_option_display display = {"test_detail", show};
    bool changed = show != shown;
    shown = show;
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_DISPLAY, &display);
    ram[1]++;
    return changed;
}

void retro_set_environment(retro_environment_t callback)
{
    static struct retro_core_option_v2_definition definitions[] = {
        {"test_advanced", "Advanced", NULL, NULL, NULL, NULL, {{"off", NULL}, {"on", NULL}}, "off"},
        {"test_detail", "Detail", NULL, NULL, NULL, NULL, {{"low", NULL}, {"high", NULL}}, "low"},
        {NULL, NULL, NULL, NULL, NULL, NULL, {{NULL, NULL}}, NULL},
    };
    struct retro_core_options_v2 options = {NULL, definitions};
    struct retro_core_options_update_display_callback display = {update_display};
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, &options);
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK, &display);
}

void retro_run(void)
{
    struct retro_variable on = {"test_advanced", "on"};
    frame_number++;
    if (frame_number == 3)
        environment(RETRO_ENVIRONMENT_SET_VARIABLE, &on);
    show_frame_number();
}

/*
 * Throws out of a callback that the frontend makes besides the entry points. content[0] says which;
 * content[1] != 0 aborts instead.
 */
#define CORE_NAME "callback crash"
#define OWN_retro_load_game
#define OWN_retro_get_memory_data
#define OWN_retro_run
#include "core.h"
#include <stdexcept>

enum {
    NOTHING,
    KEYBOARD,
    FRAME_TIME,
    AUDIO,
    AUDIO_STATE_OFF,
    BUFFER_STATUS,
    OPTIONS_DISPLAY,
    WATCH
};

static void here(unsigned which)
{
    if (content_byte(0) != which) {
        return;
    }
    if (content_byte(1)) {
        abort();
    }
    throw std::runtime_error("thrown in a callback");
}

static void RETRO_CALLCONV keyboard(bool, unsigned, uint32_t, uint16_t)
{
    here(KEYBOARD);
}

static void RETRO_CALLCONV frame_time(retro_usec_t)
{
    here(FRAME_TIME);
}

static void RETRO_CALLCONV audio(void)
{
    here(AUDIO);
}

static void RETRO_CALLCONV audio_state(bool on)
{
    if (!on) {
        here(AUDIO_STATE_OFF);
    }
}

static void RETRO_CALLCONV buffer_status(bool, unsigned, bool)
{
    here(BUFFER_STATUS);
}

static bool RETRO_CALLCONV options_display(void)
{
    here(OPTIONS_DISPLAY);
    return false;
}

bool retro_load_game(const retro_game_info *game)
{
    retro_keyboard_callback keys = {keyboard};
    retro_frame_time_callback time = {frame_time, 16667};
    retro_audio_callback sound = {audio, audio_state};
    retro_audio_buffer_status_callback status = {buffer_status};
    retro_core_options_update_display_callback display = {options_display};
    retro_variable variables[] = {{"test_switch", "Switch; off|on"}, {nullptr, nullptr}};
    keep_content(game);
    environment(RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK, &keys);
    environment(RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK, &time);
    environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, &sound);
    environment(RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK, &status);
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, variables);
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK, &display);
    return true;
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    show_frame_number();
}

void *retro_get_memory_data(unsigned id)
{
    if (frame_number >= 2) {
        here(WATCH);
    }
    return id == RETRO_MEMORY_SYSTEM_RAM ? ram : nullptr;
}

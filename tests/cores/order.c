/* Logs the name of every entry point as it is called, and checks that it was called in time. */
#define CORE_NAME "order"
#define OWN_retro_set_environment
#define OWN_retro_set_video_refresh
#define OWN_retro_set_audio_sample
#define OWN_retro_set_audio_sample_batch
#define OWN_retro_set_input_poll
#define OWN_retro_set_input_state
#define OWN_retro_init
#define OWN_retro_deinit
#define OWN_retro_get_system_info
#define OWN_retro_get_system_av_info
#define OWN_retro_set_controller_port_device
#define OWN_retro_reset
#define OWN_retro_load_game
#define OWN_retro_unload_game
#define OWN_retro_run
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

static char too_early[4096];

static void called(const char *name)
{
    if (environment) {
        if (!log_printf) {
            get_log_interface();
        }
        if (too_early[0]) {
            log_printf(RETRO_LOG_INFO, "%s\n", too_early);
            too_early[0] = 0;
        }
        log_printf(RETRO_LOG_INFO, "%s\n", name);
    } else if (strlen(too_early) + strlen(name) + 2 < sizeof too_early) {
        strcat(too_early, too_early[0] ? "\n" : "");
        strcat(too_early, name);
    }
}

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    called("set_environment");
}

#define SETTER(name, type, variable)                                                               \
    void retro_set_##name(type callback)                                                           \
    {                                                                                              \
        variable = callback;                                                                       \
        called(callback ? "set_" #name : "set_" #name " to NULL");                                 \
    }
SETTER(video_refresh, retro_video_refresh_t, video)
SETTER(audio_sample, retro_audio_sample_t, audio_sample)
SETTER(audio_sample_batch, retro_audio_sample_batch_t, audio_batch)
SETTER(input_poll, retro_input_poll_t, input_poll)
SETTER(input_state, retro_input_state_t, input_state)

void retro_init(void)
{
    called("init");
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
}

void retro_deinit(void)
{
    called("deinit");
}

void retro_get_system_info(struct retro_system_info *info)
{
    static const struct retro_system_info own = {"order", "1.0", "bin", false, false};
    static const struct retro_system_info zero;
    called(memcmp(info, &zero, sizeof zero) ? "get_system_info with rubbish" : "get_system_info");
    *info = own;
}

void retro_get_system_av_info(struct retro_system_av_info *info)
{
    static const struct retro_system_av_info zero;
    called(memcmp(info, &zero, sizeof zero) ? "get_system_av_info with rubbish"
                                            : "get_system_av_info");
    info->geometry.base_width = info->geometry.max_width = CORE_WIDTH;
    info->geometry.base_height = info->geometry.max_height = CORE_HEIGHT;
    info->timing.fps = 60;
    info->timing.sample_rate = 44100;
}

void retro_set_controller_port_device(unsigned port, unsigned device)
{
    char name[64];
    snprintf(name, sizeof name, "set_controller_port_device %u %u", port, device);
    called(name);
}

void retro_reset(void)
{
    called("reset");
}

bool retro_load_game(const struct retro_game_info *game)
{
    called(game ? "load_game" : "load_game without a game");
    return true;
}

void retro_unload_game(void)
{
    called("unload_game");
}

void retro_run(void)
{
    called("run");
    input_poll();
    show_frame_number();
}

/* Asked often, so only the save RAM's first question matters here. */
void *retro_get_memory_data(unsigned id)
{
    static uint8_t save[8];
    return id == RETRO_MEMORY_SAVE_RAM ? save : NULL;
}

size_t retro_get_memory_size(unsigned id)
{
    static bool asked;
    if (id == RETRO_MEMORY_SAVE_RAM && !asked) {
        asked = true;
        called("get_memory_size of the save RAM");
    }
    return id == RETRO_MEMORY_SAVE_RAM ? 8 : 0;
}

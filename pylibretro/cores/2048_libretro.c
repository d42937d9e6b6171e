/*
 * 2048, a complete libretro core: this file talks to the frontend, and the game itself is in the
 * headers beside it, one subject each. See docs/2048.md for the rules and the memory layout.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libretro.h"

#include "2048_game.h"
#include "2048_memory.h"
#include "2048_picture.h"
#include "2048_sound.h"

/* ---- The frontend ---------------------------------------------------------------------------- */

static retro_environment_t environment;
static retro_video_refresh_t video_refresh;
static retro_audio_sample_batch_t audio_sample_batch;
static retro_input_poll_t input_poll;
static retro_input_state_t input_state;
static retro_log_printf_t log_printf;

static uint16_t screen_565[WIDTH * HEIGHT];
static enum retro_pixel_format pixel_format;
static bool can_duplicate, has_bitmasks, frame_is_due;

static void log_nothing(enum retro_log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

#define KEY_FORMAT "2048_pixel_format"
#define KEY_SEED "2048_seed"
#define KEY_ANIMATION "2048_animation"
#define KEY_SOUND "2048_sound"
#define KEY_THEME "2048_theme"

static struct retro_core_option_v2_definition options[] = {
    {
        .key = KEY_SEED,
        .desc = "Random Seed",
        .info = "Same seed and same inputs: same game. Takes effect on reset.",
        .default_value = "1",
        .values =
            {
                {"1", NULL},  {"2", NULL},  {"3", NULL},  {"4", NULL},  {"5", NULL},  {"6", NULL},
                {"7", NULL},  {"8", NULL},  {"9", NULL},  {"10", NULL}, {"11", NULL}, {"12", NULL},
                {"13", NULL}, {"14", NULL}, {"15", NULL}, {"16", NULL}, {"17", NULL}, {"18", NULL},
                {"19", NULL}, {"20", NULL}, {"21", NULL}, {"22", NULL}, {"23", NULL}, {"24", NULL},
                {"25", NULL}, {"26", NULL}, {"27", NULL}, {"28", NULL}, {"29", NULL}, {"30", NULL},
                {"31", NULL}, {"32", NULL},
            },
    },
    {
        .key = KEY_THEME,
        .desc = "Theme",
        .info = "Colours of the page and the tiles.",
        .default_value = "light",
        .values = {{"light", "Light"}, {"dark", "Dark"}},
    },
    {
        .key = KEY_ANIMATION,
        .desc = "Animation",
        .info = "Tiles slide, grow and pop. The game itself is the same without.",
        .default_value = "enabled",
        .values = {{"enabled", NULL}, {"disabled", NULL}},
    },
    {
        .key = KEY_SOUND,
        .desc = "Sound",
        .info = "Notes and jingles, or silence.",
        .default_value = "enabled",
        .values = {{"enabled", NULL}, {"disabled", NULL}},
    },
    {
        .key = KEY_FORMAT,
        .desc = "Pixel Format (Restart)",
        .info = "Format of the frames. Takes effect when the core is loaded.",
        .default_value = "XRGB8888",
        .values = {{"XRGB8888", NULL}, {"RGB565", NULL}},
    },
    {.key = NULL},
};

enum { OPTIONS = COUNT_OF(options) - 1 };

/* Version 0 knows one string: "Description; default|other|other". Ours list the default first. */
static void declare_options_v0(void)
{
    static char texts[OPTIONS][160];
    static struct retro_variable variables[OPTIONS + 1];
    for (unsigned index = 0; index < OPTIONS; index++) {
        int used = snprintf(texts[index], sizeof(texts[index]), "%s;", options[index].desc);
        for (unsigned value = 0; options[index].values[value].value != NULL; value++)
            used += snprintf(texts[index] + used, sizeof(texts[index]) - (size_t)used, "%s%s",
                             value == 0 ? " " : "|", options[index].values[value].value);
        variables[index].key = options[index].key;
        variables[index].value = texts[index];
    }
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, variables);
}

static void declare_options_v1(void)
{
    static struct retro_core_option_definition definitions[OPTIONS + 1];
    for (unsigned index = 0; index < OPTIONS; index++) {
        definitions[index].key = options[index].key;
        definitions[index].desc = options[index].desc;
        definitions[index].info = options[index].info;
        definitions[index].default_value = options[index].default_value;
        memcpy(definitions[index].values, options[index].values, sizeof(definitions[index].values));
    }
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS, definitions);
}

static void declare_options(void)
{
    unsigned version = 0;
    if (!environment(RETRO_ENVIRONMENT_GET_CORE_OPTIONS_VERSION, &version))
        version = 0;
    if (version >= 2) {
        struct retro_core_options_v2 declaration = {NULL, options};
        environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, &declaration);
    } else if (version == 1) {
        declare_options_v1();
    } else {
        declare_options_v0();
    }
}

static const char *option(const char *key, const char *otherwise)
{
    struct retro_variable variable = {key, NULL};
    if (environment(RETRO_ENVIRONMENT_GET_VARIABLE, &variable) && variable.value != NULL)
        return variable.value;
    return otherwise;
}

static void read_options(void)
{
    settings.seed = strtoul(option(KEY_SEED, "1"), NULL, 10);
    settings.theme = strcmp(option(KEY_THEME, "light"), "dark") == 0;
    settings.animation = strcmp(option(KEY_ANIMATION, "enabled"), "disabled") != 0;
    settings.sound = strcmp(option(KEY_SOUND, "enabled"), "disabled") != 0;
}

static bool choose_pixel_format(void)
{
    bool small = strcmp(option(KEY_FORMAT, "XRGB8888"), "RGB565") == 0;
    pixel_format = small ? RETRO_PIXEL_FORMAT_RGB565 : RETRO_PIXEL_FORMAT_XRGB8888;
    if (environment(RETRO_ENVIRONMENT_SET_PIXEL_FORMAT, &pixel_format))
        return true;
    pixel_format = small ? RETRO_PIXEL_FORMAT_XRGB8888 : RETRO_PIXEL_FORMAT_RGB565;
    return environment(RETRO_ENVIRONMENT_SET_PIXEL_FORMAT, &pixel_format);
}

static unsigned read_buttons(void)
{
    input_poll();
    if (has_bitmasks)
        return (uint16_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_MASK);
    unsigned buttons = 0;
    for (unsigned id = RETRO_DEVICE_ID_JOYPAD_B; id <= RETRO_DEVICE_ID_JOYPAD_R3; id++)
        if (input_state(0, RETRO_DEVICE_JOYPAD, 0, id))
            buttons |= 1u << id;
    return buttons;
}

static void send_frame(void)
{
    frame_is_due |= draw_picture();
    if (!frame_is_due && can_duplicate) {
        video_refresh(NULL, WIDTH, HEIGHT, 0);
        return;
    }
    if (pixel_format == RETRO_PIXEL_FORMAT_XRGB8888) {
        video_refresh(screen_pixels, WIDTH, HEIGHT, WIDTH * sizeof(*screen_pixels));
    } else {
        if (frame_is_due) {
            for (unsigned index = 0; index < WIDTH * HEIGHT; index++) {
                uint32_t pixel = screen_pixels[index];
                screen_565[index] = (uint16_t)((pixel >> 8 & 0xF800) | (pixel >> 5 & 0x07E0) |
                                               (pixel >> 3 & 0x001F));
            }
        }
        video_refresh(screen_565, WIDTH, HEIGHT, WIDTH * sizeof(*screen_565));
    }
    frame_is_due = false;
}

/* ---- Entry points ---------------------------------------------------------------------------- */

RETRO_API unsigned retro_api_version(void)
{
    return RETRO_API_VERSION;
}

RETRO_API void retro_set_environment(retro_environment_t callback)
{
    static const struct retro_controller_description devices[] = {
        {"Gamepad", RETRO_DEVICE_JOYPAD},
    };
    static const struct retro_controller_info ports[] = {{devices, COUNT_OF(devices)}, {NULL, 0}};
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_CONTROLLER_INFO, (void *)ports);
    declare_options();
}

RETRO_API void retro_set_video_refresh(retro_video_refresh_t callback)
{
    video_refresh = callback;
}

RETRO_API void retro_set_audio_sample(retro_audio_sample_t callback)
{
    (void)callback;
}

RETRO_API void retro_set_audio_sample_batch(retro_audio_sample_batch_t callback)
{
    audio_sample_batch = callback;
}

RETRO_API void retro_set_input_poll(retro_input_poll_t callback)
{
    input_poll = callback;
}

RETRO_API void retro_set_input_state(retro_input_state_t callback)
{
    input_state = callback;
}

RETRO_API void retro_init(void)
{
    struct retro_log_callback log = {NULL};
    log_printf = log_nothing;
    if (environment(RETRO_ENVIRONMENT_GET_LOG_INTERFACE, &log) && log.log != NULL)
        log_printf = log.log;
    has_bitmasks = environment(RETRO_ENVIRONMENT_GET_INPUT_BITMASKS, NULL);
}

RETRO_API void retro_deinit(void)
{
}

RETRO_API void retro_get_system_info(struct retro_system_info *info)
{
    memset(info, 0, sizeof(*info));
    info->library_name = "2048";
    info->library_version = "1.0";
    info->valid_extensions = "";
}

RETRO_API void retro_get_system_av_info(struct retro_system_av_info *info)
{
    memset(info, 0, sizeof(*info));
    info->geometry.base_width = info->geometry.max_width = WIDTH;
    info->geometry.base_height = info->geometry.max_height = HEIGHT;
    info->geometry.aspect_ratio = (float)WIDTH / HEIGHT;
    info->timing.fps = FRAMES_PER_SECOND;
    info->timing.sample_rate = SAMPLE_RATE;
}

RETRO_API void retro_set_controller_port_device(unsigned port, unsigned device)
{
    (void)port;
    (void)device;
}

RETRO_API bool retro_load_game(const struct retro_game_info *game)
{
    static const struct retro_input_descriptor descriptors[] = {
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_UP, "Slide up"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_DOWN, "Slide down"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_LEFT, "Slide left"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_RIGHT, "Slide right"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_START, "Start, go on"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_SELECT, "Ask for a new game"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_A, "Yes"},
        {0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_B, "No"},
        {0, 0, 0, 0, NULL},
    };
    static struct retro_memory_descriptor ram = {
        RETRO_MEMDESC_SYSTEM_RAM, system_ram, 0, 0, 0, 0, RAM_SIZE, NULL};
    static const struct retro_memory_map map = {&ram, 1};
    bool achievements = true;

    if (game != NULL)
        log_printf(RETRO_LOG_WARN, "[2048] This core plays without content; it is ignored.\n");
    if (!choose_pixel_format()) {
        log_printf(RETRO_LOG_ERROR, "[2048] The frontend takes neither XRGB8888 nor RGB565.\n");
        return false;
    }
    can_duplicate = false;
    environment(RETRO_ENVIRONMENT_GET_CAN_DUPE, &can_duplicate);
    environment(RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS, (void *)descriptors);
    environment(RETRO_ENVIRONMENT_SET_MEMORY_MAPS, (void *)&map);
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS, &achievements);

    memset(save_ram, 0, sizeof(save_ram));
    memset(known_save_ram, 0, sizeof(known_save_ram));
    memset(&machine, 0, sizeof(machine));
    kept_best = kept_games = 0;
    nothing_shown = true;
    retro_cheat_reset();
    retro_reset();
    log_printf(RETRO_LOG_INFO, "[2048] Ready: seed %u, %s, theme %s.\n", (unsigned)settings.seed,
               pixel_format == RETRO_PIXEL_FORMAT_RGB565 ? "RGB565" : "XRGB8888",
               settings.theme ? "dark" : "light");
    return true;
}

RETRO_API bool retro_load_game_special(unsigned type, const struct retro_game_info *games,
                                       size_t count)
{
    (void)type;
    (void)games;
    (void)count;
    return false;
}

RETRO_API void retro_unload_game(void)
{
}

RETRO_API void retro_reset(void)
{
    read_options();
    power_on();
    derive();
    write_system_ram();
}

RETRO_API void retro_run(void)
{
    bool changed = false;
    int wanted = 3; /* video and audio, if the frontend cannot say */
    if (environment(RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE, &changed) && changed)
        read_options();
    if (!environment(RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE, &wanted))
        wanted = 3;

    get_older();
    read_save_ram();
    apply_cheats();
    read_system_ram();
    unsigned buttons = read_buttons();
    unsigned pressed = buttons & ~(unsigned)machine.buttons;
    machine.buttons = (uint16_t)buttons;
    press(pressed);
    end_if_stuck();
    write_system_ram();
    write_save_ram();

    if (wanted & 1)
        send_frame();
    if (wanted & 2)
        audio_sample_batch(frame_samples(), SAMPLES_PER_FRAME);
}

RETRO_API size_t retro_serialize_size(void)
{
    return STATE_SIZE;
}

RETRO_API bool retro_serialize(void *data, size_t size)
{
    if (size < STATE_SIZE)
        return false;
    save_state(data);
    return true;
}

RETRO_API bool retro_unserialize(const void *data, size_t size)
{
    if (load_state(data, size)) {
        frame_is_due = true; /* the frontend may have gone back to an older picture */
        return true;
    }
    log_printf(RETRO_LOG_ERROR, "[2048] This is not a save state of this version.\n");
    return false;
}

RETRO_API void retro_cheat_reset(void)
{
    memset(cheats, 0, sizeof(cheats));
}

/* A code is "AA:VV" in hexadecimal: hold the byte of system RAM at AA at the value VV. */
RETRO_API void retro_cheat_set(unsigned index, bool enabled, const char *code)
{
    char *end;
    if (code == NULL || index >= COUNT_OF(cheats)) {
        log_printf(RETRO_LOG_WARN, "[2048] There is room for %u cheats.\n",
                   (unsigned)COUNT_OF(cheats));
        return;
    }
    cheats[index].enabled = false;
    unsigned long address = strtoul(code, &end, 16), value = 0;
    bool understood = end != code && *end == ':' && address < RAM_SIZE;
    if (understood) {
        const char *digits = end + 1;
        value = strtoul(digits, &end, 16);
        understood = end != digits && *end == '\0' && value <= UINT8_MAX;
    }
    if (!understood) {
        log_printf(RETRO_LOG_WARN, "[2048] Cheat %s is not ADDRESS:VALUE in hexadecimal.\n", code);
        return;
    }
    cheats[index].enabled = enabled;
    cheats[index].address = (uint8_t)address;
    cheats[index].value = (uint8_t)value;
}

RETRO_API unsigned retro_get_region(void)
{
    return RETRO_REGION_NTSC;
}

RETRO_API void *retro_get_memory_data(unsigned id)
{
    switch (id & RETRO_MEMORY_MASK) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return system_ram;
    case RETRO_MEMORY_SAVE_RAM:
        return save_ram;
    default:
        return NULL;
    }
}

RETRO_API size_t retro_get_memory_size(unsigned id)
{
    switch (id & RETRO_MEMORY_MASK) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return RAM_SIZE;
    case RETRO_MEMORY_SAVE_RAM:
        return SAVE_SIZE;
    default:
        return 0;
    }
}

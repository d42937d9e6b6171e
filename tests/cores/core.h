/*
 * A whole libretro core in a header. A test core says which entry points it brings itself, by
 * OWN_<name of the entry point>, and gets plain ones for the rest:
 *
 *     #define OWN_retro_run
 *     #include "core.h"
 *
 *     void retro_run(void) { ... }
 *
 * Two ways to look inside from Python: `ram`, words in system RAM, and `note()`, lines of text in
 * video RAM. The content's bytes are there as `content`, for cores with more than one mode.
 */
#ifndef TEST_CORE_H
#define TEST_CORE_H

#include <libretro.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CORE_NAME
#define CORE_NAME "test core"
#endif
#ifndef CORE_EXTENSIONS
#define CORE_EXTENSIONS "bin"
#endif
#ifndef CORE_NEED_FULLPATH
#define CORE_NEED_FULLPATH false
#endif
#ifndef CORE_API_VERSION
#define CORE_API_VERSION RETRO_API_VERSION
#endif
#ifndef CORE_WIDTH
#define CORE_WIDTH 32
#endif
#ifndef CORE_HEIGHT
#define CORE_HEIGHT 24
#endif
#ifndef CORE_FPS
#define CORE_FPS 60.0
#endif
#ifndef CORE_SAMPLE_RATE
#define CORE_SAMPLE_RATE 44100.0
#endif
#ifndef CORE_RAM_WORDS
#define CORE_RAM_WORDS 1024
#endif

static retro_environment_t environment;
static retro_video_refresh_t video;
static retro_audio_sample_t audio_sample;
static retro_audio_sample_batch_t audio_batch;
static retro_input_poll_t input_poll;
static retro_input_state_t input_state;
static retro_log_printf_t log_printf;

static uint32_t ram[CORE_RAM_WORDS];
static char notes[1 << 16];
static size_t notes_length;
static uint8_t content[1 << 20];
static size_t content_size;
static uint32_t frame_number;
static uint32_t picture[CORE_HEIGHT][CORE_WIDTH];

#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
static inline void
note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t left = sizeof notes - notes_length;
    int length = vsnprintf(notes + notes_length, left, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length + 1 < left) {
        notes_length += (size_t)length;
        notes[notes_length++] = '\n';
    }
    notes[notes_length] = 0;
}

static inline const char *text_or_null(const char *text)
{
    return text ? text : "(null)";
}

/* The content's byte, or 0 where there is none: mode 0 of every core needs no content. */
static inline uint8_t content_byte(size_t index)
{
    return index < content_size ? content[index] : 0;
}

static inline uint32_t content_word(size_t index)
{
    uint32_t word = 0;
    for (size_t i = 0; i < 4; i++) {
        word |= (uint32_t)content_byte(4 * index + i) << 8 * i;
    }
    return word;
}

static inline uint64_t hash_of(const void *data, size_t size)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
    }
    return hash;
}

static inline void log_nothing(enum retro_log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

static inline void keep_content(const struct retro_game_info *game)
{
    if (game && game->data) {
        content_size = game->size < sizeof content ? game->size : sizeof content;
        memcpy(content, game->data, content_size);
    }
}

/* Every pixel tells the frame it was drawn in. */
static inline void show_frame_number(void)
{
    for (unsigned y = 0; y < CORE_HEIGHT; y++) {
        for (unsigned x = 0; x < CORE_WIDTH; x++) {
            picture[y][x] = frame_number << 16 | y << 8 | x;
        }
    }
    video(picture, CORE_WIDTH, CORE_HEIGHT, sizeof picture[0]);
}

#ifndef OWN_retro_api_version
unsigned retro_api_version(void)
{
    return CORE_API_VERSION;
}
#endif

#ifndef OWN_retro_set_environment
void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
}
#endif

#ifndef OWN_retro_set_video_refresh
void retro_set_video_refresh(retro_video_refresh_t callback)
{
    video = callback;
}
#endif

#ifndef OWN_retro_set_audio_sample
void retro_set_audio_sample(retro_audio_sample_t callback)
{
    audio_sample = callback;
}
#endif

#ifndef OWN_retro_set_audio_sample_batch
void retro_set_audio_sample_batch(retro_audio_sample_batch_t callback)
{
    audio_batch = callback;
}
#endif

#ifndef OWN_retro_set_input_poll
void retro_set_input_poll(retro_input_poll_t callback)
{
    input_poll = callback;
}
#endif

#ifndef OWN_retro_set_input_state
void retro_set_input_state(retro_input_state_t callback)
{
    input_state = callback;
}
#endif

static inline void get_log_interface(void)
{
    struct retro_log_callback callback = {log_nothing};
    environment(RETRO_ENVIRONMENT_GET_LOG_INTERFACE, &callback);
    log_printf = callback.log;
}

static inline bool set_pixel_format(int format)
{
    return environment(RETRO_ENVIRONMENT_SET_PIXEL_FORMAT, &format);
}

#ifndef OWN_retro_init
void retro_init(void)
{
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
}
#endif

#ifndef OWN_retro_deinit
void retro_deinit(void)
{
}
#endif

#ifndef OWN_retro_get_system_info
void retro_get_system_info(struct retro_system_info *info)
{
    info->library_name = CORE_NAME;
    info->library_version = "1.0";
    info->valid_extensions = CORE_EXTENSIONS;
    info->need_fullpath = CORE_NEED_FULLPATH;
    info->block_extract = false;
}
#endif

#ifndef OWN_retro_get_system_av_info
void retro_get_system_av_info(struct retro_system_av_info *info)
{
    info->geometry.base_width = info->geometry.max_width = CORE_WIDTH;
    info->geometry.base_height = info->geometry.max_height = CORE_HEIGHT;
    info->geometry.aspect_ratio = 0;
    info->timing.fps = CORE_FPS;
    info->timing.sample_rate = CORE_SAMPLE_RATE;
}
#endif

#ifndef OWN_retro_set_controller_port_device
void retro_set_controller_port_device(unsigned port, unsigned device)
{
    (void)port;
    (void)device;
}
#endif

static inline void start_over(void)
{
    memset(ram, 0, sizeof ram);
    frame_number = 0;
}

#ifndef OWN_retro_reset
void retro_reset(void)
{
    start_over();
}
#endif

#ifndef OWN_retro_load_game
bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    return true;
}
#endif

#ifndef OWN_retro_load_game_special
bool retro_load_game_special(unsigned type, const struct retro_game_info *games, size_t count)
{
    (void)type;
    (void)games;
    (void)count;
    return false;
}
#endif

#ifndef OWN_retro_unload_game
void retro_unload_game(void)
{
}
#endif

#ifndef OWN_retro_run
void retro_run(void)
{
    input_poll();
    frame_number++;
    ram[0] = frame_number;
    show_frame_number();
}
#endif

#ifndef OWN_retro_serialize_size
size_t retro_serialize_size(void)
{
    return sizeof ram + sizeof frame_number;
}
#endif

#ifndef OWN_retro_serialize
bool retro_serialize(void *data, size_t size)
{
    if (size < sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(data, ram, sizeof ram);
    memcpy((uint8_t *)data + sizeof ram, &frame_number, sizeof frame_number);
    return true;
}
#endif

#ifndef OWN_retro_unserialize
bool retro_unserialize(const void *data, size_t size)
{
    if (size != sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(ram, data, sizeof ram);
    memcpy(&frame_number, (const uint8_t *)data + sizeof ram, sizeof frame_number);
    return true;
}
#endif

#ifndef OWN_retro_cheat_reset
void retro_cheat_reset(void)
{
}
#endif

#ifndef OWN_retro_cheat_set
void retro_cheat_set(unsigned index, bool enabled, const char *code)
{
    (void)index;
    (void)enabled;
    (void)code;
}
#endif

#ifndef OWN_retro_get_region
unsigned retro_get_region(void)
{
    return RETRO_REGION_NTSC;
}
#endif

#ifndef OWN_retro_get_memory_data
void *retro_get_memory_data(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return ram;
    case RETRO_MEMORY_VIDEO_RAM:
        return notes;
    default:
        return NULL;
    }
}
#endif

#ifndef OWN_retro_get_memory_size
size_t retro_get_memory_size(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return sizeof ram;
    case RETRO_MEMORY_VIDEO_RAM:
        return sizeof notes;
    default:
        return 0;
    }
}
#endif

#endif

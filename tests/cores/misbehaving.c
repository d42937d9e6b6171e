/*
 * Breaks one rule: MISBEHAVIOUR says which, 0 none. The others are named after what they do.
 */
#define CORE_NAME "misbehaving"
#define OWN_retro_set_environment
#define OWN_retro_init
#define OWN_retro_run
#define OWN_retro_deinit
#define OWN_retro_reset
#define OWN_retro_get_system_av_info
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

#ifndef _WIN32
#include <pthread.h>
#include <unistd.h>
#endif

#ifndef MISBEHAVIOUR
#define MISBEHAVIOUR 0
#endif

enum {
    NOTHING,
    LARGE_PICTURE,
    SHORT_PITCH,
    EMPTY_PICTURE,
    FOREIGN_THREAD,
    MUCH_SOUND,
    NULL_SOUND,
    UNKNOWN_COMMAND,
    NULL_DATA,
    WRONG_PLACE,
    DEFAULT_NOT_OFFERED,
    KEY_TWICE,
    GROWING_STATE,
    STATE_REFUSED,
    STATE_LACKS_SOMETHING,
    TIME_DEPENDENT,
    WRITES_OUTSIDE,
    PRINTS,
    CRASHES,
    ABORTS,
    HANGS,
    LEAKS_FILES,
    LEAKS_MEMORY,
    PICTURE_IN_RESET,
    BITMASK_WITHOUT_ASKING,
    HARDWARE_PICTURE,
    CHANGES_DIRECTORY,
    SOUND_WITHOUT_RATE,
    CRASHES_AT_THE_END,
    REPEATS_WITHOUT_ASKING
};

static uint32_t forgotten;
static char *volatile leaked;

static const struct retro_core_option_v2_definition options[] = {
    {"test_a",
     "A",
     NULL,
     NULL,
     NULL,
     NULL,
     {{"x", NULL}, {"y", NULL}, {NULL, NULL}},
     MISBEHAVIOUR == DEFAULT_NOT_OFFERED ? "z" : "y"},
    {MISBEHAVIOUR == KEY_TWICE ? "test_a" : "test_b",
     "B",
     NULL,
     NULL,
     NULL,
     NULL,
     {{"x", NULL}, {NULL, NULL}},
     NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL, {{NULL, NULL}}, NULL},
};

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    struct retro_core_options_v2 declared = {NULL,
                                             (struct retro_core_option_v2_definition *)options};
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2, &declared);
}

void retro_init(void)
{
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
    if (MISBEHAVIOUR == UNKNOWN_COMMAND) {
        environment(4000, NULL);
    }
    if (MISBEHAVIOUR == NULL_DATA) {
        environment(RETRO_ENVIRONMENT_SET_GEOMETRY, NULL);
    }
    if (MISBEHAVIOUR == LEAKS_MEMORY) {
        leaked = malloc(1 << 20);
        memset(leaked, 1, 1 << 20);
    }
#ifndef _WIN32
    if (MISBEHAVIOUR == LEAKS_FILES && dup(0) < 0) {
        note("no file to leak");
    }
#endif
}

void retro_get_system_av_info(struct retro_system_av_info *info)
{
    info->geometry.base_width = info->geometry.max_width = CORE_WIDTH;
    info->geometry.base_height = info->geometry.max_height = CORE_HEIGHT;
    info->timing.fps = CORE_FPS;
    info->timing.sample_rate = MISBEHAVIOUR == SOUND_WITHOUT_RATE ? 0 : CORE_SAMPLE_RATE;
}

void retro_reset(void)
{
    if (MISBEHAVIOUR == PICTURE_IN_RESET) {
        show_frame_number();
    }
    start_over();
}

static void show(void)
{
    static uint32_t large[2 * CORE_HEIGHT][CORE_WIDTH];
    if (MISBEHAVIOUR == LARGE_PICTURE) {
        video(large, CORE_WIDTH, 2 * CORE_HEIGHT, sizeof large[0]);
    } else if (MISBEHAVIOUR == SHORT_PITCH) {
        video(picture, CORE_WIDTH, CORE_HEIGHT, 2 * CORE_WIDTH);
    } else if (MISBEHAVIOUR == EMPTY_PICTURE) {
        video(picture, CORE_WIDTH, 0, sizeof picture[0]);
    } else if (MISBEHAVIOUR == HARDWARE_PICTURE) {
        video(RETRO_HW_FRAME_BUFFER_VALID, CORE_WIDTH, CORE_HEIGHT, 0);
    } else if (MISBEHAVIOUR == REPEATS_WITHOUT_ASKING && frame_number > 3) {
        video(NULL, CORE_WIDTH, CORE_HEIGHT, 0);
    } else {
        show_frame_number();
    }
}

#ifndef _WIN32
static void *show_elsewhere(void *argument)
{
    show();
    return argument;
}
#endif

void retro_run(void)
{
    int16_t samples[2 * 2000] = {0};
    input_poll();
    ram[0] = ++frame_number;
    ram[1] += (uint32_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, 0);
    forgotten = forgotten * 5 + ram[1] + 1;
    if (MISBEHAVIOUR == STATE_LACKS_SOMETHING) {
        ram[2] = forgotten;
    }
    if (MISBEHAVIOUR == BITMASK_WITHOUT_ASKING) {
        ram[3] = (uint32_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_MASK);
    }
    if (MISBEHAVIOUR == WRONG_PLACE && frame_number == 5) {
        bool no_game = true;
        environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    }
#ifndef _WIN32
    if (MISBEHAVIOUR == TIME_DEPENDENT) {
        struct {
            long seconds, fraction;
        } now;
        FILE *uptime = fopen("/proc/self/stat", "r");
        char text[256] = "";
        if (uptime) {
            size_t size = fread(text, 1, sizeof text - 1, uptime);
            text[size] = 0;
            fclose(uptime);
        }
        now.seconds = atol(text);
        ram[4] = (uint32_t)now.seconds;
    }
    if (MISBEHAVIOUR == FOREIGN_THREAD) {
        pthread_t thread;
        pthread_create(&thread, NULL, show_elsewhere, NULL);
        pthread_join(thread, NULL);
    } else {
        show();
    }
    if (MISBEHAVIOUR == CHANGES_DIRECTORY && chdir("/") != 0) {
        note("no other directory");
    }
    if (MISBEHAVIOUR == PRINTS && frame_number == 1) {
        fprintf(stderr, "something private\n");
    }
#else
    show();
#endif
    if (MISBEHAVIOUR == WRITES_OUTSIDE && frame_number == 1) {
        FILE *file = fopen("left-behind", "w");
        if (file) {
            fclose(file);
        }
    }
    audio_batch(MISBEHAVIOUR == NULL_SOUND ? NULL : samples,
                MISBEHAVIOUR == MUCH_SOUND ? 1000 : 735);
    if (MISBEHAVIOUR == CRASHES && frame_number == 7) {
        *(volatile int *)(uintptr_t)8 = 1;
    }
    if (MISBEHAVIOUR == ABORTS && frame_number == 7) {
        abort();
    }
    while (MISBEHAVIOUR == HANGS && frame_number == 7) {
        ram[5]++;
    }
}

void retro_deinit(void)
{
    if (MISBEHAVIOUR == CRASHES_AT_THE_END) {
        *(volatile int *)(uintptr_t)8 = 1;
    }
}

size_t retro_serialize_size(void)
{
    return sizeof ram + sizeof frame_number + (MISBEHAVIOUR == GROWING_STATE ? frame_number : 0);
}

bool retro_serialize(void *data, size_t size)
{
    memset(data, 0, size);
    memcpy(data, ram, sizeof ram);
    memcpy((uint8_t *)data + sizeof ram, &frame_number, sizeof frame_number);
    return MISBEHAVIOUR != STATE_REFUSED;
}

bool retro_unserialize(const void *data, size_t size)
{
    (void)size;
    memcpy(ram, data, sizeof ram);
    memcpy(&frame_number, (const uint8_t *)data + sizeof ram, sizeof frame_number);
    return true;
}

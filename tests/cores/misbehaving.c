/*
 * Breaks one rule: MISBEHAVIOUR says which, 0 none. The others are named after what they do.
 */
#define _GNU_SOURCE 1
#define CORE_NAME "misbehaving"
#define OWN_retro_set_environment
#define OWN_retro_init
#define OWN_retro_load_game
#define OWN_retro_unload_game
#define OWN_retro_run
#define OWN_retro_deinit
#define OWN_retro_reset
#define OWN_retro_get_system_av_info
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

#include <fenv.h>
#include <time.h>

#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#endif
#if defined(__x86_64__)
#include <xmmintrin.h>
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
    REPEATS_WITHOUT_ASKING,
    STATE_LACKS_START,
    STATE_LACKS_SELECT,
    STATE_LACKS_SECOND_PORT,
    STATE_LACKS_A_STICK,
    REMEMBERS_BEYOND_STATES,
    LEAVES_A_HANDLER,
    IGNORES_A_SIGNAL,
    CHANGES_ROUNDING,
    FLUSHES_DENORMALS_AT_START,
    SETS_A_VARIABLE,
    BLOCKS_A_SIGNAL,
    ABORTS_AT_THE_END,
    EXITS_AT_THE_END,
    ABORTS_WHEN_UNLOADED,
    ABORTS_IN_A_DESTRUCTOR,
    ENDS_THE_PROCESS,
    SLEEPS_FOR_EVER,
    HANGS_AT_THE_END,
    LEAKS_WITH_A_GAME
};

/* What may look like misbehaviour, and is none. */
enum {
    RIGHT = 1000,
    WITHDRAWS_CALLBACKS,
    NEEDS_A_NEIGHBOUR,
    IS_SLOW,
    SLEEPS_A_LITTLE,
    KEEPS_A_DRIVERS_CACHE,
    NEEDS_FIRMWARE,
    IS_REFUSED_A_CAMERA,
    CHANGES_THE_ROUNDING_AND_BACK,
    IS_SILENT_WITHOUT_RATE
};

static uint32_t forgotten, remembered;
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

#ifndef _WIN32
static void on_signal(int number)
{
    _exit(number);
}

__attribute__((destructor)) static void destructor(void)
{
    if (MISBEHAVIOUR == ABORTS_IN_A_DESTRUCTOR) {
        abort();
    }
}

static void *end_the_process(void *argument)
{
    _exit(0);
    return argument;
}
#endif

static bool exists(const char *directory, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file) {
        fclose(file);
    }
    return file != NULL;
}

static void on_audio(void)
{
}

static void on_audio_state(bool enabled)
{
    (void)enabled;
}

bool retro_load_game(const struct retro_game_info *game)
{
    if (MISBEHAVIOUR == NEEDS_A_NEIGHBOUR) {
        char folder[4096] = "";
        char *slash;
        snprintf(folder, sizeof folder, "%s", game && game->path ? game->path : "");
        slash = strrchr(folder, '/');
        if (!slash) {
            return false;
        }
        *slash = 0;
        return exists(folder, "data/level.txt");
    }
    if (MISBEHAVIOUR == NEEDS_FIRMWARE) {
        const char *directory = NULL;
        environment(RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY, (void *)&directory);
        return directory && exists(directory, "firmware.rom");
    }
    if (MISBEHAVIOUR == LEAKS_WITH_A_GAME && game) {
        leaked = malloc(1 << 20);
        memset(leaked, 1, 1 << 20);
    }
    if (MISBEHAVIOUR == WITHDRAWS_CALLBACKS) {
        struct retro_audio_callback callback = {on_audio, on_audio_state};
        environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, &callback);
    }
    if (MISBEHAVIOUR == IS_REFUSED_A_CAMERA) {
        struct retro_camera_callback camera;
        struct retro_hw_render_callback hardware;
        memset(&camera, 0, sizeof camera);
        memset(&hardware, 0, sizeof hardware);
        camera.caps = 1u << RETRO_CAMERA_BUFFER_OPENGL_TEXTURE;
        hardware.context_type = RETRO_HW_CONTEXT_D3D12;
        environment(RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE, &camera);
        environment(RETRO_ENVIRONMENT_SET_HW_RENDER, &hardware);
        environment(RETRO_ENVIRONMENT_GET_CURRENT_SOFTWARE_FRAMEBUFFER, &hardware);
    }
    return true;
}

void retro_unload_game(void)
{
    if (MISBEHAVIOUR == WITHDRAWS_CALLBACKS) {
        struct retro_audio_callback none = {NULL, NULL};
        struct retro_frame_time_callback no_time = {NULL, 0};
        environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, &none);
        environment(RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK, NULL);
        environment(RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK, &no_time);
    }
    if (MISBEHAVIOUR == ABORTS_WHEN_UNLOADED) {
        abort();
    }
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
#if defined(__x86_64__)
    if (MISBEHAVIOUR == FLUSHES_DENORMALS_AT_START) {
        _mm_setcsr(_mm_getcsr() | 0x8040);
    }
#endif
#ifndef _WIN32
    if (MISBEHAVIOUR == LEAVES_A_HANDLER) {
        signal(SIGSEGV, on_signal);
    }
    if (MISBEHAVIOUR == IGNORES_A_SIGNAL) {
        signal(SIGUSR1, SIG_IGN);
    }
    if (MISBEHAVIOUR == SETS_A_VARIABLE) {
        setenv("LEFT_BEHIND", "1", 1);
    }
    if (MISBEHAVIOUR == BLOCKS_A_SIGNAL) {
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &blocked, NULL);
    }
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
    info->timing.sample_rate =
        MISBEHAVIOUR == SOUND_WITHOUT_RATE || MISBEHAVIOUR == IS_SILENT_WITHOUT_RATE
            ? 0
            : CORE_SAMPLE_RATE;
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

static bool is_held(int misbehaviour, unsigned port, unsigned button)
{
    return MISBEHAVIOUR == misbehaviour && input_state(port, RETRO_DEVICE_JOYPAD, 0, button);
}

static void act_on_the_process(void)
{
    if (MISBEHAVIOUR == CHANGES_ROUNDING) {
        fesetround(FE_UPWARD);
    }
    if (MISBEHAVIOUR == CHANGES_THE_ROUNDING_AND_BACK) {
        int before = fegetround();
        fesetround(FE_UPWARD);
        fesetround(before);
    }
#ifndef _WIN32
    if (MISBEHAVIOUR == IS_SLOW) {
        struct timespec begin, now;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        do {
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        } while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec <
                 100000000);
    }
    if (MISBEHAVIOUR == SLEEPS_A_LITTLE) {
        usleep(20000);
    }
    while (MISBEHAVIOUR == SLEEPS_FOR_EVER && frame_number == 7) {
        usleep(1000);
    }
    if (MISBEHAVIOUR == KEEPS_A_DRIVERS_CACHE && frame_number == 1) {
        char path[4096];
        snprintf(path, sizeof path, "%s/mesa_shader_cache", getenv("XDG_CACHE_HOME"));
        mkdir(path, 0700);
        strcat(path, "/index");
        FILE *file = fopen(path, "w");
        if (file) {
            fclose(file);
        }
    }
    if (MISBEHAVIOUR == ENDS_THE_PROCESS && frame_number == 7) {
        pthread_t thread;
        pthread_create(&thread, NULL, end_the_process, NULL);
        pthread_join(thread, NULL);
    }
#endif
}

void retro_run(void)
{
    int16_t samples[2 * 2000] = {MISBEHAVIOUR == SOUND_WITHOUT_RATE};
    input_poll();
    ram[0] = ++frame_number;
    ram[1] += (uint32_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, 0);
    forgotten = forgotten * 5 + ram[1] + 1;
    if (MISBEHAVIOUR == STATE_LACKS_SOMETHING || is_held(STATE_LACKS_START, 0, 3) ||
        is_held(STATE_LACKS_SELECT, 0, 2) || is_held(STATE_LACKS_SECOND_PORT, 1, 8)) {
        ram[2] = forgotten;
    }
    if (MISBEHAVIOUR == STATE_LACKS_A_STICK &&
        input_state(0, RETRO_DEVICE_ANALOG, RETRO_DEVICE_INDEX_ANALOG_LEFT,
                    RETRO_DEVICE_ID_ANALOG_X) > 9000) {
        ram[2] = forgotten;
    }
    if (MISBEHAVIOUR == REMEMBERS_BEYOND_STATES) {
        remembered |= frame_number > 60;
        ram[2] = remembered;
    }
    act_on_the_process();
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
    if (MISBEHAVIOUR == ABORTS_AT_THE_END) {
        abort();
    }
    if (MISBEHAVIOUR == EXITS_AT_THE_END) {
        exit(0);
    }
    while (MISBEHAVIOUR == HANGS_AT_THE_END) {
        ram[5]++;
    }
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

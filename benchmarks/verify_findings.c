/*
 * What `pylibretro check` finds, found by nothing but libretro's functions: a frontend that shares
 * no code with pylibretro.
 *
 *     verify_findings CORE CONTENT TASK FRAMES STATE-FILE INPUTS [KEY=VALUE ...]
 *
 * CONTENT is "-" for a core that is only opened and closed. It prints a line for each frame looked
 * at: check sums of picture, sound and RAM, and the bytes by which the pitch is too small. TASK:
 *   replay    save, FRAMES, load, FRAMES again: twice as many lines
 *   used      save into STATE-FILE, run others, load, FRAMES
 *   fresh     load STATE-FILE into a machine that has just been opened, FRAMES
 *   reset     FRAMES, retro_reset, FRAMES
 *   leak      opened and closed, six times: kilobytes allocated instead of RAM, and
 *             kilobytes written to instead of the pitch
 */
#define _GNU_SOURCE
#include "libretro.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAMES_BEFORE_REPLAY = 240,
    FRAMES_BEFORE = 31,
    FRAMES_BETWEEN = 97,
    FRAMES_UNTIL_STATES = 10,
    FRAMES_OF_A_ROW = 1024,
    CYCLES = 6
};

static char **options;
static int option_count;
static const char *save_directory;
static enum retro_pixel_format format = RETRO_PIXEL_FORMAT_0RGB1555;
static uint64_t picture, sound;
static long pitch_lacks;
static unsigned frame, mask[2];
static const uint16_t *held;
static uint32_t framebuffer[2048 * 1024];

static uint64_t mixed(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    return sum;
}

static void log_nothing(enum retro_log_level level, const char *text, ...)
{
    (void)level;
    (void)text;
}

static const char *option(const char *key)
{
    size_t length = strlen(key);
    for (int i = 0; i < option_count; i++)
        if (strncmp(options[i], key, length) == 0 && options[i][length] == '=')
            return options[i] + length + 1;
    return NULL;
}

static bool environment(unsigned command, void *data)
{
    switch (command) {
    case RETRO_ENVIRONMENT_SET_PIXEL_FORMAT:
        format = *(const enum retro_pixel_format *)data;
        return true;
    case RETRO_ENVIRONMENT_GET_VARIABLE: {
        struct retro_variable *variable = data;
        variable->value = option(variable->key);
        return variable->value != NULL;
    }
    case RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY:
    case RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY:
        *(const char **)data = save_directory;
        return true;
    case RETRO_ENVIRONMENT_GET_CAN_DUPE:
        *(bool *)data = true;
        return true;
    case RETRO_ENVIRONMENT_GET_LOG_INTERFACE:
        ((struct retro_log_callback *)data)->log = log_nothing;
        return true;
    case RETRO_ENVIRONMENT_GET_CURRENT_SOFTWARE_FRAMEBUFFER: {
        struct retro_framebuffer *drawn = data;
        drawn->data = framebuffer;
        drawn->format = format;
        drawn->pitch = drawn->width * (format == RETRO_PIXEL_FORMAT_XRGB8888 ? 4u : 2u);
        drawn->memory_flags = RETRO_MEMORY_TYPE_CACHED;
        return drawn->width <= 2048 && drawn->height <= 1024;
    }
    case RETRO_ENVIRONMENT_SET_VARIABLES:
    case RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME:
    case RETRO_ENVIRONMENT_SET_MEMORY_MAPS:
    case RETRO_ENVIRONMENT_SET_GEOMETRY:
    case RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO:
        return true;
    default:
        return false;
    }
}

static void see(const void *data, unsigned width, unsigned height, size_t pitch)
{
    size_t row = width * (format == RETRO_PIXEL_FORMAT_XRGB8888 ? 4u : 2u);
    if (!data)
        return;
    if (pitch < row && (long)(row - pitch) > pitch_lacks)
        pitch_lacks = (long)(row - pitch);
    picture = mixed(width, &height, sizeof height);
    for (unsigned y = 0; y < height; y++)
        picture = mixed(picture, (const char *)data + y * pitch, row < pitch ? row : pitch);
}

static size_t hear(const int16_t *data, size_t frames)
{
    sound = mixed(mixed(sound, &frames, sizeof frames), data, frames * 4);
    return frames;
}

static void hear_one(int16_t left, int16_t right)
{
    int16_t both[2] = {left, right};
    hear(both, 1);
}

static void poll(void)
{
}

static int16_t state(unsigned port, unsigned device, unsigned index, unsigned id)
{
    (void)index;
    return port < 2 && device == RETRO_DEVICE_JOYPAD && id < 16 ? (int16_t)(mask[port] >> id & 1)
                                                                : 0;
}

static void *core;
static void (*run)(void), (*reset)(void);
static size_t (*serialize_size)(void), (*memory_size)(unsigned);
static bool (*serialize)(void *, size_t), (*unserialize)(const void *, size_t);
static void *(*memory_data)(unsigned);

static void *function(const char *name)
{
    void *found = dlsym(core, name);
    if (!found) {
        fprintf(stderr, "no %s\n", name);
        exit(2);
    }
    return found;
}

#define FIND(place, name) (*(void **)&(place) = function(name))

/* Press what is in one of the rows of the file of inputs, from its beginning. */
static void play(unsigned frames, unsigned row, bool tell)
{
    for (frame = 0; frame < frames; frame++) {
        for (unsigned port = 0; port < 2; port++)
            mask[port] = held ? held[(row * FRAMES_OF_A_ROW + frame) * 2 + port] : 0;
        sound = 0;
        run();
        if (tell) {
            size_t size = memory_size(RETRO_MEMORY_SYSTEM_RAM);
            const void *ram = size ? memory_data(RETRO_MEMORY_SYSTEM_RAM) : NULL;
            printf("%llx %llx %llx %ld\n", (unsigned long long)picture, (unsigned long long)sound,
                   (unsigned long long)(ram ? mixed(1, ram, size) : 0), pitch_lacks);
            fflush(stdout);
        }
    }
}

static char *saved(size_t *size)
{
    char *data = calloc(1, *size = serialize_size());
    if (!data || !*size || !serialize(data, *size)) {
        fprintf(stderr, "no state\n");
        exit(3);
    }
    return data;
}

static char *contents_of(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *data = NULL;
    if (file && fseek(file, 0, SEEK_END) == 0) {
        *size = (size_t)ftell(file);
        rewind(file);
        data = calloc(1, *size + 1);
        if (data && fread(data, 1, *size, file) != *size)
            exit(2);
        fclose(file);
    }
    return data;
}

static void open_core(const char *path, const char *content)
{
    struct retro_system_info info = {0};
    struct retro_system_av_info av_info = {0};
    struct retro_game_info game = {0};
    void (*set)(void *), (*plain)(void), (*ask)(void *), (*plug)(unsigned, unsigned);
    bool (*load)(const struct retro_game_info *);
    if (!(core = dlopen(path, RTLD_NOW | RTLD_LOCAL))) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    FIND(run, "retro_run");
    FIND(reset, "retro_reset");
    FIND(serialize_size, "retro_serialize_size");
    FIND(serialize, "retro_serialize");
    FIND(unserialize, "retro_unserialize");
    FIND(memory_size, "retro_get_memory_size");
    FIND(memory_data, "retro_get_memory_data");
    FIND(set, "retro_set_environment");
    set((void *)environment);
    FIND(plain, "retro_init");
    plain();
    FIND(set, "retro_set_video_refresh");
    set((void *)see);
    FIND(set, "retro_set_audio_sample");
    set((void *)hear_one);
    FIND(set, "retro_set_audio_sample_batch");
    set((void *)hear);
    FIND(set, "retro_set_input_poll");
    set((void *)poll);
    FIND(set, "retro_set_input_state");
    set((void *)state);
    if (strcmp(content, "-") == 0)
        return;
    FIND(ask, "retro_get_system_info");
    ask(&info);
    game.path = content;
    if (!info.need_fullpath)
        game.data = contents_of(content, &game.size);
    FIND(load, "retro_load_game");
    if (!load(&game)) {
        fprintf(stderr, "the game is refused\n");
        exit(2);
    }
    FIND(ask, "retro_get_system_av_info");
    ask(&av_info);
    FIND(plug, "retro_set_controller_port_device");
    plug(0, RETRO_DEVICE_JOYPAD);
    plug(1, RETRO_DEVICE_JOYPAD);
}

/* Kilobytes that the C library has given out, written to or not. */
static long allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return (long)((info.uordblks + info.hblkhd) / 1024);
}

/* Kilobytes that the process has written to and shares with nobody. */
static long dirty(void)
{
    char line[256];
    long kilobytes = 0;
    FILE *rollup = fopen("/proc/self/smaps_rollup", "r");
    while (rollup && fgets(line, sizeof line, rollup))
        if (sscanf(line, "Private_Dirty: %ld", &kilobytes) == 1)
            break;
    if (rollup)
        fclose(rollup);
    return kilobytes;
}

/* How much memory of its own the process has when the core has been opened and closed again. */
static void tell_of_leaks(const char *path, const char *content)
{
    for (int cycle = 0; cycle < CYCLES; cycle++) {
        void (*end)(void);
        open_core(path, content);
        if (strcmp(content, "-") != 0) {
            play(2, 0, false);
            FIND(end, "retro_unload_game");
            end();
        }
        FIND(end, "retro_deinit");
        end();
        dlclose(core);
        printf("0 0 %ld %ld\n", allocated(), dirty());
    }
}

int main(int count, char **words)
{
    size_t size = 0;
    if (count < 7) {
        fprintf(stderr, "CORE CONTENT TASK FRAMES STATE-FILE INPUTS [KEY=VALUE ...]\n");
        return 2;
    }
    const char *task = words[3];
    unsigned frames = (unsigned)atoi(words[4]);
    held = (const uint16_t *)(void *)contents_of(words[6], &size);
    options = words + 7;
    option_count = count - 7;
    char *directory = strdup(words[5]);
    *strrchr(directory, '/') = 0;
    save_directory = directory;
    if (strcmp(task, "leak") == 0) {
        tell_of_leaks(words[1], words[2]);
        return 0;
    }
    open_core(words[1], words[2]);
    if (strcmp(task, "fresh") == 0) {
        char *data = contents_of(words[5], &size);
        for (int i = 0; data && !unserialize(data, size) && i < FRAMES_UNTIL_STATES; i++)
            run();
        play(frames, 3, true);
        _Exit(0);
    }
    play(strcmp(task, "used") == 0 ? FRAMES_BEFORE : FRAMES_BEFORE_REPLAY, 0, false);
    if (strcmp(task, "reset") == 0) {
        play(frames, 1, true);
        reset();
        play(frames, 1, true);
        _Exit(0);
    }
    char *data = saved(&size);
    if (strcmp(task, "used") == 0) {
        FILE *file = fopen(words[5], "wb");
        if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
            return 2;
        play(FRAMES_BETWEEN, 2, false);
    } else {
        play(frames, 1, true);
    }
    if (!unserialize(data, size))
        return 4;
    play(frames, strcmp(task, "used") == 0 ? 3 : 1, true);
    fflush(stdout);
    _Exit(0); /* what a core does at its end is another finding */
}

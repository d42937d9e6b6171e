/*
 * The smallest complete libretro frontend: a speed limit and an oracle for pylibretro.
 *
 *   raw_limit CORE [CONTENT] [--frames N] [--repeat R] [--warmup W] [--lockstep] [--cpu-time]
 *             [--random SEED | --masks FILE] [--option KEY=VALUE]...
 *             [--system-dir DIR] [--save-dir DIR] [--dump FILE] [--replay K] [--log]
 *             [--load-state FILE] [--save-state FILE]
 *
 * Without --dump it times R times N calls of retro_run with callbacks that only count, and prints
 * one line a repeat: "N frames in S seconds, F frames/s, V pictures, A audio frames, I inputs".
 * With --lockstep it prints "ready" after the warm-up and starts a repeat at each line it reads,
 * so that another program can alternate with it.
 *
 * With --dump it writes what N runs produced to FILE ("-" is standard output), all little-endian:
 *   a run:   eight uint32: video calls, duplicates among them, width, height, pixel format, pitch,
 *            bytes of picture, frames of audio; then the picture's rows without padding
 *            (nothing if this run brought no new one); then the audio as int16 pairs
 *   the end: uint32 0xFFFFFFFF, double fps, double sample rate, and for memory 0 (save RAM) and
 *            2 (system RAM) a uint32 size and the bytes
 * With --replay K it saves the state after K runs, loads it after N, and plays the last N - K runs
 * again, so that FILE has 2 N - K of them.
 *
 * With --load-state FILE the state in FILE is loaded before the first run, with --save-state FILE
 * that after the last one is written there; both go with --dump.
 *
 * Input: --masks FILE has two uint16 joypad masks a run, for ports 0 and 1, bit n is button n; runs
 * after its end have none.
 * --random SEED draws them anew every eighth run, port 0 first: x ^= x << 13; x ^= x >> 17;
 * x ^= x << 5 on 32 bits from x = SEED (not 0), and the mask is x >> 16.
 *
 * It shares nothing with pylibretro but the declarations in libretro.h. POSIX only.
 */

#define _XOPEN_SOURCE 700
#include <dlfcn.h>
#include <ftw.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libretro.h"

#define PORTS 2
#define END_OF_RUNS 0xFFFFFFFFu
#define STATE_MARGIN 65536 /* some cores write more than they said */

struct option_value {
    char *key, *value;
};

static char system_directory[4096], save_directory[4096], core_path[4096];
static struct option_value *options;
static size_t option_count;
static enum retro_pixel_format pixel_format = RETRO_PIXEL_FORMAT_0RGB1555;
static struct retro_system_av_info av_info;
static struct retro_frame_time_callback frame_time;
static struct retro_audio_callback audio_callback;
static bool shutdown_requested, log_wanted;

static uint16_t *masks, buttons[PORTS];
static size_t mask_rows;
static uint32_t random_state;
static uint64_t video_calls, audio_frames, input_calls;

static FILE *dump_file;
static uint32_t run_header[8];
static uint8_t *picture;
static int16_t *audio;
static size_t picture_capacity, audio_capacity, run_audio_frames;

static void fail(const char *message, const char *detail)
{
    fprintf(stderr, "raw_limit: %s: %s\n", message, detail);
    exit(1);
}

static void *grow(void *buffer, size_t *capacity, size_t wanted)
{
    if (wanted > *capacity) {
        *capacity = wanted * 2;
        buffer = realloc(buffer, *capacity);
        if (!buffer)
            fail("out of memory", "buffer");
    }
    return buffer;
}

/* --- callbacks ------------------------------------------------------------------------------ */

static void dump_video(const void *data, unsigned width, unsigned height, size_t pitch)
{
    run_header[0]++;
    if (!data) {
        run_header[1]++;
        return;
    }
    size_t row = width * (pixel_format == RETRO_PIXEL_FORMAT_XRGB8888 ? 4u : 2u);
    picture = grow(picture, &picture_capacity, row * height);
    for (unsigned y = 0; y < height; y++)
        memcpy(picture + y * row, (const uint8_t *)data + y * pitch, row);
    run_header[2] = width;
    run_header[3] = height;
    run_header[4] = pixel_format;
    run_header[5] = (uint32_t)pitch;
    run_header[6] = (uint32_t)(row * height);
}

static size_t dump_audio(const int16_t *data, size_t frames)
{
    audio = grow(audio, &audio_capacity, (run_audio_frames + frames) * 4);
    memcpy(audio + run_audio_frames * 2, data, frames * 4);
    run_audio_frames += frames;
    return frames;
}

static void dump_sample(int16_t left, int16_t right)
{
    dump_audio((int16_t[2]){left, right}, 1);
}

static void count_video(const void *data, unsigned width, unsigned height, size_t pitch)
{
    (void)data, (void)width, (void)height, (void)pitch;
    video_calls++;
}

static size_t count_audio(const int16_t *data, size_t frames)
{
    (void)data;
    audio_frames += frames;
    return frames;
}

static void count_sample(int16_t left, int16_t right)
{
    (void)left, (void)right;
    audio_frames++;
}

static void input_poll(void)
{
}

static int16_t input_state(unsigned port, unsigned device, unsigned index, unsigned id)
{
    input_calls++;
    if (port >= PORTS || (device & RETRO_DEVICE_MASK) != RETRO_DEVICE_JOYPAD || index)
        return 0;
    if (id == RETRO_DEVICE_ID_JOYPAD_MASK)
        return (int16_t)buttons[port];
    return id < 16 ? buttons[port] >> id & 1 : 0;
}

static void log_line(enum retro_log_level level, const char *format, ...)
{
    if (!log_wanted)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%d ", level);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
}

static retro_time_t perf_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (retro_time_t)1000000 + now.tv_nsec / 1000;
}

static retro_perf_tick_t perf_counter(void)
{
    return (retro_perf_tick_t)perf_time();
}

static uint64_t perf_cpu_features(void)
{
    return 0;
}

static void perf_no_counter(struct retro_perf_counter *counter)
{
    (void)counter;
}

static void perf_no_log(void)
{
}

/* --- options -------------------------------------------------------------------------------- */

static char *find_option(const char *key)
{
    for (size_t i = 0; i < option_count; i++)
        if (!strcmp(options[i].key, key))
            return options[i].value;
    return NULL;
}

/* Values from the command line are there first, so a declared default never replaces them. */
static void add_option(const char *key, const char *value, size_t length)
{
    if (find_option(key))
        return;
    options = realloc(options, (option_count + 1) * sizeof *options);
    options[option_count++] = (struct option_value){strdup(key), strndup(value, length)};
}

static void add_default(const char *key, const char *value, const char *first_value)
{
    if (!value)
        value = first_value ? first_value : "";
    add_option(key, value, strlen(value));
}

static void add_variables(const struct retro_variable *variable)
{
    for (; variable->key; variable++) {
        const char *values = variable->value ? strstr(variable->value, "; ") : NULL;
        if (values)
            add_option(variable->key, values + 2, strcspn(values + 2, "|"));
    }
}

static void add_options_v1(const struct retro_core_option_definition *definition)
{
    for (; definition && definition->key; definition++)
        add_default(definition->key, definition->default_value, definition->values[0].value);
}

static void add_options_v2(const struct retro_core_options_v2 *declared)
{
    const struct retro_core_option_v2_definition *definition = declared->definitions;
    for (; definition && definition->key; definition++)
        add_default(definition->key, definition->default_value, definition->values[0].value);
}

/* --- environment ---------------------------------------------------------------------------- */

static bool environment(unsigned command, void *data)
{
    switch (command) {
    case RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE:
    case RETRO_ENVIRONMENT_GET_OVERSCAN:
    case RETRO_ENVIRONMENT_GET_FASTFORWARDING:
        *(bool *)data = false;
        return true;
    case RETRO_ENVIRONMENT_GET_CAN_DUPE:
    case RETRO_ENVIRONMENT_GET_JIT_CAPABLE:
        *(bool *)data = true;
        return true;
    case RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE:
        if (data)
            *(int *)data = RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO;
        return true;
    case RETRO_ENVIRONMENT_GET_SYSTEM_DIRECTORY:
    case RETRO_ENVIRONMENT_GET_CORE_ASSETS_DIRECTORY:
        *(const char **)data = system_directory;
        return true;
    case RETRO_ENVIRONMENT_GET_SAVE_DIRECTORY:
        *(const char **)data = save_directory;
        return true;
    case RETRO_ENVIRONMENT_GET_LIBRETRO_PATH:
        *(const char **)data = core_path;
        return true;
    case RETRO_ENVIRONMENT_SET_PIXEL_FORMAT:
        if (*(const enum retro_pixel_format *)data > RETRO_PIXEL_FORMAT_RGB565)
            return false;
        pixel_format = *(const enum retro_pixel_format *)data;
        return true;
    case RETRO_ENVIRONMENT_GET_LOG_INTERFACE:
        ((struct retro_log_callback *)data)->log = log_line;
        return true;
    case RETRO_ENVIRONMENT_GET_PERF_INTERFACE:
        *(struct retro_perf_callback *)data = (struct retro_perf_callback){
            perf_time,       perf_cpu_features, perf_counter, perf_no_counter,
            perf_no_counter, perf_no_counter,   perf_no_log};
        return true;
    case RETRO_ENVIRONMENT_GET_VARIABLE: {
        struct retro_variable *variable = data;
        variable->value = find_option(variable->key);
        return variable->value != NULL;
    }
    case RETRO_ENVIRONMENT_GET_CORE_OPTIONS_VERSION:
        *(unsigned *)data = 2;
        return true;
    case RETRO_ENVIRONMENT_SET_VARIABLES:
        add_variables(data);
        return true;
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS:
        add_options_v1(data);
        return true;
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_INTL:
        add_options_v1(((const struct retro_core_options_intl *)data)->us);
        return true;
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2:
        add_options_v2(data);
        return true;
    case RETRO_ENVIRONMENT_SET_CORE_OPTIONS_V2_INTL:
        add_options_v2(((const struct retro_core_options_v2_intl *)data)->us);
        return true;
    case RETRO_ENVIRONMENT_SET_FRAME_TIME_CALLBACK:
        frame_time = *(const struct retro_frame_time_callback *)data;
        return true;
    case RETRO_ENVIRONMENT_SET_AUDIO_CALLBACK:
        audio_callback = *(const struct retro_audio_callback *)data;
        return true;
    case RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO:
        av_info = *(const struct retro_system_av_info *)data;
        return true;
    case RETRO_ENVIRONMENT_SHUTDOWN:
        shutdown_requested = true;
        return true;
    case RETRO_ENVIRONMENT_GET_LANGUAGE:
        *(unsigned *)data = RETRO_LANGUAGE_ENGLISH;
        return true;
    case RETRO_ENVIRONMENT_GET_INPUT_BITMASKS:
    case RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME:
    case RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL:
    case RETRO_ENVIRONMENT_SET_INPUT_DESCRIPTORS:
    case RETRO_ENVIRONMENT_SET_CONTROLLER_INFO:
    case RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO:
    case RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS:
    case RETRO_ENVIRONMENT_SET_MEMORY_MAPS:
    case RETRO_ENVIRONMENT_SET_GEOMETRY:
    case RETRO_ENVIRONMENT_SET_ROTATION:
        return true;
    default:
        return false;
    }
}

/* --- files ---------------------------------------------------------------------------------- */

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t capacity = 0, count;
    *size = 0;
    if (!file)
        fail("cannot read", path);
    do {
        bytes = grow(bytes, &capacity, *size + 65536);
        count = fread(bytes + *size, 1, 65536, file);
        *size += count;
    } while (count);
    fclose(file);
    return bytes;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static char temporary_directory[] = "/tmp/raw_limit-XXXXXX";

static void remove_temporary_directory(void)
{
    nftw(temporary_directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void load_state(bool (*unserialize)(const void *, size_t), const char *path)
{
    size_t size;
    uint8_t *state = read_file(path, &size);
    if (!unserialize(state, size))
        fail("the core refused the state", path);
    free(state);
}

static void save_state(bool (*serialize)(void *, size_t), size_t size, const char *path)
{
    FILE *file = fopen(path, "wb");
    void *state = calloc(1, size + STATE_MARGIN);
    if (!file || !state || !serialize(state, size) || fwrite(state, 1, size, file) != size)
        fail("no state was saved to", path);
    fclose(file);
    free(state);
}

/* --- main ----------------------------------------------------------------------------------- */

static uint16_t draw_mask(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (uint16_t)(random_state >> 16);
}

static void latch_input(size_t run)
{
    for (size_t port = 0; port < PORTS; port++) {
        if (random_state && run % 8 == 0)
            buttons[port] = draw_mask();
        else if (!random_state)
            buttons[port] = run < mask_rows ? masks[run * PORTS + port] : 0;
    }
}

static void run_frames(void (*run)(void), size_t first, size_t frames)
{
    for (size_t frame = first; frame < first + frames && !shutdown_requested; frame++) {
        latch_input(frame);
        if (frame_time.callback)
            frame_time.callback(frame_time.reference);
        run();
        if (audio_callback.callback)
            audio_callback.callback();
        if (dump_file) {
            run_header[7] = (uint32_t)run_audio_frames;
            fwrite(run_header, sizeof run_header, 1, dump_file);
            fwrite(picture, 1, run_header[6], dump_file);
            fwrite(audio, 4, run_audio_frames, dump_file);
            memset(run_header, 0, sizeof run_header);
            run_audio_frames = 0;
        }
    }
}

int main(int argc, char **argv)
{
    static const struct option arguments[] = {
        {"frames", 1, NULL, 'f'},   {"repeat", 1, NULL, 'r'},     {"warmup", 1, NULL, 'w'},
        {"lockstep", 0, NULL, 'l'}, {"random", 1, NULL, 's'},     {"masks", 1, NULL, 'm'},
        {"option", 1, NULL, 'o'},   {"system-dir", 1, NULL, 'y'}, {"save-dir", 1, NULL, 'v'},
        {"dump", 1, NULL, 'd'},     {"replay", 1, NULL, 'p'},     {"log", 0, NULL, 'g'},
        {"cpu-time", 0, NULL, 'c'}, {"load-state", 1, NULL, 'i'}, {"save-state", 1, NULL, 'e'},
        {NULL, 0, NULL, 0}};
    size_t frames = 600, repeat = 1, warmup = 0, replay_from = SIZE_MAX;
    const char *dump_path = NULL, *load_path = NULL, *save_path = NULL;
    char *equals, content_path[4096] = "";
    bool lockstep = false;
    clockid_t clock_used = CLOCK_MONOTONIC;

    /* Cores print to standard output too; what this program prints must stay readable. */
    FILE *output = fdopen(dup(STDOUT_FILENO), "w");
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (!mkdtemp(temporary_directory))
        fail("cannot create", temporary_directory);
    atexit(remove_temporary_directory);
    strcpy(system_directory, temporary_directory);
    strcpy(save_directory, temporary_directory);

    for (int name; (name = getopt_long(argc, argv, "", arguments, NULL)) != -1;) {
        switch (name) {
        case 'f':
            frames = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            repeat = strtoul(optarg, NULL, 10);
            break;
        case 'w':
            warmup = strtoul(optarg, NULL, 10);
            break;
        case 'l':
            lockstep = true;
            break;
        case 's':
            random_state = (uint32_t)strtoul(optarg, NULL, 0);
            break;
        case 'm':
            masks = read_file(optarg, &mask_rows);
            mask_rows /= PORTS * sizeof *masks;
            break;
        case 'd':
            dump_path = optarg;
            break;
        case 'c':
            clock_used = CLOCK_PROCESS_CPUTIME_ID;
            break;
        case 'p':
            replay_from = strtoul(optarg, NULL, 10);
            break;
        case 'i':
            load_path = optarg;
            break;
        case 'e':
            save_path = optarg;
            break;
        case 'g':
            log_wanted = true;
            break;
        case 'o':
            equals = strchr(optarg, '=');
            if (!equals)
                fail("an option is KEY=VALUE", optarg);
            *equals = 0;
            add_option(optarg, equals + 1, strlen(equals + 1));
            break;
        case 'y':
            if (!realpath(optarg, system_directory))
                fail("no such directory", optarg);
            break;
        case 'v':
            if (!realpath(optarg, save_directory))
                fail("no such directory", optarg);
            break;
        default:
            return 2;
        }
    }
    if (optind >= argc || !realpath(argv[optind], core_path))
        fail("no such core", optind < argc ? argv[optind] : "(none given)");
    if (optind + 1 < argc && !realpath(argv[optind + 1], content_path))
        fail("no such content", argv[optind + 1]);
    if (dump_path)
        dump_file = strcmp(dump_path, "-") ? fopen(dump_path, "wb") : output;
    if (dump_path && !dump_file)
        fail("cannot write", dump_path);

    void *library = dlopen(core_path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail("cannot load", dlerror());
#define SYMBOL(name)                                                                               \
    __typeof__(name) *name##_ = dlsym(library, #name);                                             \
    if (!name##_)                                                                                  \
    fail("not a libretro core, it lacks", #name)
    SYMBOL(retro_api_version);
    SYMBOL(retro_get_system_info);
    SYMBOL(retro_set_environment);
    SYMBOL(retro_init);
    SYMBOL(retro_set_video_refresh);
    SYMBOL(retro_set_audio_sample);
    SYMBOL(retro_set_audio_sample_batch);
    SYMBOL(retro_set_input_poll);
    SYMBOL(retro_set_input_state);
    SYMBOL(retro_load_game);
    SYMBOL(retro_get_system_av_info);
    SYMBOL(retro_set_controller_port_device);
    SYMBOL(retro_run);
    SYMBOL(retro_serialize_size);
    SYMBOL(retro_serialize);
    SYMBOL(retro_unserialize);
    SYMBOL(retro_get_memory_data);
    SYMBOL(retro_get_memory_size);
    SYMBOL(retro_unload_game);
    SYMBOL(retro_deinit);

    struct retro_system_info info = {0};
    struct retro_game_info game = {.path = content_path};
    if (retro_api_version_() != RETRO_API_VERSION)
        fail("another libretro API version", core_path);
    retro_get_system_info_(&info);
    retro_set_environment_(environment);
    retro_init_();
    retro_set_video_refresh_(dump_file ? dump_video : count_video);
    retro_set_audio_sample_(dump_file ? dump_sample : count_sample);
    retro_set_audio_sample_batch_(dump_file ? dump_audio : count_audio);
    retro_set_input_poll_(input_poll);
    retro_set_input_state_(input_state);
    if (*content_path && !info.need_fullpath)
        game.data = read_file(content_path, &game.size);
    if (!retro_load_game_(*content_path ? &game : NULL))
        fail("the core refused", *content_path ? content_path : "to start without content");
    retro_get_system_av_info_(&av_info);
    for (unsigned port = 0; port < PORTS; port++)
        retro_set_controller_port_device_(port, RETRO_DEVICE_JOYPAD);
    if (audio_callback.set_state)
        audio_callback.set_state(true);

    if (dump_file) {
        const uint32_t end = END_OF_RUNS;
        if (load_path)
            load_state(retro_unserialize_, load_path);
        if (replay_from >= frames) {
            run_frames(retro_run_, 0, frames);
        } else {
            run_frames(retro_run_, 0, replay_from);
            size_t size = retro_serialize_size_();
            void *state = malloc(size + STATE_MARGIN);
            if (!state || !retro_serialize_(state, size))
                fail("the core saved no state", core_path);
            run_frames(retro_run_, replay_from, frames - replay_from);
            if (!retro_unserialize_(state, size))
                fail("the core refused its own state", core_path);
            run_frames(retro_run_, replay_from, frames - replay_from);
            free(state);
        }
        if (save_path)
            save_state(retro_serialize_, retro_serialize_size_(), save_path);
        fwrite(&end, sizeof end, 1, dump_file);
        fwrite(&av_info.timing, sizeof av_info.timing, 1, dump_file);
        for (unsigned id = RETRO_MEMORY_SAVE_RAM; id <= RETRO_MEMORY_SYSTEM_RAM; id += 2) {
            uint32_t size = (uint32_t)retro_get_memory_size_(id);
            void *memory = size ? retro_get_memory_data_(id) : NULL;
            if (!memory)
                size = 0;
            fwrite(&size, sizeof size, 1, dump_file);
            fwrite(memory, 1, size, dump_file);
        }
        fclose(dump_file);
    } else {
        char line[16];
        run_frames(retro_run_, 0, warmup);
        if (lockstep)
            fprintf(output, "ready\n");
        for (size_t i = 0; i < repeat && !shutdown_requested; i++) {
            fflush(output);
            if (lockstep && !fgets(line, sizeof line, stdin))
                break;
            struct timespec start, stop;
            video_calls = audio_frames = input_calls = 0;
            clock_gettime(clock_used, &start);
            run_frames(retro_run_, warmup + i * frames, frames);
            clock_gettime(clock_used, &stop);
            double seconds = (double)(stop.tv_sec - start.tv_sec) +
                             (double)(stop.tv_nsec - start.tv_nsec) * 1e-9;
            fprintf(output,
                    "%zu frames in %.9f seconds, %.1f frames/s, %llu pictures, "
                    "%llu audio frames, %llu inputs\n",
                    frames, seconds, (double)frames / seconds, (unsigned long long)video_calls,
                    (unsigned long long)audio_frames, (unsigned long long)input_calls);
        }
        fclose(output);
    }
    retro_unload_game_();
    retro_deinit_();
    dlclose(library);
    return 0;
}

/*
 * What saving and loading states costs a core itself: the limit for states of a CoreBatch.
 *
 *   state_limit CORE CONTENT COPIES WARMUP [KEY=VALUE...]
 *
 * Opens so many private copies of the core, runs WARMUP frames of each, prints "ready", and then
 * answers every line it reads: "save" calls retro_serialize_size and retro_serialize of each copy
 * once, into a buffer of its own that holds the last state already, "load" calls
 * retro_unserialize of each with that state, and both print the seconds that took and the bytes of
 * one state; "run" runs one frame of each. The frontend is raw_limit's.
 */

#define main raw_limit_main
int raw_limit_main(int argc, char **argv);
#include "raw_limit.c"
#undef main

struct copy {
    void (*run)(void);
    size_t (*serialize_size)(void);
    bool (*serialize)(void *, size_t);
    bool (*unserialize)(const void *, size_t);
    struct retro_frame_time_callback frame_time;
    void *state;
    size_t size;
};

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);
    if (!found)
        fail("not a libretro core, it lacks", name);
    return found;
}

#define CALL(name, type) ((type)symbol(library, name))

static void open_copy(struct copy *copy, size_t number, const char *core, const char *content)
{
    char path[sizeof temporary_directory + 32];
    size_t size;
    struct retro_system_info info = {0};
    struct retro_game_info game = {.path = content};
    void *file = read_file(core, &size);
    snprintf(path, sizeof path, "%s/%zu.so", temporary_directory, number);
    FILE *written = fopen(path, "wb");
    if (!written || fwrite(file, 1, size, written) != size || fclose(written) != 0)
        fail("cannot write", path);
    free(file);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail("cannot load", dlerror());
    frame_time = (struct retro_frame_time_callback){0};
    CALL("retro_get_system_info", void (*)(struct retro_system_info *))(&info);
    CALL("retro_set_environment", void (*)(retro_environment_t))(environment);
    CALL("retro_init", void (*)(void))();
    CALL("retro_set_video_refresh", void (*)(retro_video_refresh_t))(count_video);
    CALL("retro_set_audio_sample", void (*)(retro_audio_sample_t))(count_sample);
    CALL("retro_set_audio_sample_batch", void (*)(retro_audio_sample_batch_t))(count_audio);
    CALL("retro_set_input_poll", void (*)(retro_input_poll_t))(input_poll);
    CALL("retro_set_input_state", void (*)(retro_input_state_t))(input_state);
    if (!info.need_fullpath)
        game.data = read_file(content, &game.size);
    if (!CALL("retro_load_game", bool (*)(const struct retro_game_info *))(&game))
        fail("the core refused", content);
    CALL("retro_get_system_av_info", void (*)(struct retro_system_av_info *))(&av_info);
    for (unsigned port = 0; port < PORTS; port++)
        CALL("retro_set_controller_port_device", void (*)(unsigned, unsigned))
    (port, RETRO_DEVICE_JOYPAD);
    copy->run = CALL("retro_run", void (*)(void));
    copy->serialize = CALL("retro_serialize", bool (*)(void *, size_t));
    copy->unserialize = CALL("retro_unserialize", bool (*)(const void *, size_t));
    copy->frame_time = frame_time;
    copy->serialize_size = CALL("retro_serialize_size", size_t (*)(void));
    copy->size = copy->serialize_size();
    copy->state = calloc(1, copy->size + STATE_MARGIN);
    if (!copy->state)
        fail("out of memory", "state");
}

static void run_copy(struct copy *copy)
{
    if (copy->frame_time.callback)
        copy->frame_time.callback(copy->frame_time.reference);
    copy->run();
}

int main(int argc, char **argv)
{
    char line[16];
    FILE *output = fdopen(dup(STDOUT_FILENO), "w");
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (argc < 5)
        return raw_limit_main(argc, argv);
    if (!mkdtemp(temporary_directory))
        fail("cannot create", temporary_directory);
    atexit(remove_temporary_directory);
    strcpy(system_directory, temporary_directory);
    strcpy(save_directory, temporary_directory);
    if (!realpath(argv[1], core_path))
        fail("no such core", argv[1]);
    for (int i = 5; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            fail("an option is KEY=VALUE", argv[i]);
        *equals = 0;
        add_option(argv[i], equals + 1, strlen(equals + 1));
    }
    const size_t count = strtoul(argv[3], NULL, 10), warmup = strtoul(argv[4], NULL, 10);
    struct copy *copies = calloc(count, sizeof *copies);
    for (size_t i = 0; copies && i < count; i++) {
        open_copy(&copies[i], i, core_path, argv[2]);
        for (size_t frame = 0; frame < warmup; frame++)
            run_copy(&copies[i]);
        copies[i].serialize(copies[i].state, copies[i].size);
    }
    fprintf(output, "ready\n");
    fflush(output);
    while (copies && fgets(line, sizeof line, stdin)) {
        struct timespec start, stop;
        bool done = true;
        clock_gettime(CLOCK_MONOTONIC, &start);
        for (struct copy *copy = copies; copy < copies + count; copy++) {
            if (line[0] == 's') {
                done &= copy->serialize_size() == copy->size;
                done &= copy->serialize(copy->state, copy->size);
            } else if (line[0] == 'l') {
                done &= copy->unserialize(copy->state, copy->size);
            } else {
                run_copy(copy);
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &stop);
        if (!done)
            fail("the core refused to", line);
        fprintf(output, "%.9f %zu\n",
                (double)(stop.tv_sec - start.tv_sec) +
                    (double)(stop.tv_nsec - start.tv_nsec) * 1e-9,
                copies[0].size);
        fflush(output);
    }
    return 0;
}

/* Does the worst that a core can: option "how" says what, "where" in which call. */
#define CORE_NAME "broken"
#define OWN_retro_set_environment
#define OWN_retro_init
#define OWN_retro_deinit
#define OWN_retro_load_game
#define OWN_retro_unload_game
#define OWN_retro_run
#define OWN_retro_reset
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

#include <alloca.h>
#include <cstdlib>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static std::string how, where;
static bool in_thread;
static volatile uintptr_t nothing;
static volatile int zero;

static std::string option(const char *key)
{
    retro_variable variable = {key, nullptr};
    bool known = environment(RETRO_ENVIRONMENT_GET_VARIABLE, &variable);
    return known && variable.value ? variable.value : "";
}

__attribute__((noinline)) static int deeper(volatile char *before)
{
    volatile char frame[4096];
    frame[0] = before ? before[0] : 1;
    return nothing ? 0 : deeper(frame) + frame[0];
}

extern "C" __attribute__((noinline, visibility("default"))) void write_to_nothing(void)
{
    *(volatile int *)nothing = 1;
}

static void smash()
{
    volatile char small[16];
    volatile char *beyond = small;
    for (int i = 0; i < 256; i++)
        beyond[i] = (char)i;
}

static FILE *stream;
static volatile bool stream_locked;

static void *lock_stream(void *argument)
{
    flockfile(stream);
    stream_locked = true;
    for (;;)
        pause();
    return argument;
}

static void fail()
{
    if (how == "null write")
        write_to_nothing();
    if (how == "null call")
        ((void (*)(void))nothing)();
    if (how == "memcpy")
        memcpy((void *)(nothing + 64), &how, 16 + (size_t)zero);
    if (how == "snprintf") {
        char text[64];
        snprintf(text, sizeof text, "%s", (const char *)(nothing + 8));
    }
    if (how == "recursion")
        deeper(nullptr);
    if (how == "alloca")
        ((volatile char *)alloca((size_t)(512 << 20) + (size_t)zero))[0] = 1;
    if (how == "divide")
        zero = 7 / zero;
    if (how == "illegal")
        __builtin_trap();
    if (how == "bus") {
        FILE *empty = tmpfile();
        void *memory = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fileno(empty), 0);
        zero = *(volatile char *)memory;
    }
    if (how == "abort")
        std::abort();
    if (how == "exit")
        std::exit(3);
    if (how == "_exit")
        _exit(3);
    if (how == "quick_exit")
        std::quick_exit(4);
    if (how == "throw")
        throw std::runtime_error("thrown");
    if (how == "terminate")
        raise(SIGTERM);
    if (how == "smash")
        smash();
    if (how == "double free") {
        char *memory = (char *)malloc(24);
        free(memory);
        free(memory);
        free(memory);
    }
    if (how == "pthread_exit")
        pthread_exit(nullptr);
    if (how == "video pointer")
        video((const void *)(nothing + 4096), CORE_WIDTH, CORE_HEIGHT, CORE_WIDTH * 4);
    if (how == "hang")
        for (;;)
            zero = 0;
    if (how == "wait")
        for (;;)
            pause();
    if (how == "stream lock") {
        stream = tmpfile();
        pthread_t thread;
        pthread_create(&thread, nullptr, lock_stream, nullptr);
        while (!stream_locked)
            usleep(100);
        flockfile(stream);
    }
    if (how == "lock") {
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        pthread_mutex_lock(&mutex);
        pthread_mutex_lock(&mutex);
    }
}

static void *fail_in_thread(void *argument)
{
    fail();
    return argument;
}

static void here(const char *place)
{
    if (where != place)
        return;
    if (log_printf)
        log_printf(RETRO_LOG_ERROR, "about to fail in %s\n", place);
    if (in_thread) {
        pthread_t thread;
        pthread_create(&thread, nullptr, fail_in_thread, nullptr);
        pthread_join(thread, nullptr);
    } else {
        fail();
    }
}

void retro_set_environment(retro_environment_t callback)
{
    retro_variable variables[] = {
        {"where",
         "Where; nowhere|init|load|run|later|reset|size|serialize|unserialize|unload|deinit"},
        {"how",
         "How; null write|null call|memcpy|snprintf|recursion|alloca|divide|illegal|bus|abort|exit|"
         "_exit|quick_exit|throw|terminate|smash|double free|pthread_exit|video pointer|hang|wait|"
         "lock|stream lock"},
        {"thread", "In a thread; no|yes"},
        {nullptr, nullptr},
    };
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
    environment(RETRO_ENVIRONMENT_SET_VARIABLES, variables);
}

void retro_init(void)
{
    get_log_interface();
    set_pixel_format(RETRO_PIXEL_FORMAT_XRGB8888);
    how = option("how");
    where = option("where");
    in_thread = option("thread") == "yes";
    here("init");
}

void retro_deinit(void)
{
    here("deinit");
}

bool retro_load_game(const retro_game_info *game)
{
    keep_content(game);
    here("load");
    return true;
}

void retro_unload_game(void)
{
    here("unload");
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    here("run");
    if (frame_number == 100)
        here("later");
    show_frame_number();
}

void retro_reset(void)
{
    here("reset");
}

size_t retro_serialize_size(void)
{
    here("size");
    return sizeof frame_number;
}

bool retro_serialize(void *data, size_t size)
{
    here("serialize");
    memcpy(data, &frame_number, sizeof frame_number);
    return size >= sizeof frame_number;
}

bool retro_unserialize(const void *data, size_t size)
{
    here("unserialize");
    memcpy(&frame_number, data, sizeof frame_number);
    return size == sizeof frame_number;
}

void *retro_get_memory_data(unsigned id)
{
    return id == RETRO_MEMORY_SYSTEM_RAM || id == RETRO_MEMORY_SAVE_RAM ? ram : nullptr;
}

size_t retro_get_memory_size(unsigned id)
{
    return id == RETRO_MEMORY_SYSTEM_RAM || id == RETRO_MEMORY_SAVE_RAM ? sizeof ram : 0;
}

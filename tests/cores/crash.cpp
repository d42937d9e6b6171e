/* Fails inside the entry point named by option "crash_where" in the manner of "crash_how". */
#define CORE_NAME "crash"
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
#define OWN_retro_get_system_av_info
#define OWN_retro_set_controller_port_device
#define OWN_retro_get_memory_data
#define OWN_retro_cheat_set
#include "core.h"
#undef NDEBUG
#include <cassert>
#include <stdexcept>
#include <string>

static std::string option(const char *key)
{
    retro_variable variable = {key, nullptr};
    bool known = environment(RETRO_ENVIRONMENT_GET_VARIABLE, &variable);
    return known && variable.value ? variable.value : "";
}

static void here(const char *where)
{
    if (option("crash_where") != where) {
        return;
    }
    std::string how = option("crash_how");
    if (log_printf) {
        log_printf(RETRO_LOG_ERROR, "about to fail in %s\n", where);
    }
    if (how == "throw") {
        throw std::runtime_error(std::string("thrown in ") + where);
    }
    if (how == "throw_number") {
        throw 42;
    }
    if (how == "exit") {
        std::exit(3);
    }
    if (how == "abort") {
        std::abort();
    }
    if (how == "assert") {
        assert(!"asserted");
    }
}

void retro_set_environment(retro_environment_t callback)
{
    retro_variable variables[] = {
        {"crash_where",
         "Where; nowhere|init|deinit|load_game|unload_game|run|reset|serialize_size|serialize|"
         "unserialize|get_system_av_info|set_controller_port_device|get_memory_data|cheat_set|"
         "later"},
        {"crash_how", "How; throw|throw_number|exit|abort|assert"},
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
    here("init");
}

void retro_deinit(void)
{
    here("deinit");
}

bool retro_load_game(const retro_game_info *game)
{
    keep_content(game);
    here("load_game");
    return true;
}

void retro_unload_game(void)
{
    here("unload_game");
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    here("run");
    if (frame_number == 3) {
        here("later");
    }
    show_frame_number();
}

void retro_reset(void)
{
    here("reset");
}

size_t retro_serialize_size(void)
{
    here("serialize_size");
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

void retro_get_system_av_info(retro_system_av_info *info)
{
    here("get_system_av_info");
    *info = {{CORE_WIDTH, CORE_HEIGHT, CORE_WIDTH, CORE_HEIGHT, 0}, {60, 44100}};
}

void retro_set_controller_port_device(unsigned, unsigned)
{
    here("set_controller_port_device");
}

void *retro_get_memory_data(unsigned id)
{
    here("get_memory_data");
    return id == RETRO_MEMORY_SYSTEM_RAM ? ram : nullptr;
}

void retro_cheat_set(unsigned, bool, const char *)
{
    here("cheat_set");
}

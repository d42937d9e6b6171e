/* Offers functions beside libretro's, by SET_PROC_ADDRESS_CALLBACK, unless the content says 1. */
#define CORE_NAME "procedures"
#define OWN_retro_set_environment
#define OWN_retro_load_game
#include "core.h"
#include <stdexcept>

static int add(int a, int b)
{
    ram[1]++;
    return a + b;
}

static double scale(float value, double factor)
{
    return value * factor;
}

static float half(float value)
{
    return value / 2;
}

/* Integers and floating point by turns, each of another size. */
static double mixed(int8_t a, float b, uint64_t c, double d, int16_t e, float f)
{
    return a + 10.0 * b + 100.0 * (double)c + 1000.0 * d + 10000.0 * e + 100000.0 * f;
}

static int64_t six(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f)
{
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

static const char *greeting(void)
{
    return "hello";
}

static unsigned length(const char *text)
{
    return text ? (unsigned)strlen(text) : 99;
}

static void store(int *where, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        where[i] = (int)i + 1;
    }
}

static bool is_negative(int8_t value)
{
    log_printf(RETRO_LOG_INFO, "asked whether %d is negative\n", value);
    return value < 0;
}

static void throws(void)
{
    throw std::runtime_error("thrown in a procedure");
}

static void aborts(void)
{
    abort();
}

static void show(void)
{
    struct retro_message message = {"shown by a procedure", 60};
    environment(RETRO_ENVIRONMENT_SET_MESSAGE, &message);
}

static retro_proc_address_t RETRO_CALLCONV find(const char *name)
{
    static const struct {
        const char *name;
        retro_proc_address_t function;
    } functions[] = {
        {"add", (retro_proc_address_t)add},
        {"scale", (retro_proc_address_t)scale},
        {"half", (retro_proc_address_t)half},
        {"mixed", (retro_proc_address_t)mixed},
        {"six", (retro_proc_address_t)six},
        {"greeting", (retro_proc_address_t)greeting},
        {"length", (retro_proc_address_t)length},
        {"store", (retro_proc_address_t)store},
        {"throws", (retro_proc_address_t)throws},
        {"aborts", (retro_proc_address_t)aborts},
        {"show", (retro_proc_address_t)show},
        {"is_negative", (retro_proc_address_t)is_negative},
    };
    for (const auto &function : functions) {
        if (strcmp(name, function.name) == 0) {
            return function.function;
        }
    }
    return nullptr;
}

void retro_set_environment(retro_environment_t callback)
{
    bool no_game = true;
    environment = callback;
    environment(RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME, &no_game);
}

bool retro_load_game(const struct retro_game_info *game)
{
    struct retro_get_proc_address_interface interface = {find};
    keep_content(game);
    if (content_byte(0) != 1) {
        ram[2] = environment(RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK, &interface);
    }
    interface.get_proc_address = nullptr;
    return true;
}

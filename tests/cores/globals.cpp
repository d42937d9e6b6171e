/*
 * Counts in every kind of global variable. A core that is really gone after close, and shares
 * nothing with its copies, shows 1 constructor and frame counts that begin at 1.
 */
#define CORE_NAME "globals"
#define OWN_retro_run
#include "core.h"

/* The linker makes this one symbol for the whole process (STB_GNU_UNIQUE) if nobody prevents it. */
#ifdef _WIN32
#define EXPORTED
#else
#define EXPORTED __attribute__((visibility("default")))
#endif
template <typename T> struct EXPORTED Shared {
    static T counter;
};
template <typename T> T Shared<T>::counter = 0;
template struct Shared<uint32_t>;

EXPORTED inline uint32_t &counter_in_a_function(void)
{
    static uint32_t counter = 0;
    return counter;
}

static uint32_t constructed;
static struct Constructed {
    Constructed()
    {
        constructed++;
    }
} object;
static uint32_t initialised = 1000;
static uint32_t zero;
static thread_local uint32_t of_this_thread = 500;

void retro_run(void)
{
    frame_number++;
    ram[0] = constructed;
    ram[1] = ++initialised;
    ram[2] = ++zero;
    ram[3] = ++Shared<uint32_t>::counter;
    ram[4] = ++counter_in_a_function();
    ram[5] = ++of_this_thread;
    show_frame_number();
}

/* Needs a game, and has battery RAM that it never touches itself. */
#define CORE_NAME "late game"
#define OWN_retro_set_environment
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

static uint8_t save[32];

void retro_set_environment(retro_environment_t callback)
{
    environment = callback;
}

void *retro_get_memory_data(unsigned id)
{
    return id == RETRO_MEMORY_SAVE_RAM ? save : NULL;
}

size_t retro_get_memory_size(unsigned id)
{
    return id == RETRO_MEMORY_SAVE_RAM ? sizeof save : 0;
}

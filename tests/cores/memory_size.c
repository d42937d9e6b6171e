/* Says of its system RAM whatever content[0] asks for, and of its save RAM a size beyond reason. */
#define CORE_NAME "memory size"
#define OWN_retro_get_memory_size
#include "core.h"

enum { TRUE_SIZE, ONE_BYTE, MOST, TOP_BIT, HUGE };

size_t retro_get_memory_size(unsigned id)
{
    size_t most = ~(size_t)0;
    if (id != RETRO_MEMORY_SYSTEM_RAM) {
        return 0;
    }
    switch (content_byte(0)) {
    case ONE_BYTE:
        return 1;
    case MOST:
        return most;
    case TOP_BIT:
        return most - most / 2;
    case HUGE:
        return most / 4;
    default:
        return sizeof ram;
    }
}

/* Battery RAM of 64 bytes that counts frames; notes what it held at the first frame. For
 * content[0] == 1 the memory only comes into being at frame 2; for 2 there is a clock, too. */
#define CORE_NAME "save ram"
#define OWN_retro_run
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#include "core.h"

static uint8_t save[64], clock_memory[8];

void retro_run(void)
{
    if (frame_number == 0) {
        note("first frame sees %u %u", (unsigned)save[0], (unsigned)save[63]);
    }
    frame_number++;
    save[0]++;
    save[63] = 0x5a;
    clock_memory[7] += 3;
    show_frame_number();
}

static bool exists(void)
{
    return content_byte(0) != 1 || frame_number >= 2;
}

void *retro_get_memory_data(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SAVE_RAM:
        return exists() ? save : NULL;
    case RETRO_MEMORY_RTC:
        return content_byte(0) == 2 ? clock_memory : NULL;
    case RETRO_MEMORY_VIDEO_RAM:
        return notes;
    default:
        return NULL;
    }
}

size_t retro_get_memory_size(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SAVE_RAM:
        return exists() ? sizeof save : 0;
    case RETRO_MEMORY_RTC:
        return content_byte(0) == 2 ? sizeof clock_memory : 0;
    case RETRO_MEMORY_VIDEO_RAM:
        return sizeof notes;
    default:
        return 0;
    }
}

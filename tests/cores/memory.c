/*
 * Memory in every shape. content[0] says when the system RAM moves: bit 0 every frame, bit 1 at
 * reset, bit 2 at unserialize, bit 3 goes away for good at frame 5, bit 4 doubles at frame 3.
 * The RTC is a pointer with size 0, the save RAM a size without pointer for content[1] == 1.
 */
#define CORE_NAME "memory"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_reset
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#define OWN_retro_get_memory_data
#define OWN_retro_get_memory_size
#define OWN_retro_deinit
#include "core.h"

enum { EACH_FRAME = 1, AT_RESET = 2, AT_UNSERIALIZE = 4, VANISHES = 8, DOUBLES = 16 };

static uint8_t *moving;
static size_t moving_size = 256;
static uint8_t save[64], rtc[16];

/* The old block is overwritten before it is freed, so that stale views are noticed. */
static void move(size_t size)
{
    uint8_t *fresh = calloc(1, size);
    if (moving) {
        memcpy(fresh, moving, size < moving_size ? size : moving_size);
        memset(moving, 0xdd, moving_size);
        free(moving);
    }
    moving = fresh;
    moving_size = size;
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    move(moving_size);
    return true;
}

void retro_run(void)
{
    frame_number++;
    if (content_byte(0) & EACH_FRAME) {
        move(moving_size);
    }
    if ((content_byte(0) & DOUBLES) && frame_number == 3) {
        move(2 * moving_size);
    }
    if ((content_byte(0) & VANISHES) && frame_number == 5) {
        free(moving);
        moving = NULL;
        moving_size = 0;
    }
    if (moving) {
        moving[0] = (uint8_t)frame_number;
    }
    save[0]++;
    show_frame_number();
}

void retro_reset(void)
{
    if (content_byte(0) & AT_RESET) {
        move(moving_size);
    }
}

size_t retro_serialize_size(void)
{
    return moving_size;
}

bool retro_serialize(void *data, size_t size)
{
    memcpy(data, moving, moving_size);
    return size >= moving_size;
}

bool retro_unserialize(const void *data, size_t size)
{
    if (size != moving_size) {
        return false;
    }
    if (content_byte(0) & AT_UNSERIALIZE) {
        move(moving_size);
    }
    memcpy(moving, data, size);
    return true;
}

void *retro_get_memory_data(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return moving;
    case RETRO_MEMORY_SAVE_RAM:
        return content_byte(1) == 1 ? NULL : save;
    case RETRO_MEMORY_RTC:
        return rtc;
    default:
        return NULL;
    }
}

size_t retro_get_memory_size(unsigned id)
{
    switch (id) {
    case RETRO_MEMORY_SYSTEM_RAM:
        return moving_size;
    case RETRO_MEMORY_SAVE_RAM:
        return sizeof save;
    default:
        return 0;
    }
}

void retro_deinit(void)
{
    free(moving);
}

/*
 * Says the quirks that the first two words of the content hold. With MUST_INITIALIZE it aborts
 * when it is asked for states before its first frame; with CORE_VARIABLE_SIZE its states grow.
 * ram[1] and ram[2] are what the frontend made of the quirks, ram[3] its answer.
 */
#define CORE_NAME "quirks"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

static bool started;

static bool has(uint64_t quirk)
{
    return (content_word(0) & quirk) != 0;
}

static void need_a_frame(void)
{
    if (has(RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE) && !started)
        abort();
}

bool retro_load_game(const struct retro_game_info *game)
{
    uint64_t quirks;
    keep_content(game);
    quirks = content_word(0) | (uint64_t)content_word(1) << 32;
    ram[3] = environment(RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS, &quirks);
    ram[1] = (uint32_t)quirks;
    ram[2] = (uint32_t)(quirks >> 32);
    return true;
}

void retro_run(void)
{
    started = true;
    frame_number++;
    ram[0] = frame_number;
    show_frame_number();
}

size_t retro_serialize_size(void)
{
    need_a_frame();
    return 16 + (has(RETRO_SERIALIZATION_QUIRK_CORE_VARIABLE_SIZE) ? frame_number : 0);
}

bool retro_serialize(void *data, size_t size)
{
    need_a_frame();
    memset(data, 0x5a, size);
    memcpy(data, &frame_number, sizeof frame_number);
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    need_a_frame();
    if (size < 16)
        return false;
    memcpy(&frame_number, data, sizeof frame_number);
    ram[0] = frame_number;
    return true;
}

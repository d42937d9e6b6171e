/* Notes every key event: frame, "down" or "up", key, character, modifiers. */
#define CORE_NAME "keyboard"
#define OWN_retro_load_game
#include "core.h"

static void RETRO_CALLCONV key_event(bool down, unsigned key, uint32_t character, uint16_t mods)
{
    note("%u %s %u %u %u", (unsigned)frame_number, down ? "down" : "up", key, (unsigned)character,
         (unsigned)mods);
}

bool retro_load_game(const struct retro_game_info *game)
{
    struct retro_keyboard_callback callback = {key_event};
    keep_content(game);
    return environment(RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK, &callback);
}

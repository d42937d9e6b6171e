/* Says whether achievements work with it: content[0] is 0 for nothing, 1 for no, 2 for yes. */
#define CORE_NAME "achievements"
#define OWN_retro_load_game
#include "core.h"

bool retro_load_game(const struct retro_game_info *game)
{
    bool supported;
    keep_content(game);
    supported = content_byte(0) == 2;
    if (content_byte(0)) {
        ram[1] = environment(RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS, &supported);
    }
    return true;
}

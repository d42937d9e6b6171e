/* Refuses every game, and says why in its log. */
#define CORE_NAME "refuse"
#define OWN_retro_load_game
#define OWN_retro_unload_game
#define OWN_retro_run
#define OWN_retro_deinit
#include "core.h"

bool retro_load_game(const struct retro_game_info *game)
{
    log_printf(RETRO_LOG_INFO, "looking at %s\n", game ? text_or_null(game->path) : "nothing");
    log_printf(RETRO_LOG_ERROR, "bad header at offset %d\n", 512);
    log_printf(RETRO_LOG_ERROR, "this is no game of ours\n");
    log_printf(RETRO_LOG_INFO, "giving up\n");
    return false;
}

/* Real cores crash here; so does this one. */
void retro_unload_game(void)
{
    abort();
}

void retro_run(void)
{
    abort();
}

void retro_deinit(void)
{
    log_printf(RETRO_LOG_INFO, "deinit after refusal\n");
}

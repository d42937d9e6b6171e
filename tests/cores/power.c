/* Notes what it is told of the device's power: "answer state seconds percent" while loading, at
 * each frame and at reset; ram[0] is the answer to the question whether there is any. */
#define CORE_NAME "power"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_reset
#include "core.h"

static void ask(void)
{
    struct retro_device_power power = {(enum retro_power_state)77, 77, 77};
    bool answer = environment(RETRO_ENVIRONMENT_GET_DEVICE_POWER, &power);
    note("%d %d %d %d", answer, (int)power.state, power.seconds, power.percent);
    ram[0] = environment(RETRO_ENVIRONMENT_GET_DEVICE_POWER, NULL);
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    ask();
    return true;
}

void retro_reset(void)
{
    ask();
}

void retro_run(void)
{
    frame_number++;
    ask();
    show_frame_number();
}

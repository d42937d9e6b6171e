/* Wants to know where it is. Bytes of content: the frame in which to start (0: when initialized),
 * the frame in which to stop. Notes "frame: answer latitude longitude accuracies" of each frame,
 * and logs when the location comes and goes. RAM: whether it is offered, and the answer to
 * starting. */
#define CORE_NAME "location"
#define OWN_retro_load_game
#define OWN_retro_run
#define OWN_retro_unload_game
#include "core.h"

enum { OFFERED, STARTED };

static struct retro_location_callback location;

static void RETRO_CALLCONV initialized(void)
{
    log_printf(RETRO_LOG_INFO, "%u: initialized\n", (unsigned)frame_number);
    if (!content_byte(0)) {
        ram[STARTED] = location.start();
    }
}

static void RETRO_CALLCONV deinitialized(void)
{
    log_printf(RETRO_LOG_INFO, "%u: deinitialized\n", (unsigned)frame_number);
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    location.initialized = initialized;
    location.deinitialized = deinitialized;
    ram[OFFERED] = environment(RETRO_ENVIRONMENT_GET_LOCATION_INTERFACE, &location);
    if (!ram[OFFERED] && location.start) {
        note("refused, but written to");
    }
    if (environment(RETRO_ENVIRONMENT_GET_LOCATION_INTERFACE, NULL)) {
        note("NULL was accepted");
    }
    return true;
}

void retro_run(void)
{
    double numbers[4] = {77, 77, 77, 77};
    bool known;
    frame_number++;
    if (ram[OFFERED]) {
        if (content_byte(0) == frame_number) {
            location.set_interval(1500, 20);
            ram[STARTED] = location.start();
        }
        if (content_byte(1) == frame_number) {
            location.stop();
        }
        known = location.get_position(&numbers[0], &numbers[1], &numbers[2], &numbers[3]);
        location.get_position(NULL, NULL, NULL, NULL);
        note("%u: %d %.6f %.6f %.2f %.2f", (unsigned)frame_number, known, numbers[0], numbers[1],
             numbers[2], numbers[3]);
    }
    show_frame_number();
}

void retro_unload_game(void)
{
    log_printf(RETRO_LOG_INFO, "%u: unloaded\n", (unsigned)frame_number);
}

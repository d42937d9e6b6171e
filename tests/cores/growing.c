/* Its picture is smaller in the first frames, as while a console starts. */
#define CORE_NAME "growing"
#define OWN_retro_run
#include "core.h"

enum { SMALL_FRAMES = 5 };

void retro_run(void)
{
    input_poll();
    frame_number++;
    unsigned side = frame_number <= SMALL_FRAMES ? 2 : 1;
    for (unsigned y = 0; y < CORE_HEIGHT; y++) {
        for (unsigned x = 0; x < CORE_WIDTH; x++) {
            picture[y][x] = frame_number << 16 | y << 8 | x;
        }
    }
    video(picture, CORE_WIDTH / side, CORE_HEIGHT / side, sizeof picture[0]);
}

/* Leaves its pictures alone for 40 frames; then repeats every other one and draws over it. */
#define CORE_NAME "late redraw"
#define CORE_WIDTH 320
#define CORE_HEIGHT 240
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    if (frame_number <= 40 || frame_number % 2) {
        show_frame_number();
    } else {
        memset(picture, 0x55, sizeof picture);
        video(NULL, CORE_WIDTH, CORE_HEIGHT, sizeof picture[0] * CORE_WIDTH);
    }
}

/* Sends its picture and clears it before the frame is over. */
#define CORE_NAME "overwriting"
#define CORE_WIDTH 320
#define CORE_HEIGHT 240
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    show_frame_number();
    memset(picture, 0, sizeof picture);
}

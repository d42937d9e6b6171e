/* Sends every command with NULL for data, and notes "command=answer". SHUTDOWN, which would be
 * obeyed, is left out. */
#define CORE_NAME "null data"
#define OWN_retro_run
#include "core.h"

static void ask(unsigned command)
{
    if ((command & 0xff) != RETRO_ENVIRONMENT_SHUTDOWN) {
        note("%u=%d", command, environment(command, NULL));
    }
}

void retro_run(void)
{
    if (frame_number++ == 0) {
        for (unsigned number = 0; number < 100; number++) {
            ask(number);
            ask(number | RETRO_ENVIRONMENT_EXPERIMENTAL);
        }
        for (unsigned number = 0; number < 8; number++) {
            ask(number | RETRO_ENVIRONMENT_RETROARCH_START_BLOCK);
        }
    }
    show_frame_number();
}

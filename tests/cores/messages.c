/* Shows the player one message a frame, by both interfaces. */
#define CORE_NAME "messages"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    char text[64];
    unsigned version = 99;
    frame_number++;
    snprintf(text, sizeof text, "old message %u", (unsigned)frame_number);
    struct retro_message old = {text, 120};
    ram[0] = environment(RETRO_ENVIRONMENT_SET_MESSAGE, &old);
    /* Gone as soon as the call returns: a frontend has to copy it. */
    snprintf(text, sizeof text, "new message %u", (unsigned)frame_number);
    struct retro_message_ext message = {
        text, 3000, 7, RETRO_LOG_WARN, RETRO_MESSAGE_TARGET_ALL, RETRO_MESSAGE_TYPE_PROGRESS, 42,
    };
    ram[1] = environment(RETRO_ENVIRONMENT_SET_MESSAGE_EXT, &message);
    memset(text, '?', sizeof text - 1);
    ram[2] = environment(RETRO_ENVIRONMENT_GET_MESSAGE_INTERFACE_VERSION, &version);
    ram[3] = version;
    show_frame_number();
}

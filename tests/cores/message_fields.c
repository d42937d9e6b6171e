/* At its first frame shows messages that the content describes, six words each: duration,
   priority, level, target, type, progress. ram counts those that were taken. */
#define CORE_NAME "message fields"
#define OWN_retro_run
#include "core.h"

void retro_run(void)
{
    for (size_t i = 0; !frame_number && 24 * i + 24 <= content_size; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %u", (unsigned)i);
        struct retro_message_ext message = {
            text,
            content_word(6 * i),
            content_word(6 * i + 1),
            (enum retro_log_level)content_word(6 * i + 2),
            (enum retro_message_target)content_word(6 * i + 3),
            (enum retro_message_type)content_word(6 * i + 4),
            (int8_t)content_word(6 * i + 5),
        };
        ram[0] += environment(RETRO_ENVIRONMENT_SET_MESSAGE_EXT, &message);
    }
    frame_number++;
    show_frame_number();
}

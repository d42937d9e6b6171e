/* Shows messages of as many megabytes as the first word of the content says: one text of `x`, then
 * one of characters of three bytes. */
#define CORE_NAME "long messages"
#define OWN_retro_run
#include "core.h"

static const char euro[] = "\xe2\x82\xac";

void retro_run(void)
{
    const size_t size = (size_t)content_word(0) << 20;
    char *text = malloc(size + sizeof euro);
    struct retro_message message = {text, 60};
    memset(text, 'x', size);
    text[size] = 0;
    ram[0] = environment(RETRO_ENVIRONMENT_SET_MESSAGE, &message);
    for (size_t i = 0; i < size; i += sizeof euro - 1) {
        memcpy(text + i, euro, sizeof euro);
    }
    struct retro_message_ext extended = {
        text, 3000, 0, RETRO_LOG_INFO, RETRO_MESSAGE_TARGET_ALL, RETRO_MESSAGE_TYPE_STATUS, -1,
    };
    ram[1] = environment(RETRO_ENVIRONMENT_SET_MESSAGE_EXT, &extended);
    free(text);
    show_frame_number();
}

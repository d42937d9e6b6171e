/*
 * Does at a chosen frame what a batch has to live with. content: word 0 says what, word 1 in which
 * frame, word 2 about how many milliseconds each frame takes.
 */
#define CORE_NAME "batch"
#define OWN_retro_run
#define OWN_retro_get_memory_data
#include "core.h"

enum {
    NOTHING,
    SHUT_DOWN,
    SEND_A_PICTURE_WITHOUT_PITCH,
    HIDE_MEMORY, /* from that frame on */
    LOG
};

/* About a millisecond, on any system and without its clock. */
static void work(void)
{
    for (int i = 0; i < 200; i++) {
        ram[3] = (uint32_t)hash_of(ram + 3, sizeof ram - 3 * sizeof *ram);
    }
}

void retro_run(void)
{
    uint32_t buttons = 0;
    input_poll();
    for (unsigned id = 0; id < 16; id++) {
        buttons |= (uint32_t)(input_state(0, RETRO_DEVICE_JOYPAD, 0, id) != 0) << id;
    }
    frame_number++;
    ram[0] = frame_number;
    ram[1] = buttons;
    ram[2] += buttons;
    for (uint32_t i = 0; i < content_word(2); i++) {
        work();
    }
    if (frame_number == content_word(1)) {
        switch (content_word(0)) {
        case SHUT_DOWN:
            environment(RETRO_ENVIRONMENT_SHUTDOWN, NULL);
            break;
        case SEND_A_PICTURE_WITHOUT_PITCH:
            video(picture, CORE_WIDTH, CORE_HEIGHT, 1);
            return;
        case LOG:
            log_printf(RETRO_LOG_WARN, "frame %u\n", (unsigned)frame_number);
            break;
        default:
            break;
        }
    }
    show_frame_number();
}

void *retro_get_memory_data(unsigned id)
{
    if (content_word(0) == HIDE_MEMORY && frame_number >= content_word(1)) {
        return NULL;
    }
    return id == RETRO_MEMORY_SYSTEM_RAM  ? ram
           : id == RETRO_MEMORY_VIDEO_RAM ? (void *)notes
                                          : NULL;
}

/*
 * Its states leave out ram[1], a knob that moves while LEFT is held. content[0] says whether the
 * picture shows it: 0 at once, 1 forty frames later; with 2 there is no knob. With content[1] the
 * core has no states at all.
 */
#define CORE_NAME "forgetful"
#define OWN_retro_run
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

static uint32_t knob_then[40];

void retro_run(void)
{
    input_poll();
    if (content_byte(0) != 2 && input_state(0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_LEFT))
        ram[1]++;
    frame_number++;
    ram[0] = frame_number + (content_byte(0) == 0 ? ram[1] : knob_then[frame_number % 40]);
    knob_then[frame_number % 40] = ram[1];
    show_frame_number();
}

size_t retro_serialize_size(void)
{
    return content_byte(1) ? 0 : 16;
}

bool retro_serialize(void *data, size_t size)
{
    memset(data, 0, size);
    memcpy(data, &frame_number, sizeof frame_number);
    return !content_byte(1);
}

bool retro_unserialize(const void *data, size_t size)
{
    if (size < 16 || content_byte(1))
        return false;
    memcpy(&frame_number, data, sizeof frame_number);
    return true;
}

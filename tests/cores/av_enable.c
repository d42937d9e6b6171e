/* Notes nothing, counts: ram[0] frames, ram[1] the last answer to GET_AUDIO_VIDEO_ENABLE in run,
 * ram[2] frames whose video was off, ram[3] frames whose audio was off, ram[4] the answer while
 * saving a state. It draws and plays only what is on, as it should. */
#define CORE_NAME "av enable"
#define OWN_retro_run
#define OWN_retro_serialize
#include "core.h"

static int enabled(void)
{
    int flags = 99;
    return environment(RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE, &flags) ? flags : -1;
}

void retro_run(void)
{
    int16_t samples[2 * 8] = {0};
    int flags = enabled();
    ram[0] = ++frame_number;
    ram[1] = (uint32_t)flags;
    ram[2] += !(flags & RETRO_AV_ENABLE_VIDEO);
    ram[3] += !(flags & RETRO_AV_ENABLE_AUDIO);
    if (flags & RETRO_AV_ENABLE_VIDEO) {
        show_frame_number();
    } else {
        video(NULL, CORE_WIDTH, CORE_HEIGHT, sizeof picture[0]);
    }
    if (flags & RETRO_AV_ENABLE_AUDIO) {
        samples[0] = (int16_t)frame_number;
        audio_batch(samples, 8);
    }
}

bool retro_serialize(void *data, size_t size)
{
    ram[4] = (uint32_t)enabled();
    if (size < sizeof ram + sizeof frame_number) {
        return false;
    }
    memcpy(data, ram, sizeof ram);
    memcpy((uint8_t *)data + sizeof ram, &frame_number, sizeof frame_number);
    return true;
}

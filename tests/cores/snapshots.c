/*
 * What a frontend has to remember for a core, in the manner of content[0].
 * TELLS: at frame 100 it turns the picture, slows down and rumbles, and says so only then.
 * REPEATS: it draws at odd frames and repeats at even ones.
 * LEAVES_OUT: states of content_word at 1 bytes, of which it writes as many as the frame tells.
 * CRASHES: it aborts in retro_serialize.
 * NOISE: nothing in a state is as it was.
 */
#define CORE_NAME "snapshots"
#define OWN_retro_run
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

enum { TELLS, REPEATS, LEAVES_OUT, CRASHES, NOISE };
enum { HEAD = 16, HOLE = 40 };

static void tell(void)
{
    const unsigned rotation = 1;
    struct retro_system_av_info av_info;
    struct retro_rumble_interface rumble = {NULL};
    retro_get_system_av_info(&av_info);
    av_info.timing.fps = 50.0;
    environment(RETRO_ENVIRONMENT_SET_ROTATION, (void *)&rotation);
    environment(RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO, &av_info);
    if (environment(RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE, &rumble))
        rumble.set_rumble_state(1, RETRO_RUMBLE_STRONG, 77);
}

void retro_run(void)
{
    frame_number++;
    ram[0] = frame_number;
    if (content_byte(0) == TELLS && frame_number == 100)
        tell();
    if (content_byte(0) == REPEATS && frame_number % 2 == 0)
        video(NULL, CORE_WIDTH, CORE_HEIGHT, 0);
    else
        show_frame_number();
}

static size_t promised(void)
{
    size_t size = 0;
    for (size_t i = 0; i < 4; i++)
        size |= (size_t)content_byte(1 + i) << 8 * i;
    return size;
}

size_t retro_serialize_size(void)
{
    return content_byte(0) == LEAVES_OUT ? promised() : 8192;
}

/* A few frames of each length: all, half, a little more and a little less than half. */
static size_t written(size_t size)
{
    static const int more[] = {0, 0, 1, 3, 8, 9, -1, -8, -40, 500};
    const uint32_t step = frame_number / 3 % 11;
    return step == 10 ? size : size / 2 + (size_t)(more[step] + 500) - 500;
}

bool retro_serialize(void *data, size_t size)
{
    uint8_t *bytes = data;
    uint64_t noise = frame_number;
    if (content_byte(0) == CRASHES)
        abort();
    memcpy(bytes, &frame_number, sizeof frame_number);
    if (content_byte(0) != LEAVES_OUT) {
        for (size_t i = HEAD; i < size; i++) {
            noise = noise * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(content_byte(0) == NOISE ? noise >> 56 : i);
        }
        return true;
    }
    for (size_t i = HEAD; i < written(size); i++) {
        if (i % 1000 >= HOLE)
            bytes[i] = (uint8_t)i;
    }
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    (void)size;
    memcpy(&frame_number, data, sizeof frame_number);
    return true;
}

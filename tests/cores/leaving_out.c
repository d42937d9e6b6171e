/* Draws and plays in functions of their own, which begin with instructions that do nothing, so that
 * others can take their place. ram[0] counts frames, ram[1] the buttons of port 0. retro_reset logs
 * how often each function ran, which nothing else shows.
 *
 * content byte 0: 1 = drawing counts in ram[2]; 2 = playing does; 3 = a picture shows that the
 * one before it was not drawn; 4 = the frame's own skip flag alone says whether it is drawn;
 * 5 = as 1, but only from frame 1000 on; 6 = pictures show how many frames have run, whatever
 * states were loaded */
#define CORE_NAME "leaving out"
#define OWN_retro_run
#define OWN_retro_reset
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#include "core.h"

#define REPLACED __attribute__((visibility("default"), noinline, patchable_function_entry(16)))

REPLACED void draw(void);
REPLACED void play(int16_t *samples);
__attribute__((visibility("default"))) volatile uint32_t draws_nothing;

static uint32_t drawn, played, drawn_before, frames_ever;
static int16_t phase;

REPLACED void draw(void)
{
    drawn++;
    if (content_byte(0) == 1 || (content_byte(0) == 5 && frame_number >= 1000))
        ram[2]++;
    for (unsigned y = 0; y < CORE_HEIGHT; y++)
        for (unsigned x = 0; x < CORE_WIDTH; x++)
            picture[y][x] = frame_number << 16 | y << 8 | x;
    if (content_byte(0) == 3)
        picture[0][0] = drawn_before + 1 == frame_number;
    if (content_byte(0) == 6)
        picture[0][0] = frames_ever;
    drawn_before = frame_number;
}

REPLACED void play(int16_t *samples)
{
    played++;
    if (content_byte(0) == 2)
        ram[2]++;
    phase += 100;
    samples[0] = phase;
}

void retro_run(void)
{
    int16_t samples[2 * 4] = {0};
    input_poll();
    ram[0] = ++frame_number;
    frames_ever++;
    ram[1] += (uint32_t)input_state(0, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_A);
    if (content_byte(0) != 4 || !draws_nothing)
        draw();
    play(samples);
    video(picture, CORE_WIDTH, CORE_HEIGHT, sizeof picture[0]);
    audio_batch(samples, 4);
}

void retro_reset(void)
{
    log_printf(RETRO_LOG_INFO, "drawn %u, played %u\n", drawn, played);
    start_over();
}

size_t retro_serialize_size(void)
{
    return sizeof ram + sizeof frame_number + sizeof phase;
}

bool retro_serialize(void *data, size_t size)
{
    uint8_t *bytes = data;
    if (size < retro_serialize_size())
        return false;
    memcpy(bytes, ram, sizeof ram);
    memcpy(bytes + sizeof ram, &frame_number, sizeof frame_number);
    memcpy(bytes + sizeof ram + sizeof frame_number, &phase, sizeof phase);
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    if (size < retro_serialize_size())
        return false;
    memcpy(ram, bytes, sizeof ram);
    memcpy(&frame_number, bytes + sizeof ram, sizeof frame_number);
    memcpy(&phase, bytes + sizeof ram + sizeof frame_number, sizeof phase);
    return true;
}

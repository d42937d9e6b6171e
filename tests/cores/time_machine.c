/*
 * A machine whose picture, sound and RAM depend on all input it has had, in the manner of
 * content[0]. What is in its states: ram[0..255]. What is not, so that it tells of all that was
 * ever done: ram[256] calls of retro_run, ram[257] of retro_serialize, ram[258] of
 * retro_unserialize, ram[259] the savestate context of the last of these, ram[260] the audio/video
 * bits of the last one, ram[261] those of the last retro_run, ram[262] the frames drawn.
 */
#define CORE_NAME "time machine"
#define CORE_RAM_WORDS 512
#define OWN_retro_run
#define OWN_retro_load_game
#define OWN_retro_reset
#define OWN_retro_serialize_size
#define OWN_retro_serialize
#define OWN_retro_unserialize
#define OWN_retro_cheat_set
#include "core.h"

enum {
    PLAIN,
    REPEATS,       /* it draws the first of three frames and repeats it in the others */
    GROWS,         /* its states grow by four bytes a frame */
    REFUSES,       /* to save frames 50 to 59 */
    CRASHES,       /* while it saves frame 50 or a later one */
    NEEDS_A_FRAME, /* MUST_INITIALIZE: it crashes in a save before the first frame */
    TELLS,         /* a message in every frame */
    NO_STATES,
    FULL, /* all of its state changes in every frame */
    REFUSES_LOAD,
    TURNS,     /* the picture and its size, now and then */
    SHUTS_DOWN /* in frame 50 */
};
enum { SAVED = 256, RUNS = 256, SAVES, LOADS, CONTEXT, BITS, RUN_BITS, DRAWN, SAMPLES = 735 };

static int16_t samples[2 * SAMPLES];

bool retro_load_game(const struct retro_game_info *game)
{
    uint64_t quirks = RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE;
    keep_content(game);
    if (content_byte(0) == NEEDS_A_FRAME)
        environment(RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS, &quirks);
    return true;
}

void retro_reset(void)
{
    memset(ram, 0, SAVED * sizeof ram[0]);
}

static void draw(void)
{
    const unsigned turned = ram[0] / 7 % 4;
    const unsigned width = content_byte(0) == TURNS ? CORE_WIDTH - ram[0] / 5 % 3 : CORE_WIDTH;
    if (content_byte(0) == TURNS)
        environment(RETRO_ENVIRONMENT_SET_ROTATION, (void *)&turned);
    if (content_byte(0) == REPEATS && ram[0] % 3 != 1) {
        video(NULL, CORE_WIDTH, CORE_HEIGHT, 0);
        return;
    }
    ram[DRAWN]++;
    for (unsigned y = 0; y < CORE_HEIGHT; y++) {
        for (unsigned x = 0; x < CORE_WIDTH; x++)
            picture[y][x] = ram[1] * 2654435761u + y * 40503u + x * 7u;
    }
    video(picture, width, CORE_HEIGHT, sizeof picture[0]);
}

void retro_run(void)
{
    int bits = -1;
    struct retro_message message = {"now", 1};
    environment(RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE, &bits);
    ram[RUN_BITS] = (uint32_t)bits;
    ram[RUNS]++;
    ram[0]++;
    input_poll();
    for (unsigned port = 0; port < 2; port++) {
        const uint32_t buttons =
            (uint16_t)input_state(port, RETRO_DEVICE_JOYPAD, 0, RETRO_DEVICE_ID_JOYPAD_MASK);
        const uint32_t stick =
            (uint16_t)input_state(port, RETRO_DEVICE_ANALOG, 0, RETRO_DEVICE_ID_ANALOG_X);
        ram[1] = ram[1] * 1664525u + 1013904223u + buttons + (stick << 16);
    }
    ram[1] += ram[100];
    ram[2 + ram[0] % 64] = ram[1];
    ram[SAVED - 1] = (uint32_t)rand();
    if (content_byte(0) == FULL) {
        for (unsigned i = 101; i < SAVED; i++)
            ram[i] = ram[1] * i * 2654435761u;
    }
    if (content_byte(0) == TELLS)
        environment(RETRO_ENVIRONMENT_SET_MESSAGE, &message);
    if (content_byte(0) == SHUTS_DOWN && ram[0] == 50)
        environment(RETRO_ENVIRONMENT_SHUTDOWN, NULL);
    draw();
    for (unsigned i = 0; i < SAMPLES; i++)
        samples[2 * i] = samples[2 * i + 1] = (int16_t)(ram[1] + i * ram[0]);
    audio_batch(samples, SAMPLES);
}

static void ask(void)
{
    int context = 99, bits = -1;
    environment(RETRO_ENVIRONMENT_GET_SAVESTATE_CONTEXT, &context);
    environment(RETRO_ENVIRONMENT_GET_AUDIO_VIDEO_ENABLE, &bits);
    ram[CONTEXT] = (uint32_t)context;
    ram[BITS] = (uint32_t)bits;
}

size_t retro_serialize_size(void)
{
    if (content_byte(0) == NEEDS_A_FRAME && !ram[RUNS])
        abort();
    if (content_byte(0) == NO_STATES)
        return 0;
    return SAVED * sizeof ram[0] + (content_byte(0) == GROWS ? 4 * ram[0] : 0);
}

bool retro_serialize(void *data, size_t size)
{
    ram[SAVES]++;
    ask();
    if (content_byte(0) == CRASHES && ram[0] >= 50)
        abort();
    if (content_byte(0) == REFUSES && ram[0] >= 50 && ram[0] < 60)
        return false;
    memcpy(data, ram, SAVED * sizeof ram[0]);
    memset((uint8_t *)data + SAVED * sizeof ram[0], 0x5A, size - SAVED * sizeof ram[0]);
    return true;
}

bool retro_unserialize(const void *data, size_t size)
{
    ram[LOADS]++;
    ask();
    if (content_byte(0) == REFUSES_LOAD || size < SAVED * sizeof ram[0])
        return false;
    memcpy(ram, data, SAVED * sizeof ram[0]);
    return true;
}

void retro_cheat_set(unsigned index, bool enabled, const char *code)
{
    (void)index;
    (void)code;
    ram[100] = enabled;
}

/*
 * Draws into memory of the frontend's, as the content says: rows of six words (frame, operation,
 * width, height, seed, pixels of padding). ram: frame, then for each row its answer, the pitch and
 * the format that it was given, and whether all of the memory was zero.
 */
#define CORE_NAME "software framebuffer"
#define CORE_WIDTH 320
#define CORE_HEIGHT 240
#define OWN_retro_init
#define OWN_retro_run
#include "core.h"

enum operation {
    DRAW,   /* the whole picture, and send it */
    HALF,   /* the upper half, and send all */
    DROP,   /* draw, and send nothing */
    DUPE,   /* draw, and repeat the last picture */
    OWN,    /* ask, but send memory of the core's own */
    NARROW, /* ask for more than is sent */
    TWICE,  /* ask again half way through */
    FORMAT,
    LATE,  /* send what an earlier frame was given */
    PIXELS /* draw, and tell the pitch in pixels, as if it were bytes */
};

static uint8_t own[CORE_WIDTH * CORE_HEIGHT * 4];
static int format = RETRO_PIXEL_FORMAT_0RGB1555;
static struct retro_framebuffer given;

void retro_init(void)
{
    get_log_interface();
}

static size_t bytes_per_pixel(void)
{
    return format == RETRO_PIXEL_FORMAT_XRGB8888 ? 4 : 2;
}

static void draw(uint8_t *data, size_t pitch, unsigned width, unsigned top, unsigned bottom,
                 uint32_t seed)
{
    for (unsigned y = top; y < bottom; y++) {
        for (size_t x = 0; x < width * bytes_per_pixel(); x++) {
            data[y * pitch + x] = (uint8_t)(x * 7 + y * 13 + seed);
        }
    }
}

static bool ask(unsigned width, unsigned height)
{
    memset(&given, 0, sizeof given);
    given.width = width;
    given.height = height;
    given.access_flags = RETRO_MEMORY_ACCESS_WRITE | RETRO_MEMORY_ACCESS_READ;
    return environment(RETRO_ENVIRONMENT_GET_CURRENT_SOFTWARE_FRAMEBUFFER, &given);
}

static void perform(unsigned row, unsigned operation, unsigned width, unsigned height,
                    uint32_t seed, unsigned padding)
{
    uint32_t *answers = &ram[1 + 4 * row];
    if (operation == FORMAT) {
        format = (int)width;
        answers[0] = set_pixel_format(format);
        return;
    }
    if (operation == LATE) {
        video(given.data, width, height, width * bytes_per_pixel());
        return;
    }
    answers[0] = ask(width + padding, height);
    answers[1] = (uint32_t)given.pitch;
    answers[2] = (uint32_t)given.format;
    uint8_t *data = answers[0] ? given.data : own;
    size_t pitch = answers[0] ? given.pitch : (width + padding) * bytes_per_pixel();
    if (answers[0]) {
        answers[3] = 1;
        for (size_t i = 0; i < pitch * height; i++) {
            answers[3] &= data[i] == 0;
        }
    }
    switch (operation) {
    case DRAW:
    case NARROW:
        draw(data, pitch, width, 0, height, seed);
        video(data, width, height, pitch);
        break;
    case PIXELS:
        draw(data, pitch, width, 0, height, seed);
        video(data, width, height, answers[0] ? width : pitch);
        break;
    case HALF:
        draw(data, pitch, width, 0, height / 2, seed);
        video(data, width, height, pitch);
        break;
    case DROP:
        draw(data, pitch, width, 0, height, seed);
        break;
    case DUPE:
        draw(data, pitch, width, 0, height, seed);
        video(NULL, width, height, pitch);
        break;
    case OWN:
        draw(own, pitch, width, 0, height, seed);
        video(own, width, height, pitch);
        break;
    case TWICE:
        draw(data, pitch, width, 0, height / 2, seed);
        ask(width + padding, height);
        answers[0] = given.data == data;
        draw(given.data, given.pitch, width, height / 2, height, seed);
        video(given.data, width, height, given.pitch);
        break;
    }
}

void retro_run(void)
{
    input_poll();
    for (unsigned row = 0; 24 * (size_t)row < content_size; row++) {
        if (content_word(6 * row) == frame_number) {
            perform(row, content_word(6 * row + 1), content_word(6 * row + 2),
                    content_word(6 * row + 3), content_word(6 * row + 4),
                    content_word(6 * row + 5));
        }
    }
    frame_number++;
    ram[0] = frame_number;
}

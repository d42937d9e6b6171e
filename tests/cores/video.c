/*
 * Does to the picture what the content says: rows of six words (frame, operation, width, height,
 * pitch, seed). A row's answers, where there are any, go to ram[1 + row].
 */
#define _DEFAULT_SOURCE /* for MAP_ANONYMOUS */
#define CORE_NAME "video"
#define CORE_WIDTH 320
#define CORE_HEIGHT 240
#define OWN_retro_init
#define OWN_retro_run
#define OWN_retro_load_game
#include "core.h"
#ifndef _WIN32
#include <sys/mman.h>
#endif

enum { PICTURE, DUPE, HARDWARE, FORMAT, ROTATION, GEOMETRY, AV_INFO, CAN_DUPE, SHUTDOWN, HOSTILE };

/* Pictures end where readable memory ends: a frontend that copies pitch * height falls off. */
static uint8_t *end_of_pictures;
static size_t bytes_per_pixel = 2;

static bool allocate(void)
{
    size_t length = (size_t)32 << 20, forbidden = 65536;
#ifdef _WIN32
    static uint8_t *pictures;
    pictures = pictures ? pictures : malloc(length);
    end_of_pictures = pictures + length;
    (void)forbidden;
    return pictures != NULL;
#else
    uint8_t *pictures =
        mmap(NULL, length + forbidden, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pictures == MAP_FAILED) {
        return false;
    }
    end_of_pictures = pictures + length;
    return mprotect(end_of_pictures, forbidden, PROT_NONE) == 0;
#endif
}

void retro_init(void)
{
    get_log_interface();
}

bool retro_load_game(const struct retro_game_info *game)
{
    keep_content(game);
    return allocate();
}

/* Fills padding and unused bits too, so that a frontend that shows them is found out. */
static const uint8_t *draw(unsigned width, unsigned height, size_t pitch, uint32_t seed)
{
    size_t length = height ? pitch * (height - 1) + width * bytes_per_pixel : 0;
    uint8_t *start = end_of_pictures - length;
    for (size_t i = 0; i < length; i++) {
        start[i] = (uint8_t)((i * 167 + seed * 31) ^ (i >> 8));
    }
    return start;
}

static bool set_sizes(unsigned command, unsigned width, unsigned height, unsigned fps,
                      unsigned sample_rate)
{
    struct retro_system_av_info info = {
        {width, height, width, height, 0},
        {(double)fps, (double)sample_rate},
    };
    return environment(command, command == RETRO_ENVIRONMENT_SET_GEOMETRY ? (void *)&info.geometry
                                                                          : (void *)&info);
}

static uint32_t perform(unsigned operation, uint32_t width, uint32_t height, uint32_t pitch,
                        uint32_t seed)
{
    bool can_dupe = false;
    switch (operation) {
    case PICTURE:
        video(draw(width, height, pitch, seed), width, height, pitch);
        return 0;
    case DUPE:
        draw(width, height, pitch, seed);
        video(NULL, width, height, pitch);
        return 0;
    case HARDWARE:
        video(RETRO_HW_FRAME_BUFFER_VALID, width, height, pitch);
        return 0;
    case FORMAT:
        bytes_per_pixel = width == RETRO_PIXEL_FORMAT_XRGB8888 ? 4 : 2;
        return set_pixel_format((int)width);
    case ROTATION:
        return environment(RETRO_ENVIRONMENT_SET_ROTATION, &width);
    case GEOMETRY:
        return set_sizes(RETRO_ENVIRONMENT_SET_GEOMETRY, width, height, 0, 0);
    case AV_INFO:
        return set_sizes(RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO, width, height, pitch, seed);
    case CAN_DUPE:
        return environment(RETRO_ENVIRONMENT_GET_CAN_DUPE, &can_dupe) ? 2u | can_dupe : can_dupe;
    case SHUTDOWN:
        return environment(RETRO_ENVIRONMENT_SHUTDOWN, NULL);
    case HOSTILE:
        video(end_of_pictures - 65536, width, height, pitch);
        return 0;
    default:
        return 0;
    }
}

void retro_run(void)
{
    input_poll();
    ram[0] = frame_number;
    for (unsigned row = 0; 24 * (size_t)row < content_size; row++) {
        if (content_word(6 * row) == frame_number) {
            uint32_t answer = perform(content_word(6 * row + 1), content_word(6 * row + 2),
                                      content_word(6 * row + 3), content_word(6 * row + 4),
                                      content_word(6 * row + 5));
            if (row + 1 < CORE_RAM_WORDS) {
                ram[row + 1] = answer;
            }
        }
    }
    frame_number++;
}

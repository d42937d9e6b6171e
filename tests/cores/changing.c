/*
 * Changes its frame rate, sample rate and size while it runs. Content: rows of five words: from
 * which frame on, frames per second in thousandths, samples per second, width, height; the first
 * row counts from the beginning. In the first tenth of each second of its own time the picture is
 * white and the sound loud, otherwise a picture that is different in every frame, and silence.
 */
#define CORE_NAME "changing"
#define OWN_retro_run
#define OWN_retro_get_system_av_info
#include "core.h"

enum { ROW = 5, LARGEST = 256 };

static double seconds, samples_owed;

static const uint32_t *row_at(uint32_t frame)
{
    static uint32_t row[ROW];
    size_t rows = content_size / (4 * ROW), i, j;
    for (i = 0; i < rows; i++) {
        if (i == 0 || content_word(i * ROW) <= frame) {
            for (j = 0; j < ROW; j++)
                row[j] = content_word(i * ROW + j);
        }
    }
    return row;
}

static void describe(struct retro_system_av_info *info, uint32_t frame)
{
    const uint32_t *row = row_at(frame);
    memset(info, 0, sizeof *info);
    info->timing.fps = row[1] / 1000.0;
    info->timing.sample_rate = row[2];
    info->geometry.base_width = row[3];
    info->geometry.base_height = row[4];
    info->geometry.max_width = info->geometry.max_height = LARGEST;
}

void retro_get_system_av_info(struct retro_system_av_info *info)
{
    describe(info, frame_number);
}

void retro_run(void)
{
    static uint32_t pixels[LARGEST * LARGEST];
    static int16_t sound[2 * 65536];
    struct retro_system_av_info before, now;
    bool loud;
    unsigned i, count;
    describe(&before, frame_number ? frame_number - 1 : 0);
    describe(&now, frame_number);
    if (memcmp(&before, &now, sizeof now) != 0)
        environment(RETRO_ENVIRONMENT_SET_SYSTEM_AV_INFO, &now);
    loud = seconds - (long)seconds < 0.1;
    for (i = 0; i < now.geometry.base_width * now.geometry.base_height; i++)
        pixels[i] = loud ? 0xffffff : frame_number % 100 << 8;
    samples_owed += now.timing.sample_rate / now.timing.fps;
    count = (unsigned)samples_owed;
    samples_owed -= count;
    for (i = 0; i < count; i++)
        sound[2 * i] = sound[2 * i + 1] = (int16_t)(loud ? (i / 20 % 2 ? 20000 : -20000) : 0);
    input_poll();
    audio_batch(sound, count);
    video(pixels, now.geometry.base_width, now.geometry.base_height, 4 * now.geometry.base_width);
    seconds += 1 / now.timing.fps;
    frame_number++;
    ram[0] = frame_number;
}

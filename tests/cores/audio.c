/*
 * Sends sound as the content says: rows of three words (frame, operation, count). Sample n of the
 * whole run is (7 n, -7 n - 1) in 16 bits. ram[1] counts batches that were not taken whole.
 */
#define CORE_NAME "audio"
#define OWN_retro_run
#include "core.h"

enum { SINGLE, BATCH, INSISTING_BATCH, EMPTY_BATCH };

static int16_t samples[2 * 65536];
static uint32_t sample_number;

static void make_samples(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, sample_number++) {
        samples[2 * i] = (int16_t)(uint16_t)(7 * sample_number);
        samples[2 * i + 1] = (int16_t)(uint16_t)~(7 * sample_number);
    }
}

static void send(uint32_t operation, uint32_t count)
{
    make_samples(operation == EMPTY_BATCH ? 0 : count);
    if (operation == SINGLE) {
        for (uint32_t i = 0; i < count; i++) {
            audio_sample(samples[2 * i], samples[2 * i + 1]);
        }
    } else if (operation == BATCH) {
        ram[1] += audio_batch(samples, count) != count;
    } else if (operation == INSISTING_BATCH) {
        /* Real cores loop like this, for ever when a frontend answers 0. */
        for (uint32_t sent = 0; sent < count;) {
            sent += (uint32_t)audio_batch(samples + 2 * sent, count - sent);
        }
    } else {
        ram[1] += audio_batch(NULL, 0) != 0;
    }
}

void retro_run(void)
{
    input_poll();
    for (uint32_t row = 0; 12 * (size_t)row < content_size; row++) {
        if (content_word(3 * row) == frame_number) {
            send(content_word(3 * row + 1), content_word(3 * row + 2));
        }
    }
    frame_number++;
    ram[0] = sample_number;
    show_frame_number();
}

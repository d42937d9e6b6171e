/* Exports audio_window.h for tests/sound/test_audio_window.py. */
#include "../../pylibretro/sound/audio_window.c"

#include <stdio.h>

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE struct audio_window *probe_create(size_t length, double rate, unsigned channels, int floats,
                                        double source_rate);
PROBE int probe_force(int level);
PROBE void probe_destroy(struct audio_window *window);
PROBE int probe_set_source_rate(struct audio_window *window, double source_rate);
PROBE void probe_clear(struct audio_window *window);
PROBE void probe_feed(struct audio_window *window, const int16_t *frames, size_t count);
PROBE void probe_write(struct audio_window *window, void *out);
PROBE size_t probe_bytes(const struct audio_window *window);
PROBE size_t probe_state_bytes(const struct audio_window *window);
PROBE void probe_save(struct audio_window *window, void *state);
PROBE int probe_load(struct audio_window *window, const void *state, size_t size);
PROBE void probe_filter(const struct audio_window *window, uint64_t numbers[5]);
PROBE const int16_t *probe_rows(const struct audio_window *window);
PROBE void probe_skip(struct audio_window *window, uint64_t count, uint64_t moment[3]);

struct audio_window *probe_create(size_t length, double rate, unsigned channels, int floats,
                                  double source_rate)
{
    struct audio_window *window = calloc(1, sizeof *window);
    struct audio_window_settings settings = {length, rate, channels, floats != 0};
    if (window && !audio_window_prepare(window, &settings, source_rate)) {
        free(window);
        window = NULL;
    }
    return window;
}

int probe_force(int level)
{
    return simd_force(level);
}

void probe_destroy(struct audio_window *window)
{
    if (window) {
        audio_window_free(window);
    }
    free(window);
}

int probe_set_source_rate(struct audio_window *window, double source_rate)
{
    return audio_window_set_source_rate(window, source_rate);
}

void probe_clear(struct audio_window *window)
{
    audio_window_clear(window);
}

/* From a block that ends with the last sample, so that sanitizers see a step too far. */
void probe_feed(struct audio_window *window, const int16_t *frames, size_t count)
{
    int16_t *exact = malloc(count ? 4 * count : 1);
    if (exact) {
        memcpy(exact, frames, 4 * count);
        audio_window_feed(window, exact, count);
        free(exact);
    }
}

void probe_write(struct audio_window *window, void *out)
{
    audio_window_write(window, out);
}

size_t probe_bytes(const struct audio_window *window)
{
    return audio_window_bytes(&window->settings);
}

size_t probe_state_bytes(const struct audio_window *window)
{
    return audio_window_state_bytes(window);
}

void probe_save(struct audio_window *window, void *state)
{
    audio_window_save(window, state);
}

int probe_load(struct audio_window *window, const void *state, size_t size)
{
    return audio_window_load(window, state, size);
}

void probe_filter(const struct audio_window *window, uint64_t numbers[5])
{
    numbers[0] = window->filter.taps;
    numbers[1] = window->filter.ahead;
    numbers[2] = (uint64_t)window->filter.phase_bits;
    numbers[3] = (uint64_t)window->filter.gain_bits;
    numbers[4] = window->filter.behind;
}

const int16_t *probe_rows(const struct audio_window *window)
{
    return window->filter.rows;
}

/* The moment `count` samples of the window after the next one: whole, rest, unit. */
void probe_skip(struct audio_window *window, uint64_t count, uint64_t moment[3])
{
    struct audio_window_moment later = audio_window_after(window, count);
    moment[0] = later.whole - window->next.whole;
    moment[1] = later.rest;
    moment[2] = window->unit;
}

#ifdef PROBE_MAIN
/* All the life of a window: written, saved, loaded into another one, fed at another rate, fed far
 * more than it holds, cleared. Returns a checksum of all it showed, 0 without memory. */
static uint64_t checksum_of_life(double source_rate, double rate, unsigned channels)
{
    enum { LENGTH = 1000, STEP = 735, STEPS = 24, SAVE = 8, CHANGE = 12, BURST = 16, CLEAR = 20 };
    static int16_t frames[2 * STEP * 100], out[2 * LENGTH];
    uint64_t checksum = 14695981039346656037u;
    uint32_t random = 1;
    struct audio_window *window = probe_create(LENGTH, rate, channels, 0, source_rate);
    for (int step = 0; window && step < STEPS; step++) {
        size_t count = step == BURST ? STEP * 100 : STEP;
        for (size_t i = 0; i < 2 * count; i++) {
            random = random * 1103515245 + 12345;
            frames[i] = (int16_t)(random >> 16);
        }
        if (step == SAVE) {
            size_t size = probe_state_bytes(window);
            struct audio_window *other = probe_create(LENGTH, rate, channels, 0, 2 * source_rate);
            void *state = malloc(size);
            if (!other || !state) {
                return 0;
            }
            probe_save(window, state);
            probe_destroy(window);
            window = other;
            if (!probe_load(window, state, size)) {
                return 0;
            }
            free(state);
        }
        if (step == CHANGE && !probe_set_source_rate(window, source_rate * 1.25)) {
            return 0;
        }
        if (step == CLEAR) {
            probe_clear(window);
        }
        probe_feed(window, frames, count);
        probe_write(window, out);
        for (size_t i = 0; i < LENGTH * channels; i++) {
            checksum = (checksum ^ (uint16_t)out[i]) * 1099511628211u;
        }
    }
    probe_destroy(window);
    return checksum;
}

/* Print the level and a checksum for every level this processor has, to be compared with each
 * other and between compilers and processors. */
int main(void)
{
    static const double rates[][2] = {
        {44100, 16000}, {32040.5, 16000}, {31440, 22050}, {44100, 48000},     {65536, 8000},
        {48000, 44100}, {44100, 44100},   {44100, 0},     {22050.25, 384000}, {384000, 4000},
    };
    for (int level = 0; level < SIMD_LEVEL_COUNT; level++) {
        uint64_t checksum = 0;
        if (!simd_force(level)) {
            continue;
        }
        for (size_t i = 0; i < 2 * sizeof rates / sizeof *rates; i++) {
            uint64_t life = checksum_of_life(rates[i / 2][0], rates[i / 2][1], 1 + i % 2);
            if (life == 0) {
                fprintf(stderr, "no memory, or a state was refused\n");
                return EXIT_FAILURE;
            }
            checksum = checksum * 1099511628211u ^ life;
        }
        printf("%s %08lx%08lx\n", simd_level_name(level), (unsigned long)(checksum >> 32),
               (unsigned long)(checksum & 0xffffffff));
    }
    return EXIT_SUCCESS;
}
#endif

/* Exports the observer for tests/picture/test_observation_pipeline.py; counts its allocations. */
#include <stdbool.h>
#include <stdlib.h>

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

static long allocations, alive, allocations_left = -1;

static bool allowed(void)
{
    allocations++;
    return allocations_left < 0 || allocations_left-- > 0;
}

static void *counted_malloc(size_t size)
{
    void *block = allowed() ? malloc(size) : NULL;
    alive += block != NULL;
    return block;
}

static void *counted_realloc(void *block, size_t size)
{
    void *resized = allowed() ? realloc(block, size) : NULL;
    alive += resized && !block;
    return resized;
}

static void counted_free(void *block)
{
    alive -= block != NULL;
    free(block);
}

static inline void *counted_calloc(size_t count, size_t size)
{
    void *block = allowed() ? calloc(count, size) : NULL;
    alive += block != NULL;
    return block;
}

#define malloc counted_malloc
#define calloc counted_calloc
#define realloc counted_realloc
#define free counted_free

#include "../../pylibretro/picture/observation.c"
#include "../../pylibretro/picture/resize.c"
#include "../../pylibretro/picture/resize_tables.c"
#include "simd.h"

PROBE size_t probe_settings_size(void);
PROBE void probe_select(void);
PROBE long probe_allocations(void);
PROBE long probe_alive(void);
PROBE void probe_allow(long count);
PROBE struct observer *probe_new(void);
PROBE void probe_delete(struct observer *observer);
PROBE bool probe_prepare(struct observer *observer, const struct observation_settings *settings);
PROBE void probe_clear(struct observer *observer);
PROBE bool probe_picture(struct observer *observer, bool last, int format, const void *data,
                         size_t pitch, unsigned width, unsigned height, unsigned rotation);
PROBE void probe_take_back(struct observer *observer);
PROBE bool probe_repeat(struct observer *observer, bool last);
PROBE size_t probe_bytes(const struct observation_settings *settings);
PROBE void probe_write(const struct observer *observer, void *result);
PROBE size_t probe_history_bytes(const struct observation_settings *settings);
PROBE size_t probe_save_history(const struct observer *observer, void *history, size_t size);
PROBE bool probe_load_history(struct observer *observer, const void *history, size_t size);
PROBE void probe_resize(int mode, const uint8_t *plane, unsigned width, unsigned height,
                        uint8_t *result, unsigned result_width, unsigned result_height);

size_t probe_settings_size(void)
{
    return sizeof(struct observation_settings);
}

void probe_select(void)
{
    simd_select();
}

long probe_allocations(void)
{
    return allocations;
}

long probe_alive(void)
{
    return alive;
}

/* Only `count` more allocations succeed; -1 lifts the limit. */
void probe_allow(long count)
{
    allocations_left = count;
}

#undef calloc
#undef free
struct observer *probe_new(void)
{
    return (struct observer *)calloc(1, sizeof(struct observer));
}

void probe_delete(struct observer *observer)
{
    observer_free(observer);
    free(observer);
}

bool probe_prepare(struct observer *observer, const struct observation_settings *settings)
{
    return observer_prepare(observer, settings);
}

void probe_clear(struct observer *observer)
{
    observer_clear(observer);
}

bool probe_picture(struct observer *observer, bool last, int format, const void *data, size_t pitch,
                   unsigned width, unsigned height, unsigned rotation)
{
    return observer_picture(observer, last, format, data, pitch, width, height, rotation);
}

void probe_take_back(struct observer *observer)
{
    observer_take_back(observer);
}

bool probe_repeat(struct observer *observer, bool last)
{
    return observer_repeat(observer, last);
}

size_t probe_bytes(const struct observation_settings *settings)
{
    return observer_bytes(settings);
}

void probe_write(const struct observer *observer, void *result)
{
    observer_write(observer, result);
}

size_t probe_history_bytes(const struct observation_settings *settings)
{
    return observer_history_bytes(settings);
}

size_t probe_save_history(const struct observer *observer, void *history, size_t size)
{
    return observer_save_history(observer, history, size);
}

bool probe_load_history(struct observer *observer, const void *history, size_t size)
{
    return observer_load_history(observer, history, size);
}

void probe_resize(int mode, const uint8_t *plane, unsigned width, unsigned height, uint8_t *result,
                  unsigned result_width, unsigned result_height)
{
    struct resizer resizer = {0};
    if (!resizer_prepare(&resizer, mode, width, height, result_width, result_height)) {
        abort();
    }
    resizer_begin(&resizer, result, result_width);
    for (unsigned y = 0; y < height; y++) {
        resizer_row(&resizer, plane + (size_t)y * width);
    }
    resizer_free(&resizer);
}

#ifdef PROBE_MAIN
#include <stdio.h>

/* Compare the interleaving of every level with loops over bytes, where Python cannot call the
 * library; print the levels compared, and leave with 1 at the first difference. */
int main(void)
{
    enum { MOST = OBSERVATION_STACK_LIMIT * OBSERVATION_CHANNELS, WIDEST = 70 };
    static uint8_t source[MOST][WIDEST], words[4 * WIDEST];
    static uint8_t expected[MOST * WIDEST + 64], found[sizeof expected];
    const uint8_t *planes[MOST];
    unsigned random = 1;
    for (unsigned plane = 0; plane < MOST; plane++) {
        planes[plane] = source[plane];
        for (unsigned x = 0; x < WIDEST; x++) {
            random = random * 1103515245 + 12345;
            source[plane][x] = (uint8_t)(random >> 16);
        }
    }
    for (int level = 0; level < SIMD_LEVEL_COUNT; level++) {
        if (!simd_force(level)) {
            continue;
        }
        for (unsigned count = 1; count <= MOST; count++) {
            for (unsigned width = 1; width <= WIDEST; width++) {
                memset(expected, 0xa5, sizeof expected);
                memset(found, 0xa5, sizeof found);
                for (unsigned i = 0; i < width * count; i++) {
                    expected[i] = source[i % count][i / count];
                }
                interleave_row(planes, count, width, found, words);
                if (memcmp(expected, found, sizeof found) != 0) {
                    fprintf(stderr, "%s differs: %u planes of %u pixels\n", simd_level_name(level),
                            count, width);
                    return EXIT_FAILURE;
                }
            }
        }
        puts(simd_level_name(level));
    }
    return EXIT_SUCCESS;
}
#endif

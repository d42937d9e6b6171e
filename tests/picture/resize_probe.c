/* Exports resize.h for tests/picture/test_resize.py. */
#include <stdlib.h>

/* Of the allocations that follow, the one with this number fails; below 0 none does. */
static long probe_failing = -1;

static void *probe_calloc(size_t count, size_t size)
{
    return probe_failing >= 0 && probe_failing-- == 0 ? NULL : calloc(count, size);
}
#define calloc probe_calloc
#include "../../pylibretro/picture/resize.c"
#include "../../pylibretro/picture/resize_tables.c"
#include "simd.h"
#undef calloc

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE const char *probe_level_name(int level);
PROBE int probe_select(void);
PROBE int probe_force(int level);
PROBE void probe_fail_allocation(long number);
PROBE struct resizer *probe_new(void);
PROBE void probe_delete(struct resizer *resizer);
PROBE int probe_prepare(struct resizer *resizer, int mode, unsigned width, unsigned height,
                        unsigned out_width, unsigned out_height);
PROBE void probe_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch);
PROBE int probe_wants_row(const struct resizer *resizer);
PROBE void probe_row(struct resizer *resizer, const uint8_t *row);
PROBE void probe_skip_row(struct resizer *resizer);
PROBE void probe_resize(struct resizer *resizer, const uint8_t *source, size_t pitch,
                        unsigned height, uint8_t *out, size_t out_pitch);

const char *probe_level_name(int level)
{
    return simd_level_name(level);
}

int probe_select(void)
{
    return simd_select();
}

int probe_force(int level)
{
    return simd_force(level);
}

void probe_fail_allocation(long number)
{
    probe_failing = number;
}

struct resizer *probe_new(void)
{
    return (struct resizer *)calloc(1, sizeof(struct resizer));
}

void probe_delete(struct resizer *resizer)
{
    resizer_free(resizer);
    free(resizer);
}

int probe_prepare(struct resizer *resizer, int mode, unsigned width, unsigned height,
                  unsigned out_width, unsigned out_height)
{
    return resizer_prepare(resizer, mode, width, height, out_width, out_height);
}

void probe_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch)
{
    resizer_begin(resizer, out, out_pitch);
}

int probe_wants_row(const struct resizer *resizer)
{
    return resizer_wants_row(resizer);
}

void probe_row(struct resizer *resizer, const uint8_t *row)
{
    resizer_row(resizer, row);
}

void probe_skip_row(struct resizer *resizer)
{
    resizer_skip_row(resizer);
}

void probe_resize(struct resizer *resizer, const uint8_t *source, size_t pitch, unsigned height,
                  uint8_t *out, size_t out_pitch)
{
    resizer_begin(resizer, out, out_pitch);
    for (unsigned y = 0; y < height; y++) {
        resizer_row(resizer, source + y * pitch);
    }
}

#ifdef PROBE_MAIN
#include <stdio.h>

/* Compare every level with the scalar one, where Python cannot call the library; print the levels
 * compared, and leave with 1 at the first difference. */
int main(void)
{
    enum { LONGEST = 90 };
    static uint8_t source[LONGEST * LONGEST];
    static uint8_t expected[LONGEST * LONGEST + 64], found[sizeof expected];
    for (int level = 0; level < SIMD_LEVEL_COUNT; level++) {
        if (!simd_available(level)) {
            continue;
        }
        unsigned random = 1;
        struct resizer resizer = {0};
        for (int round = 0; round < 4000; round++) {
            for (size_t i = 0; i < sizeof source; i++) {
                random = random * 1103515245 + 12345;
                source[i] = (uint8_t)(random >> 16);
            }
            unsigned sides[4];
            for (int i = 0; i < 4; i++) {
                random = random * 1103515245 + 12345;
                sides[i] = 1 + (random >> 16) % LONGEST;
            }
            int mode = round % 4;
            if (!resizer_prepare(&resizer, mode, sides[0], sides[1], sides[2], sides[3])) {
                return EXIT_FAILURE;
            }
            memset(expected, 0xa5, sizeof expected);
            memset(found, 0xa5, sizeof found);
            simd_force(SIMD_SCALAR);
            probe_resize(&resizer, source, sides[0], sides[1], expected, sides[2]);
            simd_force(level);
            probe_resize(&resizer, source, sides[0], sides[1], found, sides[2]);
            if (memcmp(expected, found, sizeof found) != 0) {
                fprintf(stderr, "%s differs: mode %d, %ux%u to %ux%u\n", simd_level_name(level),
                        mode, sides[0], sides[1], sides[2], sides[3]);
                return EXIT_FAILURE;
            }
        }
        resizer_free(&resizer);
        puts(simd_level_name(level));
    }
    return EXIT_SUCCESS;
}
#endif

/* Exports the kernels of planes.h for tests/picture/test_planes.py. */
#include "planes.h"
#include "simd.h"

#include <string.h>

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE int probe_select(void);
PROBE int probe_force(int level);
PROBE void probe_to_gray(int format, int luma, const uint8_t *source, size_t width, uint8_t *gray);
PROBE void probe_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *red,
                        uint8_t *green, uint8_t *blue);
PROBE void probe_maximum(const uint8_t *a, uint8_t *b_and_result, size_t width);
PROBE void probe_mean(const uint8_t *a, uint8_t *b_and_result, size_t width);
PROBE void probe_to_float(const uint8_t *source, size_t count, float *result);

int probe_select(void)
{
    return simd_select();
}

int probe_force(int level)
{
    return simd_force(level);
}

void probe_to_gray(int format, int luma, const uint8_t *source, size_t width, uint8_t *gray)
{
    planes_row_to_gray(format, luma, source, width, gray);
}

void probe_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *red, uint8_t *green,
                  uint8_t *blue)
{
    planes_row_to_rgb(format, source, width, red, green, blue);
}

void probe_maximum(const uint8_t *a, uint8_t *b_and_result, size_t width)
{
    planes_row_maximum(a, b_and_result, width);
}

void probe_mean(const uint8_t *a, uint8_t *b_and_result, size_t width)
{
    planes_row_mean(a, b_and_result, width);
}

void probe_to_float(const uint8_t *source, size_t count, float *result)
{
    planes_row_to_float(source, count, result);
}

#ifdef PROBE_MAIN
#include <stdio.h>
#include <stdlib.h>

enum { WIDEST = 150, RESULT_BYTES = 4 * WIDEST * (int)sizeof(float) };

/* Everything the kernels make of one row, one behind the other. */
static void probe_everything(int format, const uint8_t *source, size_t width, uint8_t *results)
{
    for (int luma = 0; luma < 3; luma++) {
        planes_row_to_gray(format, luma, source, width, results + luma * WIDEST);
    }
    uint8_t *planes = results + 3 * WIDEST;
    planes_row_to_rgb(format, source, width, planes, planes + WIDEST, planes + 2 * WIDEST);
    uint8_t *pooled = results + 6 * WIDEST;
    memcpy(pooled, source + width, width);
    planes_row_maximum(source, pooled, width);
    memcpy(pooled + WIDEST, source + width, width);
    planes_row_mean(source, pooled + WIDEST, width);
    planes_row_to_float(source, width, (float *)(void *)(results + 8 * WIDEST));
}

/* Compare every level with the scalar one, where Python cannot call the library; print the levels
 * compared, and leave with 1 at the first difference. */
int main(void)
{
    static uint8_t source[4 * WIDEST];
    static _Alignas(float) uint8_t expected[RESULT_BYTES], found[RESULT_BYTES];
    for (int level = 0; level < SIMD_LEVEL_COUNT; level++) {
        if (!simd_available(level)) {
            continue;
        }
        unsigned random = 1;
        for (int round = 0; round < 5000; round++) {
            for (size_t i = 0; i < sizeof source; i++) {
                random = random * 1103515245 + 12345;
                source[i] = (uint8_t)(random >> 16);
            }
            size_t width = 1 + (size_t)round % WIDEST;
            int format = round % 3;
            memset(expected, 0xa5, sizeof expected);
            memset(found, 0xa5, sizeof found);
            simd_force(SIMD_SCALAR);
            probe_everything(format, source, width, expected);
            simd_force(level);
            probe_everything(format, source, width, found);
            if (memcmp(expected, found, sizeof found) != 0) {
                fprintf(stderr, "%s differs: format %d, %zu pixels\n", simd_level_name(level),
                        format, width);
                return EXIT_FAILURE;
            }
        }
        puts(simd_level_name(level));
    }
    return EXIT_SUCCESS;
}
#endif

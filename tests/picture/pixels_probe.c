/* Exports the kernels of pixels.h for tests/picture/test_pixels.py. */
#include "pixels.h"
#include "simd.h"

#include <string.h>

#ifdef _WIN32
#define PROBE __declspec(dllexport)
#else
#define PROBE __attribute__((visibility("default")))
#endif

PROBE int probe_available(int level);
PROBE const char *probe_level_name(int level);
PROBE int probe_level(void);
PROBE int probe_select(void);
PROBE int probe_force(int level);
PROBE void probe_to_rgb(int format, const void *source, size_t pitch, unsigned width,
                        unsigned height, uint8_t *rgb, size_t rgb_pitch, unsigned rotation);
PROBE void probe_copy(const void *source, size_t pitch, size_t row_bytes, unsigned height,
                      void *destination);

int probe_available(int level)
{
    return simd_available(level);
}

const char *probe_level_name(int level)
{
    return simd_level_name(level);
}

int probe_level(void)
{
    return simd_level();
}

int probe_select(void)
{
    return simd_select();
}

int probe_force(int level)
{
    return simd_force(level);
}

void probe_to_rgb(int format, const void *source, size_t pitch, unsigned width, unsigned height,
                  uint8_t *rgb, size_t rgb_pitch, unsigned rotation)
{
    pixels_to_rgb(format, source, pitch, width, height, rgb, rgb_pitch, rotation);
}

void probe_copy(const void *source, size_t pitch, size_t row_bytes, unsigned height,
                void *destination)
{
    pixels_copy(source, pitch, row_bytes, height, destination);
}

#ifdef PROBE_MAIN
#include <stdio.h>
#include <stdlib.h>

/* Compare every level with the scalar one, where Python cannot call the library; print the levels
 * compared, and leave with 1 at the first difference. */
int main(void)
{
    enum { WIDEST = 150, TALLEST = 70 };
    static uint8_t source[WIDEST * TALLEST * 4 + 64];
    static uint8_t expected[WIDEST * TALLEST * 3 + 64], found[sizeof expected];
    for (int level = 0; level < SIMD_LEVEL_COUNT; level++) {
        if (!simd_available(level)) {
            continue;
        }
        unsigned random = 1;
        for (int round = 0; round < 1500; round++) {
            for (size_t i = 0; i < sizeof source; i++) {
                random = random * 1103515245 + 12345;
                source[i] = (uint8_t)(random >> 16);
            }
            unsigned width = 1 + (unsigned)round % WIDEST, height = 1 + random % TALLEST;
            unsigned rotation = (random >> 8) % 4;
            int format = round % 3;
            size_t pitch = width * pixels_bytes(format);
            size_t rgb_pitch = 3 * (rotation % 2 ? height : width);
            memset(expected, 0xa5, sizeof expected);
            memset(found, 0xa5, sizeof found);
            simd_force(SIMD_SCALAR);
            pixels_to_rgb(format, source, pitch, width, height, expected, rgb_pitch, rotation);
            simd_force(level);
            pixels_to_rgb(format, source, pitch, width, height, found, rgb_pitch, rotation);
            if (memcmp(expected, found, sizeof found) != 0) {
                fprintf(stderr, "%s differs: format %d, %ux%u, rotation %u\n",
                        simd_level_name(level), format, width, height, rotation);
                return EXIT_FAILURE;
            }
        }
        puts(simd_level_name(level));
    }
    return EXIT_SUCCESS;
}
#endif

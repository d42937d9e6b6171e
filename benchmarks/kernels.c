/* Repeats the kernels of planes.h and resize.h for benchmarks/kernels.py, so that what is measured
   is they and not the way from Python to C. */
#include "planes.h"
#include "resize.h"
#include "simd.h"

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int kernels_force(int level);
EXPORT const char *kernels_level_name(int level);
EXPORT void kernels_gray(unsigned rounds, int format, const uint8_t *source, size_t width,
                         uint8_t *gray);
EXPORT void kernels_rgb(unsigned rounds, int format, const uint8_t *source, size_t width,
                        uint8_t *planes);
EXPORT void kernels_maximum(unsigned rounds, const uint8_t *a, uint8_t *b, size_t width);
EXPORT void kernels_mean(unsigned rounds, const uint8_t *a, uint8_t *b, size_t width);
EXPORT void kernels_float(unsigned rounds, const uint8_t *source, size_t count, float *result);
EXPORT void kernels_resize(unsigned rounds, int mode, const uint8_t *source, unsigned width,
                           unsigned height, uint8_t *out, unsigned out_width, unsigned out_height);

int kernels_force(int level)
{
    return simd_force(level);
}

const char *kernels_level_name(int level)
{
    return simd_level_name(level);
}

void kernels_gray(unsigned rounds, int format, const uint8_t *source, size_t width, uint8_t *gray)
{
    while (rounds--) {
        planes_row_to_gray(format, PLANES_BT601, source, width, gray);
    }
}

void kernels_rgb(unsigned rounds, int format, const uint8_t *source, size_t width, uint8_t *planes)
{
    while (rounds--) {
        planes_row_to_rgb(format, source, width, planes, planes + width, planes + 2 * width);
    }
}

void kernels_maximum(unsigned rounds, const uint8_t *a, uint8_t *b, size_t width)
{
    while (rounds--) {
        planes_row_maximum(a, b, width);
    }
}

void kernels_mean(unsigned rounds, const uint8_t *a, uint8_t *b, size_t width)
{
    while (rounds--) {
        planes_row_mean(a, b, width);
    }
}

void kernels_float(unsigned rounds, const uint8_t *source, size_t count, float *result)
{
    while (rounds--) {
        planes_row_to_float(source, count, result);
    }
}

void kernels_resize(unsigned rounds, int mode, const uint8_t *source, unsigned width,
                    unsigned height, uint8_t *out, unsigned out_width, unsigned out_height)
{
    struct resizer resizer = {0};
    if (!resizer_prepare(&resizer, mode, width, height, out_width, out_height)) {
        return;
    }
    while (rounds--) {
        resizer_begin(&resizer, out, out_width);
        for (unsigned y = 0; y < height; y++) {
            resizer_row(&resizer, source + (size_t)y * width);
        }
    }
    resizer_free(&resizer);
}

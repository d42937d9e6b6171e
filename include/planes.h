/*
 * Row kernels for planes: one byte a pixel, a picture's gray or one of its colours.
 *
 * They run at the level that simd.h has selected, and none touches a byte outside its row. A source
 * never overlaps a result, but for the second row of a maximum or a mean, which may be the result.
 */
#ifndef PYLIBRETRO_PLANES_H
#define PYLIBRETRO_PLANES_H

#include <stddef.h>
#include <stdint.h>

/* What a gray value is made of. BT.601 is what OpenCV's cvtColor computes. */
enum planes_luma {
    PLANES_BT601,
    PLANES_BT709,
    PLANES_AVERAGE,
};

/* `width` pixels of a libretro format to gray, rounded to nearest. */
void planes_row_to_gray(int format, int luma, const uint8_t *source, size_t width, uint8_t *gray);

/* The same with `height` rows of `pitch` bytes, which become rows of `gray_pitch` bytes. */
void planes_to_gray(int format, int luma, const uint8_t *source, size_t pitch, size_t width,
                    size_t height, uint8_t *gray, size_t gray_pitch);

/* `width` pixels of a libretro format to three planes. */
void planes_row_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *red,
                       uint8_t *green, uint8_t *blue);

/* The greater of both values. */
void planes_row_maximum(const uint8_t *a, uint8_t *b_and_result, size_t width);

/* The mean of both values, halves rounded up. */
void planes_row_mean(const uint8_t *a, uint8_t *b_and_result, size_t width);

/* The same with a result elsewhere, or in the place of `b`. */
void planes_maximum(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *result);
void planes_mean(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *result);

/* Values from 0 to 1: value / 255, correctly rounded. */
void planes_row_to_float(const uint8_t *source, size_t count, float *result);

#endif

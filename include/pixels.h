/*
 * Pixel kernels: pure functions on pointers, at the level that simd.h has selected.
 *
 * None reads a byte of the source outside its pixels or writes a byte of the destination outside
 * its own. Source and destination must not overlap.
 */
#ifndef PYLIBRETRO_PIXELS_H
#define PYLIBRETRO_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/* The numbers are those of enum retro_pixel_format. Words are in the machine's byte order. */
enum pixels_format {
    PIXELS_0RGB1555 = 0,
    PIXELS_XRGB8888 = 1,
    PIXELS_RGB565 = 2,
};

/* Bytes of one pixel in a libretro format. */
static inline size_t pixels_bytes(int format)
{
    return format == PIXELS_XRGB8888 ? 4 : 2;
}

/*
 * Convert a picture to RGB, 3 bytes a pixel, and turn it upright.
 *
 * `pitch` is the distance between source rows in bytes, `rgb_pitch` between rows of the result.
 * `rotation` is the number of quarter turns counter-clockwise asked for by SET_ROTATION; after an
 * odd number the result is `height` pixels wide and `width` rows high.
 */
void pixels_to_rgb(int format, const void *source, size_t pitch, unsigned width, unsigned height,
                   uint8_t *rgb, size_t rgb_pitch, unsigned rotation);

/* Copy `height` rows of `row_bytes` each, `pitch` bytes apart, to where they touch. */
void pixels_copy(const void *source, size_t pitch, size_t row_bytes, unsigned height,
                 void *destination);

/* ---- what other kernels are made of --------------------------------------------------------- */

/* One row of pixels that touch. */
void pixels_row_to_rgb(int format, const uint8_t *source, size_t width, uint8_t *rgb);

/* To `turned[column][row]` from `source[row][column]`; a negative pitch walks backwards. */
void pixels_transpose(int format, const uint8_t *source, ptrdiff_t pitch, unsigned columns,
                      unsigned rows, uint8_t *turned, ptrdiff_t turned_pitch);

/* A field of 5 or 6 bits becomes 8 by one multiplication that keeps the upper half of the
 * product: times 8 1/4 (5 bits) or 4 1/16 (6 bits), and the shift that brings it down. */
struct pixels_fields {
    int red_mask, red_scale, green_mask, green_scale;
};
#define PIXELS_FIELDS_0RGB1555 {0x7c00, 528, 0x03e0, 16896}
#define PIXELS_FIELDS_RGB565 {0xf800, 264, 0x07e0, 8320}

#endif

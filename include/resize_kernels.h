/* What resize.h does with a row, in scalar C and with SSSE3, AVX2 and NEON. */
#ifndef PYLIBRETRO_RESIZE_KERNELS_H
#define PYLIBRETRO_RESIZE_KERNELS_H

#include "resize_tables.h"

/* Where a row of the result takes nothing from the source row. */
#define RESIZE_NO_WEIGHT ((size_t)-1)

/* Add a row to the sums, with one of the rows' weights. */
typedef void resize_add_function(const struct resizer *resizer, const uint8_t *row, size_t weight);

/* The same, or not when it is RESIZE_NO_WEIGHT; then write a row of the result, and begin the next
 * sums with this row times another weight, or with nothing. */
typedef void resize_finish_function(const struct resizer *resizer, const uint8_t *row,
                                    size_t weight, size_t next_weight, uint8_t *out);

typedef void resize_pick_function(const struct resizer *resizer, const uint8_t *row, uint8_t *out);
typedef void resize_row_function(const struct resizer *resizer, const uint8_t *row, int16_t *line);
typedef void resize_blend_function(const struct resizer *resizer, const int16_t *upper,
                                   const int16_t *lower, int16_t upper_weight, int16_t lower_weight,
                                   uint8_t *out);

struct resize_kernels {
    struct {
        resize_add_function *add;
        resize_finish_function *finish;
    } sums, words, floats;
    resize_pick_function *pick_row;
    resize_row_function *lines_row;
    resize_blend_function *lines_blend;
};

const struct resize_kernels *resize_kernels_for(const struct resizer *resizer);

#endif

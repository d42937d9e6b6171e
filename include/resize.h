/*
 * Resize one plane of bytes, row by row, so that every row is used while it is in the nearest
 * cache.
 *
 *     struct resizer resizer = {0};
 *     resizer_prepare(&resizer, RESIZE_AREA, 160, 210, 84, 84);   false: no memory
 *     resizer_begin(&resizer, out, 84);
 *     for each of the 210 rows:
 *         resizer_row(&resizer, row);
 *     resizer_free(&resizer);
 *
 * Zero-initialised, a resizer is valid and empty. The kernels run at the level that simd.h has
 * selected.
 */
#ifndef PYLIBRETRO_RESIZE_H
#define PYLIBRETRO_RESIZE_H

#include "resize_tables.h"

/*
 * Make the tables for pictures of `width` x `height`, which become `out_width` x `out_height`.
 * There is nothing to do when they are there already. All sides are at least 1. False when there is
 * no memory; the resizer is empty then.
 */
bool resizer_prepare(struct resizer *resizer, int mode, unsigned width, unsigned height,
                     unsigned out_width, unsigned out_height);

/* The next row is the first of a picture, to be written to rows `out_pitch` bytes apart. */
void resizer_begin(struct resizer *resizer, uint8_t *out, size_t out_pitch);

/* Whether the next row has any influence on the result. */
bool resizer_wants_row(const struct resizer *resizer);

/* Take the next row, `width` bytes. The result is complete after the last one. */
void resizer_row(struct resizer *resizer, const uint8_t *row);

/* The same with `count` rows, `pitch` bytes apart. */
void resizer_rows(struct resizer *resizer, const uint8_t *rows, size_t pitch, unsigned count);

/* Whether every row of a picture has some influence on the result. */
bool resizer_wants_all_rows(const struct resizer *resizer);

/* Pass over the next row, which is not wanted. */
void resizer_skip_row(struct resizer *resizer);

/* Free the tables; the resizer is empty again. */
void resizer_free(struct resizer *resizer);

#endif

/*
 * From planes to pixels whose channels lie side by side, as a picture of height, width and channels
 * has them.
 */
#ifndef PYLIBRETRO_INTERLEAVE_H
#define PYLIBRETRO_INTERLEAVE_H

#include <stddef.h>
#include <stdint.h>

/* `width` bytes of each of `count` planes to pixels of `count` bytes, by way of `words`, which has
 * room for four bytes a pixel. */
void interleave_row(const uint8_t *const *planes, unsigned count, size_t width, uint8_t *row,
                    uint8_t *words);

#endif

/* Blocks of memory for pictures and samples. A page that is touched for the first time costs
   as much as copying a hundred kilobytes, so large blocks ask for huge pages, and grow
   without being copied. */
#ifndef PYLIBRETRO_BLOCKS_H
#define PYLIBRETRO_BLOCKS_H

#include <stddef.h>

/* The contents are undefined. */
void *block_allocate(size_t size);

/* Pages of it that nobody has written to take no memory. */
void *block_allocate_zeroed(size_t size);

/* Of the size that it was allocated or last resized with. */
void block_free(void *block, size_t size);

/* The contents stay; what is added is undefined. NULL leaves the block as it was. */
void *block_resize(void *block, size_t size, size_t new_size);

#endif

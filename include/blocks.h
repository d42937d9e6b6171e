/* Blocks of memory for pictures and samples. A page that is touched for the first time costs
   as much as copying a hundred kilobytes, so large blocks ask for huge pages, and grow
   without being copied. */
#ifndef PYLIBRETRO_BLOCKS_H
#define PYLIBRETRO_BLOCKS_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

enum { BLOCK_PAGE = 4096, BLOCK_MAPPED = 4 << 20 };

#ifdef __linux__

static inline size_t block_pages(size_t size)
{
    return (size + BLOCK_PAGE - 1) / BLOCK_PAGE * BLOCK_PAGE;
}

static inline void *block_map(size_t size)
{
    void *block =
        mmap(NULL, block_pages(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    madvise(block, block_pages(size), MADV_HUGEPAGE);
    return block;
}

static inline void *block_allocate(size_t size)
{
    return size < BLOCK_MAPPED ? malloc(size ? size : 1) : block_map(size);
}

/* Pages of it that nobody has written to take no memory. */
static inline void *block_allocate_zeroed(size_t size)
{
    return size < BLOCK_MAPPED ? calloc(1, size ? size : 1) : block_map(size);
}

static inline void block_free(void *block, size_t size)
{
    if (size < BLOCK_MAPPED)
        free(block);
    else
        munmap(block, block_pages(size));
}

/* The contents stay; what is added is undefined. NULL leaves the block as it was. */
static inline void *block_resize(void *block, size_t size, size_t new_size)
{
    if (size < BLOCK_MAPPED && new_size < BLOCK_MAPPED)
        return realloc(block, new_size ? new_size : 1);
    if (size >= BLOCK_MAPPED && new_size >= BLOCK_MAPPED) {
        void *moved = mremap(block, block_pages(size), block_pages(new_size), MREMAP_MAYMOVE);
        if (moved == MAP_FAILED)
            return NULL;
        madvise(moved, block_pages(new_size), MADV_HUGEPAGE);
        return moved;
    }
    void *other = block_allocate(new_size);
    if (!other)
        return NULL;
    if (block) {
        memcpy(other, block, size < new_size ? size : new_size);
        block_free(block, size);
    }
    return other;
}

#else

static inline void *block_allocate(size_t size)
{
    return malloc(size ? size : 1);
}

static inline void *block_allocate_zeroed(size_t size)
{
    return calloc(1, size ? size : 1);
}

static inline void block_free(void *block, size_t size)
{
    (void)size;
    free(block);
}

static inline void *block_resize(void *block, size_t size, size_t new_size)
{
    (void)size;
    return realloc(block, new_size ? new_size : 1);
}

#endif

#endif

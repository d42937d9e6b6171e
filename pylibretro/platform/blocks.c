#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include "blocks.h"

#include <stdlib.h>
#include <string.h>

#ifdef __linux__
#include <sys/mman.h>
#endif

enum { PAGE = 4096, MAPPED = 4 << 20 };

#ifdef __linux__

static size_t pages_of(size_t size)
{
    return (size + PAGE - 1) / PAGE * PAGE;
}

static void *map_block(size_t size)
{
    void *block =
        mmap(NULL, pages_of(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    madvise(block, pages_of(size), MADV_HUGEPAGE);
    return block;
}

void *block_allocate(size_t size)
{
    return size < MAPPED ? malloc(size ? size : 1) : map_block(size);
}

void *block_allocate_zeroed(size_t size)
{
    return size < MAPPED ? calloc(1, size ? size : 1) : map_block(size);
}

void block_free(void *block, size_t size)
{
    if (size < MAPPED)
        free(block);
    else
        munmap(block, pages_of(size));
}

void *block_resize(void *block, size_t size, size_t new_size)
{
    if (size < MAPPED && new_size < MAPPED)
        return realloc(block, new_size ? new_size : 1);
    if (size >= MAPPED && new_size >= MAPPED) {
        void *moved = mremap(block, pages_of(size), pages_of(new_size), MREMAP_MAYMOVE);
        if (moved == MAP_FAILED)
            return NULL;
        madvise(moved, pages_of(new_size), MADV_HUGEPAGE);
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

void *block_allocate(size_t size)
{
    return malloc(size ? size : 1);
}

void *block_allocate_zeroed(size_t size)
{
    return calloc(1, size ? size : 1);
}

void block_free(void *block, size_t size)
{
    (void)size;
    free(block);
}

void *block_resize(void *block, size_t size, size_t new_size)
{
    (void)size;
    return realloc(block, new_size ? new_size : 1);
}

#endif

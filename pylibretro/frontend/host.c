/* Memory for code that cores make themselves, mapped as each operating system allows it. */

#include "host.h"

#include <stdint.h>
#include <stdlib.h>

#ifndef _WIN32
#include <sys/mman.h>
#include <unistd.h>
#endif

#define EXEC_BYTES_LIMIT ((size_t)-1 >> 2)

struct exec_memory_block {
    struct exec_memory_block *next;
    unsigned mode;
    size_t size;
    void *rx, *rw;
};

static size_t page_size(void)
{
#ifdef _WIN32
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    return system.dwPageSize;
#else
    return (size_t)sysconf(_SC_PAGESIZE);
#endif
}

static void unmap(void *memory, size_t size)
{
#ifdef _WIN32
    (void)size;
    VirtualFree(memory, 0, MEM_RELEASE);
#else
    munmap(memory, size);
#endif
}

#ifndef _WIN32
static void *map(size_t size, int protection, int flags, int file)
{
    void *memory = mmap(NULL, size, protection, flags, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}
#endif

/* The same pages twice: systems that forbid pages both writable and executable allow this. */
static bool map_twice(struct exec_memory_block *block)
{
#ifdef __linux__
    enum { EXECUTABLE = 0x10 }; /* MFD_EXEC, which older kernels refuse and newer ones want */
    int file = memfd_create("code of a core", MFD_CLOEXEC | EXECUTABLE);
    if (file < 0)
        file = memfd_create("code of a core", MFD_CLOEXEC);
    if (file < 0)
        return false;
    if (ftruncate(file, (off_t)block->size) == 0) {
        block->rx = map(block->size, PROT_READ | PROT_EXEC, MAP_SHARED, file);
        block->rw = block->rx ? map(block->size, PROT_READ | PROT_WRITE, MAP_SHARED, file) : NULL;
        if (block->rx && !block->rw)
            unmap(block->rx, block->size);
    }
    close(file);
    return block->rw != NULL;
#else
    (void)block;
    return false;
#endif
}

static bool map_for_all(struct exec_memory_block *block)
{
#ifdef _WIN32
    block->rx = VirtualAlloc(NULL, block->size, MEM_COMMIT | MEM_RESERVE, PAGE_EXECUTE_READWRITE);
#else
    block->rx =
        map(block->size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
#endif
    block->rw = block->rx;
    return block->rx != NULL;
}

/* Writable; the core makes it executable, which is tried here first. */
static bool map_to_toggle(struct exec_memory_block *block)
{
#ifdef _WIN32
    DWORD before;
    block->rx = VirtualAlloc(NULL, block->size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    bool toggles = block->rx &&
                   VirtualProtect(block->rx, block->size, PAGE_EXECUTE_READ, &before) &&
                   VirtualProtect(block->rx, block->size, PAGE_READWRITE, &before);
#else
    block->rx = map(block->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    bool toggles = block->rx && mprotect(block->rx, block->size, PROT_READ | PROT_EXEC) == 0 &&
                   mprotect(block->rx, block->size, PROT_READ | PROT_WRITE) == 0;
#endif
    if (block->rx && !toggles)
        unmap(block->rx, block->size);
    block->rw = toggles ? block->rx : NULL;
    return toggles;
}

static bool map_block(struct exec_memory_block *block, unsigned mode)
{
    static const struct {
        unsigned mode;
        bool (*map)(struct exec_memory_block *);
    } ways[] = {
        /* First what a core gets that asks although it could map its own. */
        {RETRO_EXEC_MEM_MODE_DUAL_MAP, map_twice},
        {RETRO_EXEC_MEM_MODE_RWX, map_for_all},
        {RETRO_EXEC_MEM_MODE_WX_TOGGLE, map_to_toggle},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        block->mode = ways[i].mode;
        if ((mode == RETRO_EXEC_MEM_MODE_UNRESTRICTED || mode == block->mode) && ways[i].map(block))
            return true;
    }
    return false;
}

static void unmap_block(struct exec_memory_block *block)
{
    if (block->rw != block->rx)
        unmap(block->rw, block->size);
    unmap(block->rx, block->size);
}

bool host_can_execute(unsigned mode)
{
    struct exec_memory_block block = {NULL, 0, page_size(), NULL, NULL};
    if (mode == RETRO_EXEC_MEM_MODE_UNRESTRICTED)
        return host_can_execute(RETRO_EXEC_MEM_MODE_RWX) ||
               host_can_execute(RETRO_EXEC_MEM_MODE_WX_TOGGLE);
    if (!map_block(&block, mode))
        return false;
    unmap_block(&block);
    return true;
}

bool host_exec_allocate(struct host *host, struct retro_exec_mem_alloc *wish)
{
    const size_t page = page_size();
    struct exec_memory_block *block;
    if (!wish)
        return false;
    if (wish->size == 0) {
        wish->mode = host->exec_mode;
        wish->rx = wish->rw = NULL;
        return true;
    }
    if (host->exec_mode == RETRO_EXEC_MEM_MODE_UNAVAILABLE || wish->size > EXEC_BYTES_LIMIT)
        return false;
    block = calloc(1, sizeof *block);
    if (!block)
        return false;
    block->size = (wish->size + page - 1) / page * page;
    if (!map_block(block, host->exec_mode)) {
        free(block);
        return false;
    }
    wish->size = block->size;
    wish->mode = block->mode;
    wish->rx = block->rx;
    wish->rw = block->rw;
    platform_mutex_lock(&host->lock);
    block->next = host->blocks;
    host->blocks = block;
    platform_mutex_unlock(&host->lock);
    return true;
}

bool host_exec_free(struct host *host, const struct retro_exec_mem_free *given)
{
    struct exec_memory_block *block = NULL;
    if (!given || !given->rx)
        return false;
    platform_mutex_lock(&host->lock);
    for (struct exec_memory_block **link = &host->blocks; *link; link = &(*link)->next) {
        if ((*link)->rx == given->rx || (*link)->rw == given->rx) {
            block = *link;
            *link = block->next;
            break;
        }
    }
    platform_mutex_unlock(&host->lock);
    if (!block)
        return false;
    unmap_block(block);
    free(block);
    return true;
}

void host_end(struct host *host)
{
    while (host->blocks) {
        struct exec_memory_block *block = host->blocks;
        host->blocks = block->next;
        unmap_block(block);
        free(block);
    }
}

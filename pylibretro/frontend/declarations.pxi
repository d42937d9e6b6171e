# How what a core declares replaces what it has declared before: the copy is made separately, in its own arena, and
# changes places under the lock, because Python reads declarations while the core's own threads may write them.

cdef enum:
    DECLARATIONS_LIMIT = 1 << 16


cdef void *begin_declaration(arena *memory, size_t count, size_t size) noexcept nogil:
    """Zeroed room in a new arena for `count` entries of `size` bytes, and one more; NULL when out of memory."""
    memset(memory, 0, sizeof(arena))
    return arena_allocate(memory, (count + 1) * size)


cdef bint publish_declaration(frontend *f, arena *kept, arena *memory, void **entries, void *copies, size_t *counter,
                              size_t count) noexcept nogil:
    """Let copies take the place of the entries that were declared before, whose arena is freed."""
    cdef arena before
    platform_mutex_lock(&f.lock)
    before = kept[0]
    kept[0] = memory[0]
    entries[0] = copies
    counter[0] = count
    if not frontend_is_caller(f):  # the thread that is in the core may be reading what was there
        arena_join(&f.retired, &before)
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef void free_retired(frontend *f) noexcept nogil:
    """Nobody reads declarations but the thread that calls this."""
    cdef arena retired
    if f.retired.blocks is NULL:
        return
    platform_mutex_lock(&f.lock)
    retired = f.retired
    memset(&f.retired, 0, sizeof(arena))
    platform_mutex_unlock(&f.lock)
    arena_free(&retired)

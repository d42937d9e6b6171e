"""How a state lies in memory, and how saving or loading one ends."""

from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from pylibretro.frontend.frontend cimport frontend

cdef enum:
    STATE_ALIGNMENT = 16

cdef enum state_outcome:
    STATE_DONE
    STATE_CRASHED
    STATE_NONE
    STATE_IMPOSSIBLE
    STATE_LARGER
    STATE_OVERRUN
    STATE_REFUSED
    STATE_OF_OTHER_SIZE
    STATE_OF_OTHER_DISK
    STATE_TOO_EARLY


cdef extern from "frontend_moment.h" nogil:
    cdef struct frontend_moment:
        uint64_t frame_count
        uint32_t picture_width
        uint32_t picture_height
        int32_t picture_format
        uint8_t picture_rotation
        uint8_t disk
        uint8_t unheard
        uint32_t disk_index
        uint8_t may_repeat
        uint16_t keyboard_locks
    void frontend_moment_save(const frontend *, frontend_moment *)
    bint frontend_moment_is_sound(const frontend_moment *)
    void frontend_moment_keys(const frontend_moment *, uint8_t *keyboard)
    void frontend_moment_load(frontend *, const frontend_moment *)


cdef extern from "state_delta.h" nogil:
    size_t state_delta_bound(size_t child_size)
    size_t state_delta_encode(const void *parent, size_t parent_size, const void *child, size_t child_size, void *delta)
    bint state_delta_child_size(const void *delta, size_t delta_size, size_t *child_size)
    bint state_delta_decode(const void *parent, size_t parent_size, const void *delta, size_t delta_size, void *child,
                            size_t child_size)


cdef struct state_parts:
    # One block: the moment, extra bytes, the last picture, the core's bytes and room behind them for the guard. Behind
    # `written` the core's bytes are zero.
    char *block
    size_t block_size
    size_t extra_size
    size_t picture_size
    size_t room
    size_t size
    size_t written


cdef inline size_t aligned(size_t size) noexcept nogil:
    return (size + STATE_ALIGNMENT - 1) // STATE_ALIGNMENT * STATE_ALIGNMENT


cdef inline frontend_moment *state_moment(const state_parts *parts) noexcept nogil:
    return <frontend_moment *> parts.block


cdef inline char *state_extra(const state_parts *parts) noexcept nogil:
    return parts.block + sizeof(frontend_moment)


cdef inline uint8_t *state_picture(const state_parts *parts) noexcept nogil:
    return <uint8_t *> parts.block + sizeof(frontend_moment) + aligned(parts.extra_size)


cdef inline size_t state_data_offset(const state_parts *parts) noexcept nogil:
    return sizeof(frontend_moment) + aligned(parts.extra_size) + aligned(parts.picture_size)


cdef inline char *state_data(const state_parts *parts) noexcept nogil:
    return parts.block + state_data_offset(parts)


cdef inline size_t state_used(const state_parts *parts) noexcept nogil:
    """Bytes of the block that say all: what follows is zero."""
    return state_data_offset(parts) + min(parts.written, parts.size)


cdef inline size_t state_trimmed(const state_parts *parts) noexcept nogil:
    """As state_used, but the same for equal states however they were written."""
    cdef size_t end = state_used(parts), start = state_data_offset(parts)
    while end > start and parts.block[end - 1] == 0:
        end -= 1
    return end


cdef inline void clear_behind(state_parts *parts, size_t written) noexcept nogil:
    if parts.written > written:
        memset(state_data(parts) + written, 0, parts.written - written)
    parts.written = written

"""What a build of a core leaves out: include/skips.h and detours.h."""

from libc.stdint cimport uint8_t, uint16_t, uint64_t, uintptr_t


cdef extern from "detours.h" nogil:
    enum:
        DETOUR_CODE_SIZE
        DETOUR_FIXUPS
    cdef struct detour_code:
        uint8_t bytes[1024]
        uint16_t size
        uint16_t fixup_count
        uint16_t places[24]
        uint64_t targets[24]
    cdef struct detour:
        uint64_t address
        uint8_t switch_number
        detour_code original
        detour_code instead
        uint64_t to
    cdef struct detours:
        pass
    detours *detours_make(const char *path, const detour *, size_t count, char *message, size_t message_size)
    void detours_free(detours *)
    size_t detours_shared_bytes(const detours *)


cdef extern from "skips.h" nogil:
    enum:
        SKIP_UNSEEN
        SKIP_UNHEARD
        SKIP_ALWAYS
    cdef struct skip_variable:
        uintptr_t address
        uint8_t condition
        uint8_t size
        bint has_otherwise
        uint64_t value
        uint64_t otherwise
    cdef struct skips:
        const detours *detours
        const skip_variable *variables
        size_t variable_count
        bint unheard

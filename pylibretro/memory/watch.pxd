"""Numbers in a console's memory: how they are written there, where they are, and which are watched."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from pylibretro.frontend.frontend cimport memory_descriptor


cdef struct number_type:
    bint big
    char kind  # u, i, f, d (two decimal digits a byte) or n (one)
    unsigned size


cdef struct memory_bus:
    # What addresses mean: the core's own map, or else one block of its RAM at the console's address
    const memory_descriptor *map
    size_t count
    uint8_t *ram
    size_t ram_start
    size_t ram_length
    size_t ram_swap


cdef struct watched:
    size_t address
    number_type kind
    uint64_t mask


cdef struct watch_reader:
    watched *watches
    size_t count
    uint64_t *bits  # what was read last
    memory_bus bus
    uint64_t bus_generation
    void *claimed_ram
    size_t claimed_size


cdef inline double bits_as_double(const number_type *kind, uint64_t bits) noexcept nogil:
    cdef uint32_t half = <uint32_t> bits
    cdef float single = 0
    cdef double result = 0
    if kind.size == 4:
        memcpy(&single, &half, sizeof(float))
        return single
    memcpy(&result, &bits, sizeof(double))
    return result


cdef inline int64_t bits_as_integer(const number_type *kind, uint64_t bits) noexcept nogil:
    cdef int64_t value = 0
    cdef unsigned i, byte
    if kind.kind == c"i":
        return <int64_t> (bits << (64 - 8 * kind.size)) >> (64 - 8 * kind.size)
    if kind.kind == c"u":
        return <int64_t> bits
    for i in range(kind.size):
        byte = (bits >> (8 * (kind.size - 1 - i))) & 0xFF
        if kind.kind == c"d":
            value = value * 100 + (byte >> 4) % 10 * 10 + (byte & 15) % 10
        else:
            value = value * 10 + (byte & 15) % 10
    return value


cdef inline double watch_as_double(const watch_reader *reader, size_t i) noexcept nogil:
    cdef const number_type *kind = &reader.watches[i].kind
    if kind.kind == c"f":
        return bits_as_double(kind, reader.bits[i])
    if kind.kind == c"u":
        return <double> reader.bits[i]
    return <double> bits_as_integer(kind, reader.bits[i])

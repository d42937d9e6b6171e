"""Numbers in a console's memory: how they are written there, where they are, and which are watched."""

from libc.stdint cimport uint8_t, uint64_t

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

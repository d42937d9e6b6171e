# Watches: numbers in the console's memory that are read after every frame.


cdef int prepare_watches(watch_reader *reader, list watches) except -1:
    """Fill a reader with (address, type, mask) triples; free_watches gives its memory back."""
    cdef size_t i, count = len(watches)
    reader.watches = <watched *> calloc(count + 1, sizeof(watched))
    reader.bits = <uint64_t *> calloc(count + 1, sizeof(uint64_t))
    if reader.watches is NULL or reader.bits is NULL:
        raise MemoryError("no memory for watches")
    reader.count = count
    for i in range(count):
        address, kind, mask = watches[i]
        reader.watches[i].address = checked_address(address)
        parse_number_type(kind, &reader.watches[i].kind)
        reader.watches[i].mask = checked_mask(mask)
    return 0


cdef uint64_t checked_mask(mask) except? 0:
    if mask is None:
        return <uint64_t> -1
    number = operator.index(mask)
    if not 0 < number < 1 << 64:
        raise ValueError(f"the mask of a watch is {number}; it says which of up to 64 bits are kept")
    return number


cdef void free_watches(watch_reader *reader) noexcept nogil:
    free(reader.watches)
    free(reader.bits)
    memset(reader, 0, sizeof(watch_reader))


cdef bint watches_hold_floats(const watch_reader *reader) noexcept nogil:
    cdef size_t i
    for i in range(reader.count):
        if reader.watches[i].kind.kind == c"f":
            return True
    return False


cdef int read_watches(frontend *f, watch_reader *reader, int *outcome) noexcept nogil:
    """Read the watched values after a frame: STOP_WHEN_DONE, or else why to stop."""
    cdef size_t i
    cdef core_request request
    if f.memory_generation != reader.bus_generation:
        platform_mutex_lock(&f.lock)
        reader.bus.map = f.memory_map
        reader.bus.count = f.memory_map_count
        reader.bus_generation = f.memory_generation
        platform_mutex_unlock(&f.lock)
    if reader.bus.count == 0:
        memset(&request, 0, sizeof(core_request))
        request.f = f
        request.number = RETRO_MEMORY_SYSTEM_RAM
        outcome[0] = frontend_call(f, request_claimed_memory, &request)
        if outcome[0] != GUARD_OK:
            return STOP_AFTER_CRASH
        if request.pointer != reader.claimed_ram or request.size != reader.claimed_size:
            reader.claimed_ram = request.pointer
            reader.claimed_size = request.size
            reader.bus.ram = <uint8_t *> request.pointer
            reader.bus.ram_length = readable_size(&request)
    for i in range(reader.count):
        if not gather(&reader.watches[i].kind, &reader.bus, reader.watches[i].address, &reader.bits[i]):
            return STOP_FOR_UNMAPPED
        reader.bits[i] &= reader.watches[i].mask
    return STOP_WHEN_DONE


cdef void watches_as_integers(const watch_reader *reader, size_t count, int64_t *row) noexcept nogil:
    cdef size_t i
    for i in range(count):
        row[i] = bits_as_integer(&reader.watches[i].kind, reader.bits[i])


cdef void watches_as_doubles(const watch_reader *reader, size_t count, double *row) noexcept nogil:
    cdef size_t i
    for i in range(count):
        row[i] = watch_as_double(reader, i)


cdef tuple watch_triple(value):
    watch = watch_from(value)
    return watch.address, watch.type, watch.mask


cdef list watch_triples(watch):
    return [watch_triple(value) for value in (watch.values() if hasattr(watch, "values") else watch)]

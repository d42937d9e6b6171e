# Memory: views of the core's own buffers, and bus addresses through its memory map.

cdef size_t add_bits_down(size_t n) noexcept nogil:
    n |= n >> 1
    n |= n >> 2
    n |= n >> 4
    n |= n >> 8
    n |= n >> 16
    return n | n >> 16 >> 16


cdef inline size_t highest_bit(size_t n) noexcept nogil:
    n = add_bits_down(n)
    return n ^ (n >> 1)


cdef size_t spread_around(size_t address, size_t holes) noexcept nogil:
    """Insert a 0 at each bit of `holes`."""
    cdef size_t below
    while holes:
        below = (holes & (~holes + 1)) - 1
        address = ((address & ~below) << 1) | (address & below)
        holes &= holes - 1
    return address


cdef size_t close_up(size_t address, size_t holes) noexcept nogil:
    """Take out each bit of `holes`: the opposite of spread_around."""
    cdef size_t below
    while holes:
        below = (holes & (~holes + 1)) - 1
        address = (address & below) | ((address >> 1) & ~below)
        holes = (holes & (holes - 1)) >> 1
    return address


cdef size_t complete_descriptors(memory_descriptor *map, size_t count) noexcept nogil:
    """Derive select, length and disconnect where the core left them out, by RetroArch's rules; how many are valid."""
    cdef size_t top = 1, i, kept = 0, reachable, unused
    cdef memory_descriptor entry
    for i in range(count):
        top |= map[i].select if map[i].select else map[i].start + map[i].length - 1
    top = add_bits_down(top)
    for i in range(count):
        entry = map[i]
        if entry.select == 0:
            if entry.length == 0 or entry.length & (entry.length - 1):
                continue
            entry.select = top & ~spread_around(add_bits_down(entry.length - 1), entry.disconnect)
        if entry.length == 0:
            entry.length = add_bits_down(close_up(top & ~entry.select, entry.disconnect)) + 1
        if entry.start & ~entry.select or entry.length == 0:
            continue
        reachable = spread_around(entry.length - 1, entry.disconnect)
        while True:
            unused = highest_bit(top & ~entry.select & ~entry.disconnect)
            if unused <= reachable:
                break
            entry.disconnect |= unused
        map[kept] = entry
        kept += 1
    return kept


cdef bint look_what_is_there(memory_descriptor *map, size_t count) noexcept nogil:
    """How much of what a core declares can be read, which is looked at once; False if some of it cannot."""
    cdef size_t i, start
    cdef bint whole = True
    for i in range(count):
        map[i].readable = 0
        start = <size_t> map[i].data + map[i].offset
        if map[i].data is NULL:
            continue
        if start >= <size_t> map[i].data and map[i].length <= <size_t> -1 - start:
            map[i].readable = platform_readable_size(<const void *> start, map[i].length)
        whole = whole and map[i].readable == map[i].length
    return whole


cdef bint set_memory_maps(frontend *f, const retro_memory_map *declared) noexcept nogil:
    cdef arena memory
    cdef size_t count, i
    cdef memory_descriptor *copies
    if declared is NULL or (declared.descriptors is NULL and declared.num_descriptors):
        return False
    count = declared.num_descriptors
    if count > DECLARATIONS_LIMIT:
        return False
    copies = <memory_descriptor *> begin_declaration(&memory, count, sizeof(memory_descriptor))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].flags = declared.descriptors[i].flags
        copies[i].data = <uint8_t *> declared.descriptors[i].ptr
        copies[i].offset = declared.descriptors[i].offset
        copies[i].start = declared.descriptors[i].start
        copies[i].select = copies[i].declared_select = declared.descriptors[i].select
        copies[i].disconnect = declared.descriptors[i].disconnect
        copies[i].length = copies[i].declared_length = declared.descriptors[i].len
        copies[i].address_space = arena_string(&memory, declared.descriptors[i].addrspace)
    count = complete_descriptors(copies, count)
    look_what_is_there(copies, count)
    publish_declaration(f, &f.memory_arena, &memory, <void **> &f.memory_map, copies, &f.memory_map_count, count)
    f.memory_generation += 1  # who reads between the two reads what was there before, which still is
    return True


cdef uint8_t *byte_at(const memory_descriptor *map, size_t count, size_t address) noexcept nogil:
    """Where the byte of a bus address lies, or NULL."""
    cdef size_t i, offset
    for i in range(count):
        if (map[i].start ^ address) & map[i].select:
            continue
        if map[i].data is NULL:
            return NULL
        offset = close_up(address - map[i].start, map[i].disconnect)
        while offset >= map[i].length:
            offset &= ~highest_bit(offset)
        if offset >= map[i].readable:
            return NULL
        return map[i].data + map[i].offset + offset
    return NULL


cdef inline uint8_t *bus_byte(const memory_bus *bus, size_t address) noexcept nogil:
    if bus.count:
        return byte_at(bus.map, bus.count, address)
    if bus.ram_start <= address < bus.ram_start + bus.ram_length:
        return bus.ram + ((address - bus.ram_start) ^ bus.ram_swap)
    return NULL


cdef int parse_number_type(description, number_type *result) except -1:
    text = description.str if isinstance(description, numpy.dtype) else description
    if not isinstance(text, str):
        try:
            text = numpy.dtype(text).str if text is not None else ""
        except TypeError:
            raise TypeError(f"{description!r} does not say how to read memory; give text such as '<u2'") from None
    if len(text) == 2:
        text = ("<" if sys.byteorder == "little" else ">") + text
    if len(text) != 3 or text[0] not in "<>|=" or text[1] not in "uifdn" or text[2] not in "12345678":
        raise ValueError(f"{description!r} does not say how to read memory: an order (< > |), a kind (u i f d n) and "
                         f"a size in bytes (1 to 8) are needed, such as '<u2'")
    if text[1] == "f" and text[2] not in "48":
        raise ValueError(f"{description!r}: floating-point numbers have 4 or 8 bytes")
    result.big = text[0] == ">" or text[0] == "=" and sys.byteorder == "big"
    result.kind = ord(text[1])
    result.size = int(text[2])
    return 0


cdef bint gather(const number_type *kind, const memory_bus *bus, size_t address, uint64_t *bits) noexcept nogil:
    cdef unsigned i
    cdef uint8_t *byte
    bits[0] = 0
    for i in range(kind.size):
        byte = bus_byte(bus, address + (i if kind.big else kind.size - 1 - i))
        if byte is NULL:
            return False
        bits[0] = bits[0] << 8 | byte[0]
    return True


cdef bint scatter(const number_type *kind, const memory_bus *bus, size_t address, uint64_t bits) noexcept nogil:
    cdef unsigned i
    for i in range(kind.size):
        if bus_byte(bus, address + i) is NULL:
            return False
    for i in range(kind.size):
        bus_byte(bus, address + (kind.size - 1 - i if kind.big else i))[0] = <uint8_t> (bits >> (8 * i))
    return True


cdef object number_from_bits(const number_type *kind, uint64_t bits):
    if kind.kind == c"f":
        return bits_as_double(kind, bits)
    if kind.kind == c"u":
        return bits
    return bits_as_integer(kind, bits)


cdef int number_to_bits(const number_type *kind, value, uint64_t *bits) except -1:
    cdef float single
    cdef double number
    cdef uint32_t half = 0
    cdef unsigned i
    bits[0] = 0
    if kind.kind == c"f":
        number = value
        if kind.size == 8:
            memcpy(bits, &number, sizeof(double))
            return 0
        single = <float> number
        memcpy(&half, &single, sizeof(float))
        bits[0] = half
        return 0
    cdef object size = kind.size, one = 1, ten = 10  # Python's numbers: these do not overflow
    integer = operator.index(value)
    low, high = 0, (one << 8 * size) - 1
    if kind.kind == c"i":
        low, high = -(one << (8 * size - 1)), (one << (8 * size - 1)) - 1
    elif kind.kind == c"d":
        high = ten ** (2 * size) - 1
    elif kind.kind == c"n":
        high = ten ** size - 1
    if not low <= integer <= high:
        raise OverflowError(f"{integer} does not fit: the values of this type go from {low} to {high}")
    if kind.kind == c"u" or kind.kind == c"i":
        bits[0] = integer & ((one << 8 * size) - 1)
        return 0
    for i in range(kind.size):
        if kind.kind == c"d":
            bits[0] |= <uint64_t> (integer // 10 % 10 << 4 | integer % 10) << (8 * i)
            integer //= 100
        else:
            bits[0] |= <uint64_t> (integer % 10) << (8 * i)
            integer //= 10
    return 0


cdef size_t checked_address(address) except? 0:
    number = operator.index(address)
    if not 0 <= number <= 0xFFFFFFFFFFFFFF00:
        raise AddressError(f"{number} is no bus address")
    return number


@cython.final
cdef class CoreBuffer:
    """Lends a block of the core's memory and keeps the core from being unloaded while somebody holds it."""
    cdef CoreBase core
    cdef void *data
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.data, self.size, 0, flags)

    def __dealloc__(self):
        if self.core is not None:
            self.core.end_loan()


@cython.final
cdef class Memory:
    """The core's memory: whole blocks as live NumPy views, and single values by bus address.

    >>> from pylibretro import Core
    >>> with Core("2048") as core:
    ...     core.memory.write(0x10, 7)
    ...     core.memory.system_ram.dtype, int(core.memory.system_ram[0x10])
    (dtype('uint8'), 7)
    """
    cdef CoreBase core

    def __cinit__(self, CoreBase core not None):
        self.core = core

    cdef object lend(self, unsigned kind):
        with self.core.loaded():
            return view_memory(self.core, kind)

    @property
    def system_ram(self):
        """The console's main memory (`RETRO_MEMORY_SYSTEM_RAM`): a writable (n,) uint8 view, empty if the core has
        none.

        The view is live and may be kept after `close()`. Ask again after loading a state or a reset: a core may then
        have moved its memory.
        """
        return self.lend(RETRO_MEMORY_SYSTEM_RAM)

    @property
    def save_ram(self):
        """What a cartridge keeps without power (`RETRO_MEMORY_SAVE_RAM`), as `system_ram`."""
        return self.lend(RETRO_MEMORY_SAVE_RAM)

    @property
    def video_ram(self):
        """The memory of the console's video chip (`RETRO_MEMORY_VIDEO_RAM`), as `system_ram`."""
        return self.lend(RETRO_MEMORY_VIDEO_RAM)

    @property
    def rtc(self):
        """The clock of a cartridge (`RETRO_MEMORY_RTC`), as `system_ram`."""
        return self.lend(RETRO_MEMORY_RTC)

    def view(self, type):
        """Return one of the core's memories (`retro_get_memory_data`), as `system_ram`.

        Args:
            type: Its number: one of the above (0 save RAM, 1 clock, 2 system RAM, 3 video RAM), or the type of a
                `SubsystemMemory`.
        """
        number = operator.index(type)
        if not 0 <= number <= 0xFFFFFFFF:
            raise ValueError(f"type is {number}, which no memory of libretro is")
        return self.lend(number)

    @property
    def map(self):
        """The core's memory map (`RETRO_ENVIRONMENT_SET_MEMORY_MAPS`): a list of `MemoryDescriptor`.

        What the core left out (select, length, disconnect) is filled in by the rules that RetroArch follows.
        """
        cdef size_t i
        cdef memory_descriptor *entry
        self.core.check()
        descriptors = []
        self.core.lock()
        try:
            for i in range(self.core.f.memory_map_count):
                entry = &self.core.f.memory_map[i]
                descriptors.append(MemoryDescriptor(
                    start=entry.start, length=entry.length, select=entry.select, disconnect=entry.disconnect,
                    offset=entry.offset, flags=MemoryFlag(entry.flags & 0xFFFFFFFF),
                    address_space=text_or_none(entry.address_space) or "", mapped=entry.data is not NULL))
        finally:
            self.core.unlock()
        return descriptors

    def read(self, address, type="|u1"):
        """Return the number at a bus address.

        Args:
            address: The address on the console's bus, resolved by the core's memory map as RetroArch does, or, for
                a core without a map, inside its system RAM at the address that the console gives it.
            type: Byte order, kind and size of the number: `"<u2"`, `">i4"`, `"|u1"`, `"<f4"`; "d" and "n" are decimal
                digits, two to a byte or one. A NumPy dtype works, too.

        Returns:
            An int, or a float for the kind "f".

        Raises:
            AddressError: The core maps nothing there (also an `IndexError`).

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.memory.write(0x10, 7)
        ...     core.memory.read(0x10)
        7
        """
        cdef number_type kind
        cdef memory_bus bus
        cdef uint64_t bits = 0
        cdef bint mapped = False
        cdef size_t where = checked_address(address)
        parse_number_type(type, &kind)
        self.core.check_loaded()
        self.core.enter()
        try:
            find_bus(self.core, &bus)
            mapped = gather(&kind, &bus, where, &bits)
        finally:
            self.core.leave()
        if not mapped:
            raise AddressError(self.explain(where, kind.size))
        return number_from_bits(&kind, bits)

    def write(self, address, value, type="|u1"):
        """Write a number to a bus address; arguments and errors as for `read`.

        Raises:
            OverflowError: The value does not fit the type.
        """
        cdef number_type kind
        cdef memory_bus bus
        cdef uint64_t bits = 0
        cdef bint mapped = False
        cdef size_t where = checked_address(address)
        parse_number_type(type, &kind)
        number_to_bits(&kind, value, &bits)
        self.core.check_loaded()
        self.core.enter()
        try:
            find_bus(self.core, &bus)
            self.core.f.time_machine.touched = True
            mapped = scatter(&kind, &bus, where, bits)
        finally:
            self.core.leave()
        if not mapped:
            raise AddressError(self.explain(where, kind.size))

    @property
    def regions(self):
        """Where on the bus there is memory that can be written: a list of `(start, length)`.

        It comes from the core's memory map, or else from where the console has the core's system RAM.
        """
        cdef size_t i
        self.core.check_loaded()
        regions = []
        self.core.lock()
        try:
            for i in range(self.core.f.memory_map_count):
                entry = &self.core.f.memory_map[i]
                if entry.data is not NULL and not entry.flags & RETRO_MEMDESC_CONST:
                    regions.append((entry.start, entry.length))
        finally:
            self.core.unlock()
        if not regions and self.core.f.memory_map_count == 0:
            start, length = ram_range(self.core)
            if length:
                regions.append((start, length))
        return regions

    def read_bytes(self, address, size):
        """Return `size` bytes that begin at a bus address: a new (size,) uint8 array, in the order of the bus.

        Raises:
            AddressError: The core does not map all of them.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.memory.write(0x10, 0x0102, ">u2")
        ...     core.memory.read_bytes(0x10, 2).tolist()
        [1, 2]
        """
        cdef memory_bus bus
        cdef size_t where = checked_address(address), i, count
        cdef uint8_t *bytes
        cdef uint8_t *byte
        cdef bint mapped = True
        length = operator.index(size)
        if not 0 <= length <= 1 << 32:
            raise ValueError(f"size is {length}; it counts bytes from 0 up to 2**32")
        count = length
        self.core.check_loaded()
        array = numpy.empty(count, dtype=numpy.uint8)
        bytes = <uint8_t *> array_data(array)
        with self.core.entered():
            find_bus(self.core, &bus)
            with nogil:
                for i in range(count):
                    byte = bus_byte(&bus, where + i)
                    if byte is NULL:
                        mapped = False
                        break
                    bytes[i] = byte[0]
        if not mapped:
            raise AddressError(self.explain(where, count))
        return array

    cdef object explain(self, size_t address, size_t size):
        mapped = ", ".join([f"{entry.start:#x}+{entry.length:#x}" for entry in self.map[:12]])
        if not mapped:
            start, length = ram_range(self.core)
            mapped = f"{start:#x}+{length:#x} (its system RAM)" if length else "no memory at all"
        return f"{self.core.name} maps no {size} bytes at address {address:#x}; it maps {mapped}"


cdef object view_memory(CoreBase core, unsigned kind):
    """A live view of one of the core's memories, to be called inside enter() and leave()."""
    cdef core_request request
    cdef CoreBuffer buffer
    memset(&request, 0, sizeof(core_request))
    request.number = kind
    core.call(request_memory, &request)
    if request.size == 0 or request.pointer is NULL:
        return numpy.empty(0, dtype=numpy.uint8)
    if request.size > <size_t> -1 >> 1:
        raise ProtocolError(f"{core.name} broke a rule of libretro: it says that one of its memories has "
                            f"{request.size} bytes")
    buffer = CoreBuffer.__new__(CoreBuffer)
    core.f.time_machine.touched = True
    buffer.data = request.pointer
    buffer.size = request.size
    buffer.core = core
    core.loans += 1
    return numpy.frombuffer(buffer, dtype=numpy.uint8)


cdef int find_bus(CoreBase core, memory_bus *bus) except -1:
    cdef core_request request
    memset(bus, 0, sizeof(memory_bus))
    core.lock()
    bus.map = core.f.memory_map
    bus.count = core.f.memory_map_count
    core.unlock()
    if bus.count:
        return 0
    memset(&request, 0, sizeof(core_request))
    request.number = RETRO_MEMORY_SYSTEM_RAM
    core.call(request_memory, &request)
    if request.size and request.pointer is not NULL:
        extension = core.content.extension if core.content is not None else ""
        location = ram_location(core.system_info.name, request.size, extension)
        bus.ram = <uint8_t *> request.pointer
        bus.ram_start = location.start
        bus.ram_length = request.size
        bus.ram_swap = location.swap
    return 0


cdef object ram_range(CoreBase core):
    cdef memory_bus bus
    with core.loaded():
        find_bus(core, &bus)
    return bus.ram_start, bus.ram_length

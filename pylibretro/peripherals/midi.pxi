# MIDI: bytes from Python to the core, each from a frame on, and bytes from the core with their times.

cdef enum:
    MIDI_KEPT = 1 << 18  # bytes of the core's that nobody has taken, and bytes that it has read


_MIDI_EVENT = numpy.dtype({"names": ["frame", "delta_time", "byte"], "formats": ["=u8", "=u4", "=u1"],
                           "offsets": [0, 8, 12], "itemsize": sizeof(midi_event)})


cdef bint midi_append(midi_queue *queue, uint64_t frame, uint32_t delta_time, uint8_t byte,
                      uint64_t expendable) noexcept nogil:
    """Add to the end; of a queue that is long, the older half of those before `expendable` goes."""
    cdef midi_event *grown
    cdef size_t capacity, forgotten
    cdef midi_event *added
    if queue.length >= MIDI_KEPT and expendable > queue.first + MIDI_KEPT // 2:
        forgotten = min(<size_t> (expendable - queue.first), queue.length) // 2
        memmove(queue.events, queue.events + forgotten, (queue.length - forgotten) * sizeof(midi_event))
        queue.length -= forgotten
        queue.first += forgotten
    if queue.length == queue.capacity:
        capacity = 2 * queue.capacity + 256
        grown = <midi_event *> realloc(queue.events, capacity * sizeof(midi_event))
        if grown is NULL:
            return False
        queue.events = grown
        queue.capacity = capacity
    added = &queue.events[queue.length]
    added.frame = frame
    added.delta_time = delta_time
    added.byte = byte
    queue.length += 1
    return True


cdef cbool midi_input_enabled(frontend *f) noexcept nogil:
    return f is not NULL and f.peripherals.midi.input_enabled


cdef cbool midi_output_enabled(frontend *f) noexcept nogil:
    return f is not NULL and f.peripherals.midi.output_enabled


cdef cbool midi_read(frontend *f, uint8_t *byte) noexcept nogil:
    cdef midi *device
    cdef const midi_event *sent
    cdef bint due = False
    if f is NULL or byte is NULL:
        return False
    device = &f.peripherals.midi
    platform_mutex_lock(&f.lock)
    if device.input_enabled and device.position < device.input.first + device.input.length:
        sent = &device.input.events[device.position - device.input.first]
        due = sent.frame <= frontend_frames(f)
        if due:
            byte[0] = sent.byte
            device.position += 1
    platform_mutex_unlock(&f.lock)
    return due


cdef cbool midi_write(frontend *f, uint8_t byte, uint32_t delta_time) noexcept nogil:
    cdef midi *device
    cdef bint written
    if f is NULL:
        return False
    device = &f.peripherals.midi
    platform_mutex_lock(&f.lock)
    written = device.output_enabled and midi_append(&device.output, frontend_frames(f), delta_time, byte,
                                                    device.output.first + device.output.length)
    platform_mutex_unlock(&f.lock)
    return written


cdef cbool midi_flush(frontend *f) noexcept nogil:
    return f is not NULL and f.peripherals.midi.output_enabled


cdef bint answer_midi_interface(frontend *f, retro_midi_interface *interface) noexcept nogil:
    # libretro.h speaks of a pointer to a pointer, but cores give a struct of theirs, which RetroArch fills in.
    if not offers(f, PERIPHERAL_MIDI):
        return False
    if interface is not NULL:
        interface.input_enabled = f.callbacks.midi_input_enabled
        interface.output_enabled = f.callbacks.midi_output_enabled
        interface.read = f.callbacks.midi_read
        interface.write = f.callbacks.midi_write
        interface.flush = f.callbacks.midi_flush
    return True


cdef int offer_midi(frontend *f, ports) except -1:
    cdef midi *device = &f.peripherals.midi
    if ports is None or ports is False:
        return 0
    if ports is True:
        ports = MIDIPorts()
    device.input_enabled = bool(ports.input)
    device.output_enabled = bool(ports.output)
    f.peripherals.offered |= PERIPHERAL_MIDI
    return 0


@cython.final
cdef class MIDI:
    """The MIDI device of a Core: what is sent to the core, and what it plays (`struct retro_midi_interface`).

    >>> from pylibretro import Core
    >>> with Core("2048") as core:
    ...     core.midi.send(b"\\x90\\x3c\\x40")
    ...     core.midi.waiting
    3
    """
    cdef CoreBase core

    def __cinit__(self, CoreBase core not None):
        self.core = core

    cdef int check_offered(self) except -1:
        if not self.core.f.peripherals.offered & PERIPHERAL_MIDI:
            raise LibretroError(f"this Core ({self.core.name}) was opened without MIDI; open it with "
                                f"peripherals=Peripherals(midi=True)")
        return 0

    @property
    def input_enabled(self):
        """Whether the core is told that there is something to listen to. May be set between frames."""
        self.core.check()
        return bool(self.core.f.peripherals.midi.input_enabled)

    @input_enabled.setter
    def input_enabled(self, value):
        with self.core.entered():
            self.check_offered()
            self.core.f.peripherals.midi.input_enabled = bool(value)

    @property
    def output_enabled(self):
        """Whether the core is told that somebody listens. May be set between frames."""
        self.core.check()
        return bool(self.core.f.peripherals.midi.output_enabled)

    @output_enabled.setter
    def output_enabled(self, value):
        with self.core.entered():
            self.check_offered()
            self.core.f.peripherals.midi.output_enabled = bool(value)

    def send(self, data, frame=None):
        """Send bytes for the core to read (`retro_midi_read_t`).

        They are read in the order in which they were sent. A `State` says how many of them the core has read: after
        `restore` it reads the following ones again.

        Args:
            data: Bytes, or a sequence of numbers from 0 to 255.
            frame: The `Core.frame_count` from which on the core can read them; the next frame unless given. Not less
                than that of bytes sent before.

        Raises:
            ValueError: The frame has passed, or comes before that of bytes sent before.
            LibretroError: This Core has no MIDI.
        """
        cdef frontend *f = self.core.f
        cdef midi_queue *queue = &f.peripherals.midi.input
        cdef bytes sent
        cdef uint64_t due = 0, last = 0
        cdef uint8_t byte
        cdef bint kept = True
        if isinstance(data, (int, str)):
            raise TypeError(f"data is {data!r}; bytes are needed, or a sequence of numbers from 0 to 255")
        sent = bytes(data)
        with self.core.entered():
            self.check_offered()
            number = operator.index(frame) if frame is not None else f.frame_count
            if number < f.frame_count:
                raise ValueError(f"frame is {number}, but this Core is at frame {f.frame_count} already")
            if number >= 1 << 63:
                raise ValueError(f"frame is {number}, which never comes")
            due = number
            platform_mutex_lock(&f.lock)
            if queue.length and f.peripherals.midi.position < queue.first + queue.length:
                last = queue.events[queue.length - 1].frame
            if due >= last:
                for byte in sent:
                    kept = kept and midi_append(queue, due, 0, byte, f.peripherals.midi.position)
            platform_mutex_unlock(&f.lock)
        if due < last:
            raise ValueError(f"these bytes are for frame {due}, but bytes that were sent before are for frame {last} "
                             f"and are read first; give frame={last} or more")
        if not kept:
            raise MemoryError(f"no memory for {len(sent)} bytes of MIDI")

    @property
    def waiting(self):
        """How many bytes have been sent that the core has not read."""
        self.core.check()
        cdef const midi *device = &self.core.f.peripherals.midi
        return device.input.first + device.input.length - device.position

    def take_output(self):
        """What the core has written since the last call (`retro_midi_write_t`).

        Returns:
            A new structured array, one record for each byte, with the fields "byte" (uint8), "delta_time" (uint32: the
            microseconds since the byte before, as the core gives it) and "frame" (uint64: the frames that had run). The
            last 262144 bytes are kept for it, or somewhat fewer.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.run()
        ...     core.midi.take_output()["byte"].tobytes()
        1
        b''
        """
        cdef frontend *f = self.core.f
        cdef midi_queue *queue = &f.peripherals.midi.output
        cdef midi_event *events
        cdef size_t length
        self.core.check()
        self.core.lock()
        events = queue.events
        length = queue.length
        queue.first += length
        queue.events = NULL
        queue.length = queue.capacity = 0
        self.core.unlock()
        try:
            taken = numpy.empty(length, dtype=_MIDI_EVENT)
            if length:
                memcpy(array_data(taken), events, length * sizeof(midi_event))
            return taken
        finally:
            free(events)

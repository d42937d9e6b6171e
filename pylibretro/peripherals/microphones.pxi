# Microphones. What a core hears is a function of how many samples it has read: an array of the user's, or a callable
# that is asked between frames for what comes next. So a position is all that a state has to remember.

cdef enum:
    MICROPHONE_RATE = 48000  # for a core that does not say which it wants
    MICROPHONE_RATE_LIMIT = 1_000_000
    MICROPHONE_SAMPLES_AHEAD = 2048


cdef size_t samples_ahead(const microphone *heard) noexcept nogil:
    """How much a core may read in one frame: one that reads until there is nothing left comes to an end."""
    return max(<size_t> MICROPHONE_SAMPLES_AHEAD, <size_t> (heard.rate if heard.rate else MICROPHONE_RATE) // 20)


cdef retro_microphone_t *open_microphone(frontend *f, const retro_microphone_params_t *parameters) noexcept nogil:
    cdef microphone *opened = NULL
    cdef unsigned rate = parameters.rate if parameters is not NULL else 0
    cdef unsigned i
    if f is NULL or rate > MICROPHONE_RATE_LIMIT:
        return NULL
    platform_mutex_lock(&f.lock)
    for i in range(<unsigned> PERIPHERAL_MICROPHONES):
        if not f.peripherals.microphones[i].open:
            opened = &f.peripherals.microphones[i]
            opened.frontend = f
            opened.rate = rate if rate else MICROPHONE_RATE
            opened.active = False
            opened.open = True
            f.peripherals.awake = True
            break
    platform_mutex_unlock(&f.lock)
    return <retro_microphone_t *> opened


cdef void close_microphone(retro_microphone_t *handle) noexcept nogil:
    cdef microphone *closed = <microphone *> handle
    if closed is not NULL:
        closed.open = closed.active = False


cdef cbool microphone_parameters(const retro_microphone_t *handle,
                                 retro_microphone_params_t *parameters) noexcept nogil:
    cdef const microphone *asked = <const microphone *> handle
    if asked is NULL or parameters is NULL or not asked.open:
        return False
    parameters.rate = asked.rate
    return True


cdef cbool set_microphone_state(retro_microphone_t *handle, cbool state) noexcept nogil:
    cdef microphone *switched = <microphone *> handle
    if switched is NULL or not switched.open:
        return False
    switched.active = state
    return True


cdef cbool microphone_state(const retro_microphone_t *handle) noexcept nogil:
    cdef const microphone *asked = <const microphone *> handle
    return asked is not NULL and asked.open and asked.active


cdef int read_microphone(retro_microphone_t *handle, int16_t *samples, size_t count) noexcept nogil:
    cdef microphone *heard = <microphone *> handle
    cdef frontend *f
    cdef size_t known = 0
    cdef uint64_t offset
    if heard is NULL or samples is NULL or not heard.open or not heard.active:
        return -1
    f = heard.frontend
    platform_mutex_lock(&f.lock)
    count = min(count, samples_ahead(heard) - heard.read_in_frame)
    offset = heard.position - heard.start
    if heard.samples is not NULL and heard.position >= heard.start and offset < heard.length:
        known = min(count, <size_t> (heard.length - offset))
        memcpy(samples, heard.samples + offset, known * sizeof(int16_t))
    memset(samples + known, 0, (count - known) * sizeof(int16_t))
    heard.position += count
    heard.read_in_frame += count
    if heard.asks:
        platform_atomic_store(&f.peripherals.hungry, 1)
    platform_mutex_unlock(&f.lock)
    return <int> count


cdef bint answer_microphone_interface(frontend *f, retro_microphone_interface *interface) noexcept nogil:
    if interface is NULL or not offers(f, PERIPHERAL_MICROPHONE):
        return False
    interface.interface_version = RETRO_MICROPHONE_INTERFACE_VERSION
    interface.open_mic = f.callbacks.open_mic
    interface.close_mic = close_microphone
    interface.get_params = microphone_parameters
    interface.set_mic_state = set_microphone_state
    interface.get_mic_state = microphone_state
    interface.read_mic = read_microphone
    return True


cdef object checked_samples(samples, what):
    return numpy.array(check_samples(samples, what), dtype=numpy.int16, order="C")


cdef object checked_microphone_source(source):
    if source is None or callable(source):
        return source
    return checked_samples(source, "a microphone's source")


cdef int offer_microphones(CoreBase core, source) except -1:
    if source is None or source is False:
        return 0
    checked = None if source is True else checked_microphone_source(source)
    core.f.peripherals.offered |= PERIPHERAL_MICROPHONE
    return set_microphone_source(core, 0, checked)


cdef int set_microphone_source(CoreBase core, unsigned index, source) except -1:
    cdef microphone *changed = &core.f.peripherals.microphones[index]
    cdef Sources sources = core.sources
    cdef bint asks = callable(source)
    samples = None if asks else source
    core.lock()
    changed.asks = asks
    changed.samples = NULL
    changed.start = changed.length = 0
    if samples is not None and len(samples):
        changed.samples = <const int16_t *> array_data(samples)
        changed.length = len(samples)
    core.unlock()
    sources.microphones[index] = source
    sources.samples[index] = samples
    sources.count_askers(core.f)
    if asks:
        try:
            ask_microphone_source(core, index)
        except BaseException:
            set_microphone_source(core, index, None)
            raise
    return 0


cdef int ask_microphone_source(CoreBase core, unsigned index) except -1:
    """Get from a callable what the coming frame may read."""
    cdef microphone *heard = &core.f.peripherals.microphones[index]
    cdef Sources sources = core.sources
    cdef uint64_t position = heard.position, end = heard.start + heard.length
    cdef size_t wanted = samples_ahead(heard)
    cdef size_t kept = 0
    if heard.samples is not NULL and heard.start <= position < end:
        kept = end - position
    if kept >= wanted:
        return 0
    given = sources.microphones[index](position + kept, wanted - kept)
    given = checked_samples(() if given is None else given, f"what the source of microphone {index} returned")
    if <size_t> len(given) > wanted - kept:
        raise ValueError(f"the source of microphone {index} returned {len(given)} samples; {wanted - kept} were asked "
                         f"for")
    samples = numpy.zeros(wanted, dtype=numpy.int16)
    if kept:
        samples[:kept] = sources.samples[index][<size_t> (position - heard.start):]
    samples[kept:kept + len(given)] = given
    core.lock()
    heard.samples = <const int16_t *> array_data(samples)
    heard.start = position
    heard.length = wanted
    core.unlock()
    sources.samples[index] = samples
    return 0


@cython.final
cdef class Microphone:
    """One microphone of a Core, see `Core.microphones`."""
    cdef CoreBase core
    cdef unsigned index

    @property
    def source(self):
        """What the core hears: a (n,) int16 array, a callable, or None for silence. May be set between frames.

        An array is read from `position` on, and silence follows it. A callable is called between frames as
        `source(start, count)`, for the samples from number `start` on; it returns up to `count`, as (n,) int16, and
        silence stands for those that are missing. It is asked for what a frame may read, a twentieth of a second or
        2048 samples ahead, and for the same samples again only after `restore`.

        Raises:
            LibretroError: This Core has no microphones.
        """
        self.core.check()
        return self.core.sources.microphones[self.index]

    @source.setter
    def source(self, value):
        source = checked_microphone_source(value)
        with self.core.entered():
            if not self.core.f.peripherals.offered & PERIPHERAL_MICROPHONE:
                raise LibretroError(f"this Core ({self.core.name}) was opened without microphones; open it with "
                                    f"peripherals=Peripherals(microphones=True)")
            set_microphone_source(self.core, self.index, source)

    @property
    def open(self):
        """Whether the core has opened it."""
        self.core.check()
        return bool(self.core.f.peripherals.microphones[self.index].open)

    @property
    def active(self):
        """Whether the core listens (`retro_set_mic_state_t`)."""
        self.core.check()
        return bool(self.core.f.peripherals.microphones[self.index].active)

    @property
    def rate(self):
        """Samples per second, as the core asked for; None while it is not open."""
        self.core.check()
        cdef const microphone *asked = &self.core.f.peripherals.microphones[self.index]
        return asked.rate if asked.open else None

    @property
    def position(self):
        """How many samples the core has read. A part of a `State`."""
        self.core.check()
        return self.core.f.peripherals.microphones[self.index].position


cdef tuple microphones_of(CoreBase core):
    cdef unsigned i
    cdef Microphone made
    found = []
    for i in range(<unsigned> PERIPHERAL_MICROPHONES):
        made = Microphone.__new__(Microphone)
        made.core = core
        made.index = i
        found.append(made)
    return tuple(found)

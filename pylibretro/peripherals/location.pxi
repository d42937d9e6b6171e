# Where the device is.

cdef cbool location_start(frontend *f) noexcept nogil:
    if f is NULL or not f.peripherals.location.asked:
        return False
    f.peripherals.location.started = True
    return True


cdef void location_stop(frontend *f) noexcept nogil:
    if f is not NULL:
        f.peripherals.location.started = False


cdef void location_set_interval(frontend *f, unsigned interval, unsigned distance) noexcept nogil:
    if f is not NULL:
        f.peripherals.location.interval = interval
        f.peripherals.location.distance = distance


cdef void tell_number(double *place, double value) noexcept nogil:
    if place is not NULL:
        place[0] = value


cdef cbool location_get_position(frontend *f, double *latitude, double *longitude, double *horizontal_accuracy,
                                 double *vertical_accuracy) noexcept nogil:
    cdef double numbers[4]
    cdef bint known
    memset(numbers, 0, sizeof(numbers))
    known = f is not NULL and f.peripherals.location.started and f.peripherals.location.known
    if known:
        memcpy(numbers, f.peripherals.location.numbers, sizeof(numbers))
    tell_number(latitude, numbers[0])
    tell_number(longitude, numbers[1])
    tell_number(horizontal_accuracy, numbers[2])
    tell_number(vertical_accuracy, numbers[3])
    return known


cdef bint answer_location_interface(frontend *f, retro_location_callback *callback) noexcept nogil:
    if callback is NULL or not offers(f, PERIPHERAL_LOCATION):
        return False
    callback.start = f.callbacks.location_start
    callback.stop = f.callbacks.location_stop
    callback.get_position = f.callbacks.location_get_position
    callback.set_interval = f.callbacks.location_set_interval
    f.peripherals.location.callback = callback[0]
    f.peripherals.location.asked = True
    f.peripherals.awake = True
    return True


cdef int set_location_position(frontend *f, position) except -1:
    cdef double numbers[4]
    cdef unsigned i
    if position is not None:
        check_position(position)
        for i in range(4):
            numbers[i] = position[i]
        memcpy(f.peripherals.location.numbers, numbers, sizeof(numbers))
    f.peripherals.location.known = position is not None
    return 0


cdef int offer_location(frontend *f, position) except -1:
    if position is None or position is False:
        return 0
    f.peripherals.offered |= PERIPHERAL_LOCATION
    return set_location_position(f, None if position is True else position)


@cython.final
cdef class Location:
    """Where the core's device is (`struct retro_location_callback`), see `Core.location`."""
    cdef CoreBase core

    @property
    def position(self):
        """Where the core is told that it is, a `LocationPosition`, or None for unknown. May be set between frames.

        Raises:
            LibretroError: This Core has no location.
        """
        self.core.check()
        cdef const location *place = &self.core.f.peripherals.location
        return LocationPosition(*[place.numbers[i] for i in range(4)]) if place.known else None

    @position.setter
    def position(self, value):
        with self.core.entered():
            if not self.core.f.peripherals.offered & PERIPHERAL_LOCATION:
                raise LibretroError(f"this Core ({self.core.name}) was opened without a location; open it with "
                                    f"peripherals=Peripherals(location=True)")
            set_location_position(self.core.f, value)

    @property
    def started(self):
        """Whether the core has started to ask where it is."""
        self.core.check()
        return bool(self.core.f.peripherals.location.started)

    @property
    def interval(self):
        """How often the core wants to be told, as (milliseconds, metres); (0, 0) if it did not say."""
        self.core.check()
        cdef const location *place = &self.core.f.peripherals.location
        return place.interval, place.distance


cdef Location location_of(CoreBase core):
    cdef Location made = Location.__new__(Location)
    made.core = core
    return made

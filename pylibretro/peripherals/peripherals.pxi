# LEDs, sensors and power: what the core does with them, and what it is answered; and what all peripherals share.


cdef int offer_peripherals(CoreBase core, plugged_in) except -1:
    """What `Peripherals` say."""
    cdef peripherals *offered = &core.f.peripherals
    if plugged_in.rumble:
        offered.offered |= PERIPHERAL_RUMBLE
    if plugged_in.sensors:
        offered.offered |= PERIPHERAL_SENSORS
    if plugged_in.leds:
        offered.offered |= PERIPHERAL_LED
    set_power(core.f, DevicePower() if plugged_in.power is True else plugged_in.power)
    offer_microphones(core, plugged_in.microphones)
    offer_midi(core.f, plugged_in.midi)
    offer_camera(core, plugged_in.camera)
    offer_location(core.f, plugged_in.location)
    return 0


# ---- what a core is called back for ----------------------------------------------------------------------------------

cdef void begin_lifetimes(frontend *f) noexcept nogil:
    """Tell the core that what it asked for is there."""
    cdef peripherals *asked = &f.peripherals
    if asked.camera.asked and not asked.camera.initialized:
        asked.camera.initialized = True
        if asked.camera.callback.initialized is not NULL:
            asked.camera.callback.initialized()
    if asked.location.asked and not asked.location.initialized:
        asked.location.initialized = True
        if asked.location.callback.initialized is not NULL:
            asked.location.callback.initialized()


cdef void end_lifetimes(frontend *f) noexcept nogil:
    cdef peripherals *asked = &f.peripherals
    if asked.camera.initialized and asked.camera.callback.deinitialized is not NULL:
        asked.camera.callback.deinitialized()
    if asked.location.initialized and asked.location.callback.deinitialized is not NULL:
        asked.location.callback.deinitialized()
    asked.camera.initialized = asked.camera.running = False
    asked.location.initialized = asked.location.started = False


cdef void request_begin_lifetimes(void *argument) noexcept nogil:
    begin_lifetimes((<core_request *> argument).f)


name_call(request_begin_lifetimes, "camera.initialized")


cdef void request_end_lifetimes(void *argument) noexcept nogil:
    end_lifetimes((<core_request *> argument).f)


name_call(request_end_lifetimes, "camera.deinitialized")


cdef void begin_peripherals_frame(frontend *f) noexcept nogil:
    cdef unsigned i
    if not f.peripherals.awake:
        return
    for i in range(<unsigned> PERIPHERAL_MICROPHONES):
        f.peripherals.microphones[i].read_in_frame = 0
    begin_lifetimes(f)
    show_to_camera(f)


cdef void let_go_of_sources(frontend *f) noexcept nogil:
    """The user's arrays go with the Core, which threads of a core that crashed may outlive."""
    cdef unsigned i
    platform_mutex_lock(&f.lock)
    for i in range(<unsigned> PERIPHERAL_MICROPHONES):
        f.peripherals.microphones[i].samples = NULL
        f.peripherals.microphones[i].asks = False
    f.peripherals.camera.pictures = NULL
    f.peripherals.camera.asks = False
    platform_mutex_unlock(&f.lock)


cdef void free_peripherals(frontend *f) noexcept nogil:
    free(f.peripherals.midi.input.events)
    free(f.peripherals.midi.output.events)
    free(f.peripherals.camera.dark)


@cython.final
cdef class Sources:
    """What a Core's microphones hear and its camera sees: the user's arrays and callables."""

    def __cinit__(self):
        self.microphones = [None] * PERIPHERAL_MICROPHONES
        self.samples = [None] * PERIPHERAL_MICROPHONES

    cdef void count_askers(self, frontend *f) noexcept:
        cdef unsigned i
        f.peripherals.asking = f.peripherals.camera.asks
        for i in range(<unsigned> PERIPHERAL_MICROPHONES):
            f.peripherals.asking |= f.peripherals.microphones[i].asks

    cdef int ask(self, CoreBase core) except -1:
        """Ask the callables for what the coming frame may need."""
        cdef unsigned i
        platform_atomic_store(&core.f.peripherals.hungry, 0)
        try:
            for i in range(<unsigned> PERIPHERAL_MICROPHONES):
                if core.f.peripherals.microphones[i].asks:
                    ask_microphone_source(core, i)
            if core.f.peripherals.camera.asks:
                ask_camera_source(core)
        except BaseException:
            platform_atomic_store(&core.f.peripherals.hungry, 1)
            raise
        return 0

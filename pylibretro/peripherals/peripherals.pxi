# LEDs, sensors and power: what the core does with them, and what it is answered; and what all peripherals share.

cdef bint offers(const frontend *f, unsigned peripheral) noexcept nogil:
    return f.slot is not NULL and f.peripherals.offered & peripheral != 0


cdef void latch_peripherals(frontend *f) noexcept nogil:
    memcpy(f.peripherals.rumble_peak, f.rumble, sizeof(f.rumble))


cdef void set_led_state(frontend *f, int led, int state) noexcept nogil:
    if f is not NULL and 0 <= led < PERIPHERAL_LEDS:
        f.peripherals.leds[led] = state


cdef cbool set_sensor_state(frontend *f, unsigned port, retro_sensor_action action, unsigned rate) noexcept nogil:
    cdef sensor_request *request
    cdef unsigned number = action
    if f is NULL or port >= FRONTEND_PORTS or number >= 2 * SENSOR_KINDS:
        return False
    request = &f.peripherals.sensors[port][number // 2]
    request.enabled = number % 2 == 0
    request.rate = rate if request.enabled else 0
    return True


cdef float get_sensor_input(frontend *f, unsigned port, unsigned identifier) noexcept nogil:
    # Whether the core has enabled the sensor does not matter: a core that runs on from another one's state thinks that
    # it has.
    cdef const port_input *record
    if f is NULL or port >= FRONTEND_PORTS:
        return 0
    record = &f.input[port]
    if identifier <= RETRO_SENSOR_ACCELEROMETER_Z:
        return record.accelerometer[identifier]
    if identifier <= RETRO_SENSOR_GYROSCOPE_Z:
        return record.gyroscope[identifier - RETRO_SENSOR_GYROSCOPE_X]
    return record.illuminance if identifier == RETRO_SENSOR_ILLUMINANCE else 0


cdef bint answer_led_interface(frontend *f, retro_led_interface *leds) noexcept nogil:
    if not offers(f, PERIPHERAL_LED):
        return False
    if leds is not NULL:
        leds.set_led_state = f.callbacks.set_led_state
    return True


cdef bint answer_sensor_interface(frontend *f, retro_sensor_interface *sensors) noexcept nogil:
    if sensors is NULL or not offers(f, PERIPHERAL_SENSORS):
        return False
    sensors.set_sensor_state = f.callbacks.set_sensor_state
    sensors.get_sensor_input = f.callbacks.get_sensor_input
    return True


cdef bint answer_device_power(frontend *f, retro_device_power *power) noexcept nogil:
    if not offers(f, PERIPHERAL_POWER):
        return False
    if power is not NULL:
        power[0] = f.peripherals.power
    return True


cdef int offer_peripherals(Core core, plugged_in) except -1:
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


cdef object power_of(const frontend *f):
    cdef const retro_device_power *power = &f.peripherals.power
    if not f.peripherals.offered & PERIPHERAL_POWER:
        return None
    return DevicePower(PowerState(<int> power.state),
                       None if power.seconds == RETRO_POWERSTATE_NO_ESTIMATE else power.seconds,
                       None if power.percent == RETRO_POWERSTATE_NO_ESTIMATE else power.percent)


cdef int set_power(frontend *f, power) except -1:
    cdef retro_device_power told
    if power is None or power is False:
        f.peripherals.offered &= ~<unsigned> PERIPHERAL_POWER
        return 0
    check_power(power)
    told.state = <retro_power_state> <int> PowerState(power.state)
    told.seconds = RETRO_POWERSTATE_NO_ESTIMATE if power.seconds is None else operator.index(power.seconds)
    told.percent = RETRO_POWERSTATE_NO_ESTIMATE if power.percent is None else operator.index(power.percent)
    f.peripherals.power = told
    f.peripherals.offered |= PERIPHERAL_POWER
    return 0


cdef list sensors_of(const frontend *f):
    cdef const sensor_request *request
    cdef unsigned port, kind
    ports = []
    for port in range(<unsigned> FRONTEND_PORTS):
        rates = []
        for kind in range(<unsigned> SENSOR_KINDS):
            request = &f.peripherals.sensors[port][kind]
            rates.append(request.rate if request.enabled else None)
        ports.append(Sensors(*rates))
    return ports


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
    cdef list microphones
    cdef list samples
    cdef object camera
    cdef object pictures

    def __cinit__(self):
        self.microphones = [None] * PERIPHERAL_MICROPHONES
        self.samples = [None] * PERIPHERAL_MICROPHONES

    cdef void count_askers(self, frontend *f) noexcept:
        cdef unsigned i
        f.peripherals.asking = f.peripherals.camera.asks
        for i in range(<unsigned> PERIPHERAL_MICROPHONES):
            f.peripherals.asking |= f.peripherals.microphones[i].asks

    cdef int ask(self, Core core) except -1:
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

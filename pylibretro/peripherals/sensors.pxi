# LEDs, sensors, rumble and power: what the core does with them, and what it is answered.


cdef void latch_peripherals(frontend *f) noexcept nogil:
    memcpy(f.peripherals.rumble_peak, f.rumble, sizeof(f.rumble))


cdef cbool set_rumble_state(frontend *f, unsigned port, retro_rumble_effect effect, uint16_t strength) noexcept nogil:
    cdef unsigned motor = effect
    if f is NULL or port >= FRONTEND_PORTS or motor > RETRO_RUMBLE_WEAK:
        return False
    f.rumble[port][motor] = strength
    f.peripherals.rumble_peak[port][motor] = max(f.peripherals.rumble_peak[port][motor], strength)
    return True


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


cdef bint answer_rumble_interface(frontend *f, retro_rumble_interface *rumble) noexcept nogil:
    if rumble is NULL or not offers(f, PERIPHERAL_RUMBLE):
        return False
    rumble.set_rumble_state = f.callbacks.set_rumble_state
    return True

# What a Core's user holds, plugs in, and tells it about time.

@cython.no_gc_clear
cdef class CoreDevices(CoreFacts):
    """The part of `Core` that gives its core input, devices and time."""

    @property
    def throttle(self):
        """How fast the core is told that frames run, a `ThrottleState` (`RETRO_ENVIRONMENT_GET_THROTTLE_STATE`).

        It changes nothing but the answer, which some cores act on. Set it to a `ThrottleState` or a `ThrottleMode`.

        >>> from pylibretro import Core, ThrottleMode, ThrottleState
        >>> with Core("2048") as core:
        ...     core.throttle.mode is ThrottleMode.UNBLOCKED
        ...     core.throttle = ThrottleState(ThrottleMode.VSYNC, 60.0)
        True
        """
        self.check()
        return throttle_of(self.f)

    @throttle.setter
    def throttle(self, value):
        self.check()
        use_throttle(self.f, value)

    @property
    def fast_forwarding(self):
        """Whether the core is told that frames run as fast as they can (`RETRO_ENVIRONMENT_GET_FASTFORWARDING`)."""
        self.check()
        return bool(self.f.timing.fast_forwarding)

    @fast_forwarding.setter
    def fast_forwarding(self, value):
        self.check()
        self.f.timing.fast_forwarding = bool(value)

    @property
    def fast_forwarding_override(self):
        """How the core wants to be run faster, a `FastForwardingOverride`; None if it has said nothing.

        (`RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE`)
        """
        self.check()
        return override_of(self.f)

    @property
    def refresh_rate(self):
        """The display's pictures a second, as the core is told (`RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE`)."""
        self.check()
        return self.f.timing.refresh_rate

    @refresh_rate.setter
    def refresh_rate(self, value):
        self.check()
        self.f.timing.refresh_rate = checked_refresh_rate(value)

    @property
    def audio_buffer_occupancy(self):
        """How full the core is told that the sound buffer is, in per cent; None for no sound.

        Below 25 it is also told that the buffer may run dry, and some cores then leave out pictures. It is 50 unless
        set (`RETRO_ENVIRONMENT_SET_AUDIO_BUFFER_STATUS_CALLBACK`).
        """
        self.check()
        return self.f.timing.buffer_occupancy if self.f.timing.buffer_occupancy >= 0 else None

    @audio_buffer_occupancy.setter
    def audio_buffer_occupancy(self, value):
        self.check()
        use_buffer_occupancy(self.f, value)

    @property
    def minimum_audio_latency(self):
        """Milliseconds of sound that the core wants buffered, 0 for any number.

        (`RETRO_ENVIRONMENT_SET_MINIMUM_AUDIO_LATENCY`)
        """
        self.check()
        return self.f.minimum_audio_latency

    cdef port_input *live_port(self, unsigned port) noexcept:
        self.f.live_ports = max(self.f.live_ports, port + 1)
        return &self.f.live[port]

    def set_buttons(self, buttons, port=0):
        """Hold these joypad buttons until changed.

        Args:
            buttons: A mask of `Joypad` members, 0 to release all.
            port: The port, 0 to 15.

        >>> from pylibretro import Core, Joypad
        >>> with Core("2048") as core:
        ...     core.set_buttons(Joypad.A | Joypad.LEFT)
        """
        self.check()
        mask = operator.index(buttons)
        if not 0 <= mask <= 0xFFFF:
            raise ValueError(f"buttons is {mask}; a joypad mask is 0..65535")
        self.live_port(port_index(port)).joypad = mask

    def set_analog(self, port, stick, x, y):
        """Hold an analog stick until changed.

        Args:
            port: The port, 0 to 15.
            stick: `AnalogStick.LEFT` (0) or `AnalogStick.RIGHT` (1).
            x, y: -32768 (left, up) to 32767 (right, down).
        """
        self.check()
        index = operator.index(stick)
        if index not in (0, 1):
            raise ValueError(f"stick is {index}; a joypad has the sticks 0 (left) and 1 (right)")
        across, down = operator.index(x), operator.index(y)
        if not (-32768 <= across <= 32767 and -32768 <= down <= 32767):
            raise ValueError(f"x, y are {across}, {down}; a stick goes from -32768 to 32767")
        cdef port_input *record = self.live_port(port_index(port))
        record.analog[index][0] = across
        record.analog[index][1] = down

    @property
    def inputs(self):
        """The live input: a structured array with one record per port, dtype `pylibretro.PORT_INPUT`.

        Write into it to hold any device's state; it is latched when `run` starts. Assigning copies a whole array.
        """
        self.check()
        cdef CoreBuffer buffer = CoreBuffer.__new__(CoreBuffer)
        self.live_port(FRONTEND_PORTS - 1)
        buffer.data = self.f.live
        buffer.size = sizeof(self.f.live)
        buffer.core = self
        self.loans += 1
        return numpy.frombuffer(buffer, dtype=PORT_INPUT)

    @inputs.setter
    def inputs(self, value):
        self.inputs[:] = value

    @property
    def rumble(self):
        """How strongly each port's motors run: (16, 2) uint16, strong and weak (`retro_set_rumble_state_t`)."""
        self.check()
        array = numpy.empty((FRONTEND_PORTS, 2), dtype=numpy.uint16)
        memcpy(array_data(array), self.f.rumble, sizeof(self.f.rumble))
        return array

    @property
    def rumble_peak(self):
        """The strongest that each motor ran during the last `run` or `capture`: (16, 2) uint16, strong and weak.

        `rumble` says how they run after the last frame, when a short shock may be over.
        """
        self.check()
        array = numpy.empty((FRONTEND_PORTS, 2), dtype=numpy.uint16)
        memcpy(array_data(array), self.f.peripherals.rumble_peak, sizeof(self.f.peripherals.rumble_peak))
        return array

    @property
    def leds(self):
        """What the core shows on its LEDs: (32,) int32, 0 for off (`retro_set_led_state_t`)."""
        self.check()
        array = numpy.empty(PERIPHERAL_LEDS, dtype=numpy.int32)
        memcpy(array_data(array), self.f.peripherals.leds, sizeof(self.f.peripherals.leds))
        return array

    @property
    def sensors(self):
        """Which sensors the core has enabled: a `Sensors` for each port.

        What they measure is set like all input: `inputs["accelerometer"]`, in g, and `inputs["gyroscope"]`, in rad/s,
        (16, 3) each, and `inputs["illuminance"]`, (16,), in lux. They are zero unless set: level, at rest, in the dark.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.inputs["illuminance"][0] = 300
        ...     core.sensors[0]
        Sensors(accelerometer=None, gyroscope=None, illuminance=None)
        """
        self.check()
        return sensors_of(self.f)

    @property
    def power(self):
        """What the core is told about the device's power: a `DevicePower`, None for nothing.

        It may be set between frames.

        >>> from pylibretro import Core, DevicePower, PowerState
        >>> with Core("2048") as core:
        ...     core.power = DevicePower(PowerState.DISCHARGING, seconds=600, percent=7)
        """
        self.check()
        return power_of(self.f)

    @power.setter
    def power(self, value):
        with self.entered():
            set_power(self.f, value)

    @property
    def microphones(self):
        """What the core can hear with: a tuple of `Microphone`, which the core opens in this order.

        >>> import numpy
        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.microphones[0].source = numpy.zeros(48000, numpy.int16)
        ...     core.microphones[0].open
        False
        """
        self.check()
        return microphones_of(self)

    @property
    def camera(self):
        """What the core can see with: a `Camera`.

        >>> import numpy
        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.camera.source = numpy.zeros((120, 160, 3), numpy.uint8)
        ...     core.camera.running
        False
        """
        self.check()
        return camera_of(self)

    @property
    def location(self):
        """Where the core believes it is: a `Location`.

        >>> from pylibretro import Core, LocationPosition
        >>> with Core("2048") as core:
        ...     core.location.position = LocationPosition(48.2082, 16.3738)
        ...     core.location.started
        False
        """
        self.check()
        return location_of(self)

    @property
    def midi(self):
        """What the core can play and listen to: a `MIDI`."""
        self.check()
        return MIDI(self)

    def type_text(self, text):
        """Send characters to the core's keyboard callback before the next frame, even those that no key has.

        Each is an event of the key `RETROK_UNKNOWN` with the character (`RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK`).
        Keys held in `inputs["keyboard"]` are events by themselves, with the characters of an American keyboard.

        Args:
            text: The characters, at most 1024 for a frame.

        Raises:
            LibretroError: The core has not asked for keyboard events.
            CoreBusyError: Another thread is inside this Core.
        """
        with self.loaded():
            queue_text(self, text)

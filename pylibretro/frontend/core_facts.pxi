# What a core is and says about itself, as users of a Core read it.

@cython.no_gc_clear
cdef class CoreFacts(CoreBase):
    """The part of `Core` that tells what its core is, and what it declares and says."""

    @property
    def pixel_format(self):
        """The format of `raw_frame`, a `PixelFormat` (`RETRO_ENVIRONMENT_SET_PIXEL_FORMAT`)."""
        self.check()
        from pylibretro.enums import PixelFormat
        return PixelFormat(self.f.video.picture.format if self.f.video.picture.exists else self.f.video.pixel_format)

    @property
    def rotation(self):
        """Quarter turns, counter-clockwise, by which `frame` was turned (`RETRO_ENVIRONMENT_SET_ROTATION`)."""
        self.check()
        return self.f.video.picture.rotation if self.f.video.picture.exists else self.f.video.rotation

    @property
    def frame_count(self):
        """Frames run since the content was loaded."""
        self.check()
        return frontend_frames(self.f)

    @property
    def performance_level(self):
        """How demanding the core says it is, 0 until it does (`RETRO_ENVIRONMENT_SET_PERFORMANCE_LEVEL`)."""
        self.check()
        return self.f.performance_level

    @property
    def performance_counters(self):
        """What the core has measured about itself: a list of `PerformanceCounter`.

        It measures with the instance's own clock unless the Core was opened with `real_time=True`
        (`RETRO_ENVIRONMENT_GET_PERF_INTERFACE`).
        """
        with self.loaded():
            return counters_of(self)

    @property
    def controllers(self):
        """What each port takes: for each port, a list of `Controller` (`RETRO_ENVIRONMENT_SET_CONTROLLER_INFO`)."""
        cdef size_t i
        self.check()
        ports = []
        self.lock()
        try:
            for i in range(self.f.controller_count):
                while len(ports) <= self.f.controllers[i].port:
                    ports.append([])
                ports[self.f.controllers[i].port].append(
                    Controller(self.f.controllers[i].id, text_or_none(self.f.controllers[i].description) or ""))
        finally:
            self.unlock()
        return ports

    @property
    def input_descriptors(self):
        """What the core calls its buttons: a list of `InputDescriptor`."""
        cdef size_t i
        self.check()
        self.lock()
        try:
            declared = []
            for i in range(self.f.descriptor_count):
                declared.append(InputDescriptor(self.f.descriptors[i].port, self.f.descriptors[i].device,
                                                self.f.descriptors[i].index, self.f.descriptors[i].id,
                                                text_or_none(self.f.descriptors[i].description) or ""))
            return declared
        finally:
            self.unlock()

    @property
    def info(self):
        """Name, version, extensions, need_fullpath and block_extract: a `SystemInfo`."""
        self.check()
        return self.system_info

    @property
    def av_info(self):
        """Frames per second, sample rate and geometry, as they are now: an `AVInfo`."""
        self.check_loaded()
        return AVInfo(self.f.av_info.timing.fps, self.f.av_info.timing.sample_rate, self.geometry)

    @property
    def geometry(self):
        """Sizes and aspect ratio of the picture, as they are now: a `Geometry`."""
        self.check_loaded()
        cdef retro_game_geometry *geometry = &self.f.av_info.geometry
        cdef double aspect = geometry.aspect_ratio
        if not aspect > 0:
            aspect = geometry.base_width / <double> geometry.base_height if geometry.base_height else 0.0
        return Geometry(geometry.base_width, geometry.base_height, geometry.max_width, geometry.max_height, aspect)

    @property
    def region(self):
        """NTSC or PAL (`retro_get_region`): a `Region`."""
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        with self.loaded():
            self.call(request_region, &request)
        try:
            return Region(request.number)
        except ValueError:
            return Region.NTSC

    @property
    def hardware(self):
        """The OpenGL context that the core draws with, a `HardwareContext`; None if it draws without one.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     print(core.hardware)
        None
        """
        with self.loaded():
            return hardware_as_tuple(self.f)

    @property
    def options(self):
        """The core's options, see `Options`."""
        return Options(self)

    @property
    def memory(self):
        """The core's memory, see `Memory`."""
        return Memory(self)

    @property
    def subsystems(self):
        """Ways to load several contents at once: a list of `Subsystem` (`RETRO_ENVIRONMENT_SET_SUBSYSTEM_INFO`)."""
        cdef size_t i
        self.check()
        self.lock()
        try:
            declared = []
            for i in range(self.f.subsystem_count):
                declared.append(subsystem_from(&self.f.subsystems[i]))
            return declared
        finally:
            self.unlock()

    @property
    def disk(self):
        """The disk drive, a `Disk`; None if the core cannot change disks."""
        self.check()
        return Disk(self) if controls_disks(self.f) else None

    @property
    def messages(self):
        """The last messages for the player, oldest first: a list of `Message`."""
        return list(self.message_list.copy())  # at once, also without a GIL

    def take_file_operations(self):
        """What the core has done through libretro's VFS since the last call: a list of `FileOperation`, oldest first.

        A Core with `files=FilePolicy(record=True)` keeps at most 65536 operations that nobody has taken; if there were
        more, a last entry, "left out", counts them.

        Raises:
            LibretroError: This Core keeps no such record.
            ClosedError: The Core has been closed.

        >>> from pylibretro import Core, FilePolicy
        >>> with Core("2048", files=FilePolicy(record=True)) as core:
        ...     core.run()
        ...     core.take_file_operations()
        1
        []
        """
        self.check()
        if not self.keeps_file_operations:
            raise LibretroError(f"this Core ({self.name}) records no file operations; open it with "
                                f"files=FilePolicy(record=True)")
        return take_file_operations(self.f)

    @property
    def netpacket(self):
        """The `NetpacketPort` by which `netpacket=` carries the core's packets; None without it."""
        return self.port

    @property
    def recorded_calls(self):
        """The calls that the core and its frontend have made to each other so far, as `RecordedCalls`.

        A Core with `record_calls=True` keeps them, and they can be read after `close()`, too.

        Raises:
            LibretroError: This Core keeps no such record.

        >>> from pylibretro import Core
        >>> with Core("2048", record_calls=True) as core:
        ...     core.run(3)
        ...     core.recorded_calls.entries["run"].calls
        3
        3
        """
        if self.f.calls is NULL:
            raise LibretroError(f"this Core ({self.name}) records no calls; open it with record_calls=True")
        return recorded_calls(self.f)

    @property
    def log(self):
        """The last lines of the core's log, oldest first: a list of `LogLine`.

        They also go to Python's `logging`, to the logger `pylibretro.<name>`.
        """
        return list(self.log_lines.copy())  # at once, also without a GIL

    @property
    def supports_no_game(self):
        """Whether the core starts without content (`RETRO_ENVIRONMENT_SET_SUPPORT_NO_GAME`)."""
        self.check()
        return bool(self.f.support_no_game)

    @property
    def serialization_quirks(self):
        """What the core says about its states, a `SerializationQuirk` (`RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS`).

        With SINGLE_SESSION, every Core but the one that made a `State` refuses it; with ENDIAN_DEPENDENT or
        PLATFORM_DEPENDENT, machines of another kind do. With MUST_INITIALIZE there are no states before the first
        frame; to load one into a new Core, a frame that nobody sees is run first. With CORE_VARIABLE_SIZE, states of
        any size are tried.
        """
        self.check()
        said = SerializationQuirk(self.f.serialization_quirks)
        return said & ~SerializationQuirk.FRONT_VARIABLE_SIZE  # that one is for the frontend to say

    @property
    def supports_achievements(self):
        """Whether the core says that achievements work with it; None if it says nothing.

        The libretro name is `RETRO_ENVIRONMENT_SET_SUPPORT_ACHIEVEMENTS`.
        """
        self.check()
        return bool(self.f.support_achievements) if self.f.told_of_achievements else None

    def proc_address(self, name):
        """Return the address of a function that the core offers besides libretro's, as an int, or None.

        The libretro names are `RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK` and `retro_get_proc_address_t`. To call it,
        use `procedure`: an exception that a core throws into a `ctypes` call ends the process.

        Args:
            name: The name of the function.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     print(core.proc_address("a_function"))
        None
        """
        return find_procedure(self, name) or None

    def procedure(self, name, prototype):
        """Return a function that the core offers besides libretro's, to be called from Python.

        Args:
            name: The name of the function.
            prototype: Its type, as `ctypes.CFUNCTYPE` makes it: `CFUNCTYPE(c_int, c_char_p)` for
                `int function(const char *)`. At most 6 arguments; integers, floats, doubles and pointers.

        Returns:
            A `Procedure`.

        Raises:
            LibretroError: The core offers no such function.
            TypeError: `prototype` is not such a type, or functions of this type cannot be called.
        """
        return new_procedure(self, name, prototype)

    @property
    def shut_down(self):
        """Whether the core has asked to shut down (`RETRO_ENVIRONMENT_SHUTDOWN`)."""
        self.check()
        return bool(self.f.shutdown)

    @property
    def cheats(self):
        """The cheats that were set: a dict from number to `Cheat`."""
        self.check()
        return dict(sorted(self.cheat_list.items()))

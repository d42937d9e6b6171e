# A Core's time machine, as its user sets it.

@cython.no_gc_clear
cdef class CoreTimeMachine(CoreDevices):
    """The part of `Core` that goes back in time and runs ahead."""

    @property
    def rewind(self):
        """How much of the past is remembered for `step_back`, a `Rewind`; None for nothing.

        Setting it begins a new past, as `reset`, `load_state` and `restore` do.

        Raises:
            StateError: Set for a core that has no states.
        """
        self.check()
        return self.rewind_settings

    @rewind.setter
    def rewind(self, value):
        wanted = rewind_from(value)
        with self.entered():
            use_rewind(self, wanted)

    @property
    def rewind_frames(self):
        """How many frames `step_back` can go back now."""
        with self.entered():
            return frames_to_go_back(<rewind_history *> self.f.time_machine.rewind) \
                if self.f.time_machine.rewind is not NULL else 0

    @property
    def rewind_bytes(self):
        """How many bytes of the memory that `rewind` allows it the past takes up."""
        with self.entered():
            return (<rewind_history *> self.f.time_machine.rewind).ring.used \
                if self.f.time_machine.rewind is not NULL else 0

    @property
    def run_ahead(self):
        """How far the picture runs ahead of the machine, a `RunAhead`; None if it does not.

        A game responds to input some frames late. After each frame the core runs on with the present input, so that
        `frame` shows what the machine will show that many frames later, and goes back; `audio` is the sound of the
        frame that is shown. With two instances, a second, hidden one runs on, and `audio` is the sound of the machine.
        Everything else is the machine's own: `frame_count`, memory, states, rumble.

        Set it to a number of frames, a `RunAhead`, or None.

        Raises:
            StateError: Set for a core that has no states.

        >>> from pylibretro import Core
        >>> with Core("2048", run_ahead=1) as core, Core("2048") as plain:
        ...     core.run(30)
        ...     plain.run(31)
        ...     bool((core.frame == plain.frame).all()), core.frame_count
        30
        31
        (True, 30)
        """
        self.check()
        return self.run_ahead_settings

    @run_ahead.setter
    def run_ahead(self, value):
        wanted = run_ahead_from(value)
        with self.entered():
            use_run_ahead(self, wanted)

    def step_back(self, frames=1):
        """Go back in time, as far as `rewind` remembers, to the moment after an earlier frame.

        The machine and its memory are what they were when that moment passed, and so are `frame`, `frame_count` and
        `av_info`; `audio` is the sound of the last frame before it. What runs from there is what ran then, given the
        same inputs, provided that the core saves all that it needs (docs/time-machine.md). Options, plugged
        controllers, cheats and the live input stay as they are now.

        Args:
            frames: How many frames to go back. With a `Rewind.granularity` above 1, it goes to the last remembered
                moment that is not later.

        Returns:
            How many frames it went back: fewer than asked for where the past does not reach so far.

        Raises:
            LibretroError: This Core remembers no past.
            StateError: The core refused one of its own states.

        >>> from pylibretro import Core, Joypad, Rewind
        >>> with Core("2048", rewind=Rewind()) as core:
        ...     core.run(10)
        ...     core.run(50, inputs=[Joypad.START] * 50)
        ...     core.step_back(50), core.frame_count, core.rewind_frames
        10
        50
        (50, 10, 10)
        """
        cdef Py_ssize_t count = frame_count_from(frames)
        with self.running():
            return step_core_back(self, count)

# CoreBatch: many cores that are stepped together, as users call it.

cdef enum:
    NANOSECONDS_BETWEEN_LOOKS_AT_SIGNALS = 20_000_000


@cython.final
@cython.no_gc_clear
cdef class CoreBatch(BatchBase):
    """CoreBatch(path, content=None, *, count=None, threads=None, recv_size=None, observation=None, \
audio_window=None, watches=None, watch_deltas=False, reward=None, done=None, stop_when_done=False, \
skip_rendering=None, pictures=True, sound=True, **core_arguments)
--

Many cores that are stepped together by native threads: copies of one, or different ones.

Args:
    path: As for `Core`; or a sequence of `CoreSpec`, one for each core, which may differ in everything.
    content: As for `Core`.
    count: How many copies; 1 unless given. Not with a sequence of specs.
    threads: How many threads step, the calling one among them; as many as processors may be used (CPU affinity and
        cgroup quota) unless given, and never more than cores.
    recv_size: How many finished steps `recv` returns; all cores unless given.
    observation: An `Observation`: how the pictures become the rows of `observations`.
    audio_window: An `AudioWindow`: how the sound becomes the rows of `audio_windows`.
    watches: Numbers in the console's memory to read after every frame: a mapping from name to `Watch`, or to
        `(address, type)` or `(address, type, mask)`.
    watch_deltas: Whether `watch_deltas` is wanted, too.
    reward: A rule, or several, evaluated after every frame and summed over the step, see `compile_rule`.
    done: A rule that says after every frame whether the game is over.
    stop_when_done: Whether a core ends its step at the frame after which `done` holds.
    skip_rendering: Whether cores are told which frames nobody will look at (`GET_AUDIO_VIDEO_ENABLE`), so that
        they need not draw them. Unless given, only cores that have been proven to run the same either way are told,
        and none with `stop_when_done`. With True, a step that `done` ends early may show an older picture.
    pictures: Whether anybody wants to see anything. With False no picture is kept, cores that need not draw frames
        which nobody looks at never draw, and states hold no picture: where only watches, memory, sound and states
        count, as in planning, this is faster and takes less memory. `frame` of the Cores is then None.
    sound: Whether anybody wants to hear anything. With False, cores that need not make any sound make none, and their
        `audio` is empty.
    skips: What cores leave out of frames that nobody sees, and of sound that nobody hears, at places of their
        machine code that are known for builds of some cores (docs/skipping.md). None: what is known, where 360
        frames of this game are found to be the same both ways, which is tried once for each game. True: as None, but
        where nothing can be left out, a ValueError says why. False: nothing. The path of a file of skips, or a
        `pylibretro.skips.build_skips.BuildSkips`: this instead of what is known. `CoreBatch.skips` says what is left
        out. It is never more than `skip_rendering` and `sound` allow.
    **core_arguments: Other arguments of `CoreSpec`, for all copies; the cores of a batch take no netpacket, on_message
        or record_calls.

Raises:
    As `Core`; the exception has the number of the core as `index`. ValueError and TypeError for wrong arguments.

A batch belongs to one thread at a time. `batch[i]` is the i-th `Core`, to be used between steps.

>>> from pylibretro import CoreBatch, Joypad
>>> with CoreBatch("2048", count=3) as batch:
...     batch.run(2, [Joypad.START, 0, Joypad.START]).tolist()
...     batch.frames.shape
[2, 2, 2]
(3, 240, 320, 3)
"""

    def __init__(self, path, content=None, *, count=None, threads=None, recv_size=None, observation=None,
                 audio_window=None, watches=None, watch_deltas=False, reward=None, done=None, stop_when_done=False,
                 skip_rendering=None, pictures=True, sound=True, skips=None, **core_arguments):
        if self.specs is not None:
            raise TypeError("a CoreBatch is opened once, by its constructor")
        self.specs = batch_specs(path, content, count, core_arguments)
        wanted = positive(threads, "threads") if threads is not None else available_processors()
        self.threads = min(wanted, len(self.specs))
        wanted = positive(recv_size, "recv_size") if recv_size is not None else len(self.specs)
        self.recv_size = wanted
        if wanted > len(self.specs):
            raise ValueError(f"recv_size is {recv_size}, but there are {len(self.specs)} cores")
        if observation is not None and not isinstance(observation, Observation):
            raise TypeError(f"observation is {observation!r}; an Observation is needed")
        if audio_window is not None and not isinstance(audio_window, AudioWindow):
            raise TypeError(f"audio_window is {audio_window!r}; an AudioWindow is needed")
        if audio_window is not None and not sound:
            raise ValueError("audio_window needs sound, and sound is False; leave one of them out")
        if stop_when_done and done is None:
            raise ValueError("stop_when_done needs the rule done=")
        if observation is not None and not pictures:
            raise ValueError("observation needs pictures, and pictures is False; leave one of them out")
        self.observation = observation
        self.audio_window = audio_window
        self.wants_deltas = bool(watch_deltas)
        self.pool = BlockPool(BLOCKS_KEPT_AT_MOST)
        self.states = StatePool(STATE_BYTES_KEPT)
        self.engine.stop_when_done = bool(stop_when_done)
        self.engine.pictureless = not pictures
        named = named_watches(watches)
        self.lanes.watches = named
        self.watch_names = self.lanes.watch_names = tuple(named)
        self.lanes.compile_rules(reward, done)
        skips = skips if isinstance(skips, _Proven) else checked_skips(skips)
        self.hears = bool(sound)
        self.works = works_of(self.specs, skips, skip_rendering is not False, not sound, stop_when_done and pictures,
                              CoreBatch)
        self.closing = False
        try:
            self.cores = open_cores(self.specs, self.works, self.threads)
            self.lanes.make(self.cores)
            self.lanes.find_skips(self.cores, skip_rendering, sound)
            self.lanes.leave_out(self.works)
            self.lanes.prepare_observers(observation, self.specs)
            self.lanes.prepare_audio_windows(audio_window)
            self.landing = None
            self.last = StepArrays()
            self.start_team()
        except BaseException:
            self.close()
            raise
        _open_batches.add(self)

    # ---- life ------------------------------------------------------------------------------------------------------

    cdef int flush_all_save_ram(self) except -1:
        """Write the save RAM of all cores that are not in flight, while they are all still there."""
        problem = None
        for core in self.cores:
            try:
                core.flush_save_ram()
            except OSError as error:
                problem = problem or error
            except LibretroError:
                pass  # it has crashed, has no content, or is in flight
        if problem is not None:
            raise problem
        return 0

    def close(self, *, save=True):
        """Stop the threads and close all Cores; closing again does nothing.

        Args:
            save: Whether to write save RAM; False to close a batch whose save RAM cannot be written.

        Raises:
            CoreBusyError: Another thread is inside this batch.
            OSError: Save RAM of a core could not be written. The batch stays open: try again when there is room, or
                copy the core's `memory.save_ram` and use `close(save=False)`.
        """
        cdef size_t i
        if self.closing and not self.cores:
            return
        if platform_atomic_exchange(&self.busy, 1):
            raise CoreBusyError("another thread is inside this CoreBatch; one batch is one thread's at a time")
        try:
            if save and not self.closing and self.made_in == fork_generation():
                self.flush_all_save_ram()
            self.closing = True
            if self.made_in != fork_generation():
                workers_abandon(self.team)
            else:
                platform_atomic_store(&self.engine.stopping, 1)
                with nogil:
                    workers_stop(self.team)
            self.team = NULL
            for i in range(self.engine.count):
                if lane_of(self.engine, i).in_flight:
                    lane_of(self.engine, i).in_flight = False
                    (<CoreBase> self.cores[i]).leave()
            cores, self.cores = self.cores, ()
            problem = None
            for core in cores:
                try:
                    core.close(save=save)
                except OSError as error:
                    problem = error
                    core.close(save=False)
            self.lanes.free_lanes()
        finally:
            platform_atomic_store(&self.busy, 0)
        if problem is not None:
            raise problem

    def __del__(self):
        try:
            self.close()
        except Exception:
            pass  # garbage collection has nobody to tell

    @property
    def skips(self):
        """What each core leaves out of frames that nobody sees or hears, a `SkippedWork` with the attributes `unseen`
        and `unheard`, names of places in its code, and `reason`: why not more.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", skips=False) as batch:
        ...     [bool(work) for work in batch.skips], batch.skips[0].reason
        ([False], 'skips is False')
        """
        self.check()
        return list(self.works)

    def prove_skips(self, states):
        """Compare what is left out with what is not from states of the game, as was done from power-on.

        A core leaves nothing out any more where this makes a difference. The answer is remembered, so that it takes
        time once for each game and state. Envs do it for the states in which episodes begin.

        Args:
            states: `State`s of the game, such as those of its levels.

        Raises:
            CoreBusyError: Another thread is inside this batch, or steps that were sent are under way.
            TypeError: One of them is no `State`.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048") as batch:
        ...     batch.prove_skips(batch.save_states())
        ...     bool(batch.skips[0])
        False
        """
        given = list(states)
        for state in given:
            if not isinstance(state, State):
                raise TypeError(f"states holds {type(state).__name__}; States are needed")
        with self.idle():
            for state in given:
                self.works = works_from(self.specs, self.works, state, CoreBatch)
            self.lanes.leave_out(self.works)

    @property
    def closed(self):
        """Whether the batch has been closed."""
        return bool(self.closing)

    def __enter__(self):
        self.check()
        return self

    def __exit__(self, *exception):
        self.close()

    def __repr__(self):
        names = ", ".join(sorted({core.name for core in self.cores}))
        return f"<pylibretro.CoreBatch of {len(self.cores)} ({names})>" if self.cores else \
            "<pylibretro.CoreBatch (closed)>"

    def __len__(self):
        return len(self.specs)

    def __getitem__(self, index):
        self.check()
        return self.cores[index]

    def __iter__(self):
        self.check()
        return iter(self.cores)

    def reopen(self, index, states=None, *, frames=0):
        """Close cores and open them again as they were at first, such as one that has crashed.

        What is in no state is as it was at first, too: this is how a machine gets into a state exactly, on any core.

        Args:
            index: Numbers of the cores.
            states: What they are put into then: a `State`, bytes or None for each of `index`.
            frames: How many frames each of them then runs, with nothing pressed.

        Raises:
            CoreBusyError: One of them has a step under way.
            StateError: A core refuses its state.
            Others: As the constructor. Cores that could not be opened stay as they were; one with a `save_dir` is
                closed then.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2) as batch:
        ...     frames_run = batch.run(10)
        ...     batch.reopen([1])
        ...     [core.frame_count for core in batch]
        [10, 0]
        """
        cdef list numbers
        cdef Py_ssize_t count = frame_count_from(frames)
        self.check()
        numbers = core_numbers(index, self.engine.count).tolist()
        given = [None] * len(numbers) if states is None else list(states)
        if len(given) != len(numbers):
            raise ValueError(f"there are {len(given)} states for {len(numbers)} cores; one for each is needed")
        with self.entered():
            reopen_lanes(self, numbers, given, count, False)

    # ---- a step ----------------------------------------------------------------------------------------------------

    def run(self, frames=1, inputs=None, *, out=None, begins=None):
        """Run frames of all cores without the GIL (`retro_run`).

        Args:
            frames: How many frames each core runs; or (count,) integers, how many each of them runs. A core that
                runs none shows what it showed before, and has no reward.
            inputs: Joypad masks as uint16, or records of `pylibretro.PORT_INPUT`, instead of each core's live input:
                (count,) or (count, ports) held through all frames, or (frames, count, ports), where the cores that
                run fewer frames than others take the first ones.
            out: Where the observations go instead of a new array: C-contiguous, of the shape and dtype of
                `observations`. A NumPy array, or anything with the buffer protocol or DLPack: a PyTorch tensor in
                the processor's memory (a pinned one, too), an `array.array`, a `memoryview`, shared memory; a buffer
                with a single dimension needs the size only, and one of bytes may hold any dtype. `observations` is
                then a view of it.
            begins: (count,) bool: cores whose game begins when these frames have run, such as those that have just
                been put into a state. Rewards and the rule `done` leave these frames out; stacks, audio windows,
                watches and the `frames` of rules begin after them, as after `reset`.

        Returns:
            (count,) int64: frames that each core ran; fewer only where a core asked to shut down or, with
            `stop_when_done`, where the game was over.

        Raises:
            CoreBusyError: Another thread is inside the batch or one of its Cores, or steps that were sent are under
                way.
            ValueError, TypeError: `inputs` or `out` does not fit; `out` cannot be written, or is on a graphics card.
            CoreCrashedError, ProtocolError, AddressError, ...: As for `Core.run`, with the number of the core as
                `index` and those of all that failed as `errors`. The other cores have finished their step; the rows
                of those that failed are zero.
            KeyboardInterrupt: Ctrl-C; cores may then have run different numbers of frames.

        >>> from pylibretro import CoreBatch, Observation
        >>> shown = Observation(size=(84, 84), gray=True, pool=2, stack=4)
        >>> with CoreBatch("2048", count=2, observation=shown) as batch:
        ...     frames_run = batch.run(4)
        ...     batch.observations.shape, batch.observations.dtype
        ((2, 4, 84, 84), dtype('uint8'))
        """
        cdef StepFrames counts = StepFrames(frames, begins, self.engine.count)
        cdef BatchInputs given = None
        self.check()
        if inputs is not None:
            given = BatchInputs(inputs, counts.most, self.engine.count)
        with self.idle():
            self.step(counts, given, self.new_arrays(counts.most, out, self.wants_deltas))
            return self.last.frames_run

    def run_until(self, rule, max_frames, inputs=None):
        """Run each core until a rule holds after one of its frames.

        Args:
            rule: An expression over the watches, see `compile_rule`.
            max_frames: How many frames a core runs at most.
            inputs: As for `run`.

        Returns:
            (count,) bool: where the rule held; `frames_run` says after how many frames.

        Raises:
            RuleError: The rule cannot be understood; or it asks for `initial` of a range of memory that neither
                `reward` nor `done` names, so that nobody knows what was there at the last reset.
            Others: As for `run`.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2, watches={"score": (0x20, "<u4")}) as batch:
        ...     batch.run_until("frames >= 7", 100).tolist(), batch.frames_run.tolist()
        ([True, True], [7, 7])
        """
        cdef RuleHolder holder = RuleHolder()
        cdef StepFrames counts = StepFrames(operator.index(max_frames), None, self.engine.count)
        cdef BatchInputs given = None
        cdef bint follows_rules = self.engine.follows_rules
        self.check()
        if inputs is not None:
            given = BatchInputs(inputs, counts.most, self.engine.count)
        with self.idle():
            self.lanes.watch_until(rule, &holder.compiled)
            matched = self.pool.array((self.engine.count,), _BOOL)
            self.engine.until = &holder.compiled
            self.engine.results.matched_flags = <uint8_t *> array_data(matched)
            self.engine.follows_rules = True
            try:
                self.step(counts, given, self.new_arrays(counts.most, None, False))
            finally:
                self.lanes.watch_as_before()
                self.engine.until = NULL
                self.engine.results.matched_flags = NULL
                self.engine.follows_rules = follows_rules
            return matched

    # ---- what a step left ------------------------------------------------------------------------------------------

    @property
    def observations(self):
        """What a learner sees of the last step's pictures: (count, ...) as the `Observation` says; None without one.

        The array is yours to keep: the next step writes into another one. Before the first step it is black.
        """
        self.check()
        if self.last.observations is None and self.observation is not None:
            self.observe_now()
        return self.last.observations

    @property
    def audio_windows(self):
        """The sound up to the end of the last step: (count, length, channels) as the `AudioWindow` says; None without
        one and before the first step. The array is yours."""
        self.check()
        return self.last.audio_windows

    @property
    def watches(self):
        """The watched values after the last step: (count, K) int64, or float64 when one of them is a floating-point
        number; None before the first step and without watches."""
        self.check()
        return self.last.watches

    @property
    def watch_deltas(self):
        """How each watched value changed in each frame of the last `run`: (frames, count, K) of the dtype of `watches`;
        None unless the batch was made with `watch_deltas=True`."""
        self.check()
        return self.last.watch_deltas

    @property
    def rewards(self):
        """The last step's rewards, summed over its frames: (count,) float64, or (count, R) for a sequence of rules;
        None without any."""
        self.check()
        return self.last.rewards

    @property
    def done(self):
        """Whether the rule `done` held after any frame of the last step: (count,) bool; None without one."""
        self.check()
        return self.last.done

    @property
    def frames_run(self):
        """Frames that each core ran in the last step: (count,) int64; None before the first."""
        self.check()
        return self.last.frames_run

    @property
    def frames(self):
        """The last picture of each core: a new (count, H, W, 3) uint8 array, RGB, upright.

        H and W are those of the largest; smaller ones lie in the upper left corner, and the rest is black;
        `frame_sizes` has their sizes.

        Raises:
            LibretroError: The batch was made with `pictures=False`.
        """
        return self.pictures()[0]

    @property
    def frame_sizes(self):
        """Height and width of each core's last picture: (count, 2) int32; 0 where there was none."""
        return self.pictures()[1]

    @property
    def audio(self):
        """All samples of the last step of each core: a list of (n, 2) int16 arrays."""
        self.check()
        return [core.audio for core in self.cores]

    # ---- states ----------------------------------------------------------------------------------------------------

    def save_states(self, index=None, *, out=None):
        """Save the state of cores (`retro_serialize`), several at a time.

        Args:
            index: Numbers of the cores; all unless given.
            out: A writable C-contiguous (n, size) uint8 array for the cores' own bytes, whose rows have room for the
                largest of the states, or other memory, as for `run`; it is returned. Without it, handles are made.

        Returns:
            A list of `State`, which hold the whole machine and what the batch knows about it: watches at the last
            reset, the stack of observations, the audio window. With `out`, that array.

        Raises:
            StateError: A core has no states, or refused; `index` has its number.
            TypeError, ValueError: `out` does not fit.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2) as batch:
        ...     frames_run = batch.run(10)
        ...     states = batch.save_states()
        ...     frames_run = batch.run(10)
        ...     batch.load_states(states)
        ...     [core.frame_count for core in batch]
        [10, 10]
        """
        cdef size_t i
        cdef list states = None
        self.check()
        numbers = core_numbers(index, self.engine.count)
        with self.idle():
            with self.claimed():
                states = save_lanes(self, numbers)
        if out is None:
            return states
        largest = max([(<State> state).parts.size for state in states], default=0)
        rows = output_array(out, (len(states), None), _UINT8)
        if rows.shape[1] < largest:
            raise ValueError(f"out has shape {rows.shape}; rows of at least {largest} bytes are needed")
        for i, state in enumerate(states):
            rows[i, :state.size] = numpy.frombuffer(state, numpy.uint8)
            rows[i, state.size:] = 0
        return out

    def load_states(self, states, index=None, *, reopen=False):
        """Put cores into states, several at a time (`retro_unserialize`).

        The states of some cores do not hold all of the machine (see `restoring`): what they leave out stays as it is
        in each core, unless it is opened again.

        Args:
            states: A `State` for all; or a sequence of `State` or of bytes, or a (n, size) uint8 array or tensor, as
                `save_states` returns them.
            index: Which of them each core gets: (count,), -1 for a core that stays as it is. Without it, core i gets
                state i. A state may be given to many cores.
            reopen: Whether the cores are opened again before; that takes some milliseconds for each.

        Raises:
            StateError: A core refused its state, or the state is from another core or content; `index` has the core's
                number. The others have been loaded.
            CoreBusyError: One of these cores has a step under way; those that are left as they are may have one.
            IndexError, TypeError, ValueError: `states` and `index` do not fit. Nothing has been loaded.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=4) as batch:
        ...     frames_run = batch.run(10)
        ...     states = batch.save_states([0, 1])
        ...     batch.load_states(states, [0, 0, 1, -1])
        """
        self.check()
        given, numbers = given_states(states, index, self.engine.count)
        chosen = [given[number] if number >= 0 else None for number in numbers]
        if reopen:
            again = [i for i in range(self.engine.count) if chosen[i] is not None]
            self.reopen(again, [chosen[i] for i in again])
            return
        with self.entered():
            if self.in_flight:
                self.load_idle(chosen)
                return
            with self.claimed():
                load_lanes(self, chosen, False)

    cdef int load_idle(self, list states) except -1:
        """Put cores into states while others have steps under way."""
        cdef list claimed = []
        cdef size_t i
        try:
            for i in range(self.engine.count):
                if states[i] is None:
                    continue
                if lane_of(self.engine, i).in_flight:
                    raise CoreBusyError(f"core {i} of the batch has a step under way; recv() it first")
                self.claim(i)
                claimed.append(i)
            load_lanes(self, states, False)
        finally:
            for i in claimed:
                (<CoreBase> self.cores[i]).leave()
        return 0

    @property
    def restoring(self):
        """What came of putting each core, used, and another one, fresh, into the same state: a list of `Restoring`.

        They are compared when somebody asks for the first time, and when `reset` is called; that takes some hundred
        frames of two more Cores for each different spec.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2) as batch:
        ...     [core.differs for core in batch.restoring]
        [(), ()]
        """
        self.check()
        self.find_beginnings()
        return [compare_restoring(spec, state if self.begins_in_states else None)
                for spec, state in zip(self.specs, self.beginnings)]

    @property
    def reset_states(self):
        """Where `reset` puts each core: a list of `State`. Unless set, it is the state after loading, and None for a
        core that has none then.

        Setting takes a `State` for all cores, or a sequence with one for each.
        """
        self.check()
        self.find_beginnings()
        return list(self.beginnings)

    @reset_states.setter
    def reset_states(self, states):
        self.check()
        given, numbers = given_states(states, None, self.engine.count)
        for state in given:
            if not isinstance(state, State):
                raise TypeError(f"reset_states holds {type(state).__name__}; States are needed")
        self.beginnings = [given[number] for number in numbers]
        self.begins_in_states = True

    cdef int find_beginnings(self) except -1:
        if self.beginnings is None:
            known = {}
            for spec in self.specs:
                if id(spec) not in known:
                    known[id(spec)] = state_after_loading(spec)
            self.beginnings = [known[id(spec)] for spec in self.specs]
        return 0

    def reset(self, index=None):
        """Put cores back to `reset_states`, and what runs then is what ran the first time, given the same inputs.

        That is a matter of microseconds for most cores. Those whose states do not bring back all of the machine
        (`restoring`) are opened again, which takes some milliseconds; their Cores are others then.

        The stack of observations begins anew: it holds what the state's last observation shows, if it has one, padded
        as the `Observation` says. Watches and `frames` of rules count from here.

        Args:
            index: Which cores: their numbers, or (count,) bool; all unless given.

        Raises:
            CoreBusyError: Steps that were sent are under way.
            Others: As the constructor, for cores that are opened again.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2) as batch:
        ...     frames_run = batch.run(10)
        ...     batch.reset([1])
        ...     [core.frame_count for core in batch]
        [10, 0]
        """
        self.check()
        self.find_beginnings()
        if index is not None:
            index = numpy.asarray(index)
        if index is not None and index.dtype == numpy.bool_:
            if index.shape != (self.engine.count,):
                raise ValueError(f"index is bool of shape {index.shape}; ({self.engine.count},) is needed")
            index = numpy.flatnonzero(index)
        chosen = set(core_numbers(index, self.engine.count).tolist())
        with self.idle():
            reset_lanes(self, chosen)

    def branch(self, states, inputs, frames=1, *, save=False):
        """Try sequences of inputs, each from a state, on whichever core is free.

        On a core whose states do not bring back all of the machine (see `restoring`), what a branch gives can depend
        on what ran in its core before; `reopen` and `run` instead take no shortcut.

        Args:
            states: The `State` that all begin from, or a sequence with one for each row of `inputs`.
            inputs: (branches, steps) or (branches, steps, ports) uint16 joypad masks, or records of
                `pylibretro.PORT_INPUT`, each held for `frames` frames. There may be more branches than cores.
            frames: Frames of a step.
            save: Whether the states at the ends are wanted.

        Returns:
            A `BranchResult`. The cores are left where the last branches took them.

        Raises:
            StateError, CoreCrashedError, ...: A core failed; `index` has its number.
            TypeError, ValueError: The arguments do not fit.
            KeyboardInterrupt: Ctrl-C.

        >>> from pylibretro import CoreBatch, Joypad
        >>> with CoreBatch("2048", count=2, watches={"score": (0x20, "<u4")}, reward="delta(score)") as batch:
        ...     start = batch.save_states([0])[0]
        ...     tried = batch.branch(start, [[Joypad.START, 0, Joypad.LEFT]] * 5, frames=2)
        ...     tried.rewards.shape, tried.watches.shape
        ((5, 3), (5, 3, 1))
        """
        cdef Py_ssize_t count = frame_count_from(frames)
        cdef batch_engine *engine = self.engine
        cdef Py_ssize_t i, branches, steps
        cdef list beginnings, ends = None
        cdef state_parts **pointers = NULL
        cdef StepArrays arrays = None
        self.check()
        array = numpy.asarray(inputs)
        array = checked_inputs(array if array.ndim != 2 else array[:, :, numpy.newaxis])
        if array.ndim != 3:
            raise ValueError(f"inputs has shape {array.shape}; (branches, steps) or (branches, steps, ports) is needed")
        branches, steps = array.shape[:2]
        beginnings = branch_beginnings(self, states, branches)
        self.enter_idle()
        try:
            pointers = <state_parts **> calloc(2 * branches + 1, sizeof(state_parts *))
            if pointers is NULL:
                raise MemoryError(f"no memory for {branches} branches")
            with self.claimed():
                for i in range(branches):
                    pointers[i] = &(<State> beginnings[i]).parts
                if save:
                    ends = []
                    for i in range(branches):
                        ends.append(room_for_state(self, <size_t> i % engine.count))
                        pointers[branches + i] = &(<State> ends[i]).parts
                arrays = branch_arrays(self, branches, steps)
                engine.branches.states = pointers
                engine.branches.ends = pointers + branches if save else NULL
                engine.branches.count = branches
                engine.branches.steps = steps
                engine.branches.frames = count
                engine.branches.inputs = <const char *> array_data(array)
                engine.branches.ports = array.shape[2]
                engine.branches.input_bytes = engine.branches.ports * array.dtype.itemsize
                engine.branches.records = array.dtype.names is not None
                run_branches(self, arrays)
        finally:
            free(pointers)
            self.leave()
        return BranchResult(arrays.frames_run, arrays.observations, arrays.audio_windows, arrays.watches,
                            arrays.rewards, arrays.done, ends)

    # ---- steps that are sent and received --------------------------------------------------------------------------

    @property
    def steps_in_flight(self):
        """How many steps have been sent and not yet been received."""
        self.check()
        return self.in_flight

    def send(self, inputs=None, frames=1, *, ids=None, begins=None):
        """Let cores run a step in the background; `recv` returns the steps that finish first.

        Args:
            inputs: As for `run`, with a row for each of `ids`.
            frames: How many frames these cores run, or how many each of them, as for `run`.
            ids: Numbers of the cores; all unless given.
            begins: As for `run`, for each of `ids`.

        Raises:
            CoreBusyError: One of them has a step under way that has not been received.
            CoreCrashedError, CoreShutdownError: One of them cannot run any more.
            IndexError, TypeError, ValueError: `ids`, `frames`, `begins` or `inputs` does not fit. Nothing has been
                sent.

        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=3, recv_size=1) as batch:
        ...     batch.send([0, 0, 0], frames=4)
        ...     first = batch.recv()
        ...     batch.send([0], frames=4, ids=first.ids)
        ...     sorted(batch.recv().frames_run.tolist() + first.frames_run.tolist())
        [4, 4]
        """
        cdef StepFrames counts
        cdef BatchInputs given = None
        cdef size_t i, claimed = 0, sent
        cdef const int64_t *chosen
        cdef size_t *items = NULL
        self.check()
        numbers = core_numbers(ids, self.engine.count)
        sent = numbers.shape[0]
        chosen = <const int64_t *> array_data(numbers)
        counts = StepFrames(frames, begins, sent)
        if inputs is not None:
            given = BatchInputs(inputs, counts.most, sent)
        self.enter()
        try:
            for i in range(sent):
                if lane_of(self.engine, chosen[i]).in_flight:
                    raise CoreBusyError(f"core {chosen[i]} of the batch has a step under way; recv() it first")
            items = <size_t *> calloc(sent + 1, sizeof(size_t))
            if items is NULL:
                raise MemoryError("no memory for a step")
            for i in range(sent):
                self.claim(chosen[i])
                claimed += 1
                self.plan_sent(lane_of(self.engine, chosen[i]), counts, given, i)
                items[i] = chosen[i]
            if self.in_flight == 0:
                if self.landing is None:
                    self.landing = self.new_arrays(0, None, False)
                self.landing.receive(self.engine)
            for i in range(sent):
                lane_of(self.engine, chosen[i]).in_flight = True
            if not workers_submit(self.team, run_lane, self.engine, items, sent):
                for i in range(sent):
                    lane_of(self.engine, chosen[i]).in_flight = False
                raise MemoryError("the system gives no thread for steps in the background")
            self.in_flight += sent
            claimed = 0
        finally:
            for i in range(claimed):
                (<CoreBase> self.cores[chosen[i]]).leave()
            free(items)
            self.leave()

    def recv(self, count=None):
        """Wait until `recv_size` of the steps that were sent have finished, and return them.

        Args:
            count: How many to wait for instead, such as those that are left at the end.

        Returns:
            A `BatchResult`, in the order in which the steps finished. Its arrays are yours.

        Raises:
            CoreBusyError: Fewer steps than that are under way: there would be nothing to wait for.
            CoreCrashedError, ...: The step of a core failed; `index` has its number. That step is no longer under
                way. The next call returns the others of these `recv_size` steps.
            KeyboardInterrupt: Ctrl-C; nothing is lost.
        """
        cdef size_t got, wanted
        cdef bint signals = threading.current_thread() is threading.main_thread()
        with self.entered():
            if count is not None or self.failed == self.recv_size:
                self.failed = 0
            wanted = positive(count, "count") if count is not None else self.recv_size - self.failed
            if self.in_flight < wanted:
                raise CoreBusyError(f"{self.in_flight} steps are under way, but recv() waits for {wanted}; send() "
                                    f"more first")
            while self.received < wanted:
                with nogil:
                    got = workers_take(self.team, self.taken + self.received, wanted - self.received,
                                       NANOSECONDS_BETWEEN_LOOKS_AT_SIGNALS)
                self.sort_out(got)
                if signals:
                    PyErr_CheckSignals()
            return self.hand_over()


_open_batches = weakref.WeakSet()


@atexit.register
def _close_open_batches():
    for batch in list(_open_batches):
        try:
            batch.close()
        except Exception:
            pass  # the interpreter is going away

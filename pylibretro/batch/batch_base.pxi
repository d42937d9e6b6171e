# What a CoreBatch is built on: its Cores and lanes, whose turn it is, and a step of them all.

@cython.final
@cython.freelist(8)
cdef class BatchEntry:
    """`with batch.entered():` the batch is this thread's until the block ends."""
    cdef BatchBase batch

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        self.batch.leave()


@cython.final
@cython.freelist(8)
cdef class BatchClaim:
    """`with batch.claimed():` nobody else may step any of its cores until the block ends."""
    cdef BatchBase batch

    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        self.batch.release(self.batch.engine.count)


@cython.no_gc_clear
cdef class BatchBase:
    """The part of `CoreBatch` that opens, steps and attends to its cores."""
    cdef readonly tuple cores
    cdef readonly size_t threads
    cdef readonly size_t recv_size
    cdef readonly object observation
    cdef readonly object audio_window
    cdef readonly tuple watch_names
    cdef list specs
    cdef bint hears  # whether anybody wants to hear anything
    cdef tuple works  # what each core leaves out, a SkippedWork
    cdef Lanes lanes
    cdef batch_engine *engine  # of the lanes
    cdef workers *team
    cdef int made_in  # the process, see fork_generation()
    cdef volatile int busy
    cdef bint closing
    cdef BlockPool pool
    cdef StepArrays last
    cdef StepArrays landing
    cdef StatePool states
    cdef list beginnings  # where reset() puts the cores; None where it opens one again
    cdef bint begins_in_states  # which somebody has chosen
    cdef bint wants_deltas
    cdef size_t in_flight
    cdef size_t *taken
    cdef size_t received
    cdef size_t failed  # of the steps that the next recv would return, had they not raised
    cdef object __weakref__

    def __cinit__(self, *args, **kwargs):
        self.cores = ()
        self.lanes = Lanes()
        self.engine = &self.lanes.engine
        self.closing = True
        self.made_in = fork_generation()

    cdef int start_team(self) except -1:
        cdef bint spin = self.threads <= <size_t> available_processors()
        self.taken = <size_t *> calloc(self.engine.count, sizeof(size_t))
        if self.taken is NULL:
            raise MemoryError(f"no memory for a batch of {self.engine.count} cores")
        self.team = workers_start(self.threads, self.engine.count, spin)
        if self.team is NULL:
            raise MemoryError(f"the system gives no {self.threads} threads; ask for fewer with threads=")
        return 0

    def __dealloc__(self):
        if self.team is not NULL:  # close() failed or never ran
            if self.made_in != fork_generation():
                workers_abandon(self.team)
            else:
                platform_atomic_store(&self.engine.stopping, 1)
                with nogil:
                    workers_stop(self.team)
        free(self.taken)

    cdef int check(self) except -1:
        if self.closing:
            raise ClosedError("this CoreBatch has been closed; open a new one")
        if self.made_in != fork_generation():
            raise CoreForkedError("this CoreBatch was opened before fork() and belongs to the parent process; open "
                                  "one in the child")
        return 0

    cdef int enter(self) except -1:
        self.check()
        if platform_atomic_exchange(&self.busy, 1):
            raise CoreBusyError("another call is inside this CoreBatch; one batch is one thread's at a time")
        if self.closing:  # while this thread was on its way in
            self.leave()
            self.check()
        return 0

    cdef int enter_idle(self) except -1:
        self.enter()
        if self.in_flight:
            waiting = self.in_flight
            self.leave()
            raise CoreBusyError(f"{waiting} cores have steps under way that were sent; recv() them first")
        return 0

    cdef void leave(self) noexcept:
        platform_atomic_store(&self.busy, 0)

    cdef BatchEntry entered(self):
        """Let this thread in, for a `with` block."""
        cdef BatchEntry entry = BatchEntry.__new__(BatchEntry)
        self.enter()
        entry.batch = self
        return entry

    cdef BatchEntry idle(self):
        """As entered(), for a batch that has no steps under way."""
        cdef BatchEntry entry = BatchEntry.__new__(BatchEntry)
        self.enter_idle()
        entry.batch = self
        return entry

    cdef BatchClaim claimed(self):
        """Keep everybody else out of all cores, for a `with` block."""
        cdef BatchClaim claim = BatchClaim.__new__(BatchClaim)
        self.claim_all()
        claim.batch = self
        return claim

    cdef int claim(self, size_t index) except -1:
        """Keep everybody else out of a core while it is stepped."""
        try:
            (<CoreBase> self.cores[index]).enter_running()
        except LibretroError as error:
            raise_of_core(index, error)
        return 0

    cdef int claim_all(self) except -1:
        cdef size_t i = 0
        try:
            for i in range(self.engine.count):
                self.claim(i)
        except BaseException:
            self.release(i)
            raise
        return 0

    cdef void release(self, size_t count) noexcept:
        cdef size_t i
        for i in range(count):
            (<CoreBase> self.cores[i]).leave()

    cdef StepArrays new_arrays(self, Py_ssize_t frames, out, bint deltas):
        cdef StepArrays arrays = StepArrays()
        count = self.engine.count
        arrays.frames_run = self.pool.array((count,), _INT64)
        if self.observation is not None:
            shape = (count, *self.lanes.observation_shape)
            dtype = numpy.dtype(self.observation.dtype)
            arrays.observations = self.pool.array(shape, dtype) if out is None else output_array(out, shape, dtype)
        elif out is not None:
            raise ValueError("out= is for observations, and this batch has none; give it observation=")
        if self.audio_window is not None:
            arrays.audio_windows = self.pool.array((count, *self.audio_window.shape),
                                                   numpy.dtype(self.audio_window.dtype))
        if self.watch_names:
            numbers = _FLOAT64 if self.engine.watch_floats else _INT64
            arrays.watches = self.pool.array((count, len(self.watch_names)), numbers)
            if deltas:
                arrays.watch_deltas = numpy.zeros((frames, count, len(self.watch_names)), numbers)
        if self.engine.rewards is not NULL:
            arrays.rewards = self.pool.array((count, *self.lanes.reward_shape), _FLOAT64)
        if self.engine.done is not NULL:
            arrays.done = self.pool.array((count,), _BOOL)
        return arrays

    cdef void plan_step(self, lane *stepped, Py_ssize_t frames, bint begins) noexcept:
        memset(&stepped.plan, 0, sizeof(run_plan))
        stepped.plan.frames = frames
        stepped.begins = begins
        stepped.plan.before_frame = before_lane_frame
        stepped.plan.after_frame = after_lane_frame
        stepped.plan.context = stepped
        stepped.row = stepped.index
        stepped.begun = stepped.finished = False
        stepped.reason = STOP_WHEN_DONE

    cdef int step(self, StepFrames frames, BatchInputs given, StepArrays arrays) except -1:
        """Run a step of all cores and leave its results in `arrays`."""
        cdef size_t i
        cdef lane *stepped
        arrays.receive(self.engine)
        self.claim_all()
        try:
            for i in range(self.engine.count):
                stepped = lane_of(self.engine, i)
                self.plan_step(stepped, frames.of(i), frames.begins(i))
                if given is not None:
                    given.give(&stepped.plan, i)
            self.last = arrays
            self.run_lanes(frames.most > 1)
        finally:
            self.clear_unfinished()
            self.release(self.engine.count)
        return 0

    cdef int run_lanes(self, bint many_frames) except -1:
        cdef batch_engine *engine = self.engine
        cdef size_t i
        cdef attention watched
        cdef team_work work
        cdef bint again = True
        cdef dict failures = {}
        work.team = self.team
        work.function = run_lane
        work.engine = engine
        begin_attention(&watched, many_frames)
        while again:
            for i in range(engine.count):
                attend_to(&lane_of(engine, i).plan, &watched)
            run_attentively(&watched, let_team_work, &work)
            again = False
            for i in range(engine.count):
                if not self.needs_attention(i):
                    continue
                error = self.attend(i)
                if error is not None:
                    failures[i] = error
                    lane_of(engine, i).finished = True
                elif not lane_of(engine, i).finished:
                    lane_of(engine, i).reason = STOP_WHEN_DONE
                    again = True
        if failures:
            index = min(failures)
            raise_of_core(index, failures[index], failures)
        return 0

    cdef bint needs_attention(self, size_t index) noexcept:
        cdef lane *stepped = lane_of(self.engine, index)
        cdef frontend *f = stepped.f
        return stepped.reason != STOP_WHEN_DONE or frontend_unheard(f) or f.violation[0] or f.out_of_memory

    cdef object attend(self, size_t index):
        """Deliver what a core said, and return the exception that its step is to raise, or None."""
        cdef lane *stepped = lane_of(self.engine, index)
        cdef CoreBase core = self.cores[index]
        try:
            deliver_messages(core)
            if stepped.reason == STOP_FOR_SOURCES:
                core.sources.ask(core)
            if stepped.reason == STOP_AFTER_CRASH:
                core.raise_crash(stepped.plan.outcome)
            core.report()
            if stepped.reason == STOP_FOR_UNMAPPED:
                raise AddressError(f"{core.name} maps not all of the watched addresses")
        except Exception as error:
            return error
        return None

    cdef void clear_unfinished(self) noexcept:
        """A core whose step was cut short has no results: let its rows be zero."""
        cdef batch_engine *engine = self.engine
        cdef lane *stepped
        cdef size_t i
        for i in range(engine.count):
            stepped = lane_of(engine, i)
            stepped.f.video.demand.enabled = True
            stepped.f.video.demand.observer = NULL
            stepped.f.audio_video_enable = RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO
            if stepped.finished and stepped.reason != STOP_AFTER_CRASH and stepped.reason != STOP_FOR_UNMAPPED \
                    and stepped.reason != STOP_FOR_ATTENTION:
                continue
            engine.results.frames_run[i] = stepped.plan.done
            if engine.results.observations is not NULL:
                memset(engine.results.observations + i * engine.observation_bytes, 0, engine.observation_bytes)
            if engine.results.sound is not NULL:
                memset(engine.results.sound + i * engine.sound_bytes, 0, engine.sound_bytes)
            if engine.results.watch_integers is not NULL:
                memset(engine.results.watch_integers + i * engine.watch_count, 0, engine.watch_count * sizeof(int64_t))
            if engine.results.watch_doubles is not NULL:
                memset(engine.results.watch_doubles + i * engine.watch_count, 0, engine.watch_count * sizeof(double))
            if engine.results.reward_sums is not NULL:
                memset(engine.results.reward_sums + i * engine.reward_count, 0, engine.reward_count * sizeof(double))
            if engine.results.done_flags is not NULL:
                engine.results.done_flags[i] = False
            if engine.results.matched_flags is not NULL:
                engine.results.matched_flags[i] = False

    cdef int observe_now(self) except -1:
        """Make an array of what the observers hold."""
        cdef StepArrays arrays = self.new_arrays(0, None, False)
        cdef size_t i
        cdef uint8_t *rows = <uint8_t *> array_data(arrays.observations)
        with self.idle():
            for i in range(self.engine.count):
                observer_write(&lane_of(self.engine, i).observer.observer, rows + i * self.engine.observation_bytes)
        self.last.observations = arrays.observations
        return 0

    cdef tuple pictures(self):
        cdef batch_engine *engine = self.engine
        if engine.pictureless:
            raise LibretroError("this batch was made with pictures=False and keeps none; make one without that to see "
                                "something")
        with self.idle():
            sizes = numpy.zeros((engine.count, 2), dtype=numpy.int32)
            self.claim_all()
            try:
                engine.pictures.sizes = <int32_t *> array_data(sizes)
                with nogil:
                    workers_run(self.team, prepare_convert_lane, engine)
                height, width = sizes.max(axis=0).tolist()
                frames = self.pool.array((engine.count, height, width, 3), _UINT8)
                engine.pictures.rgb = <uint8_t *> array_data(frames)
                engine.pictures.height = height
                engine.pictures.width = width
                with nogil:
                    workers_run(self.team, convert_lane, engine)
            finally:
                engine.pictures.sizes = NULL
                engine.pictures.rgb = NULL
                self.release(engine.count)
            return frames, sizes

    cdef int plan_sent(self, lane *sent, StepFrames frames, BatchInputs given, size_t row) except -1:
        """Plan a step whose input the caller may change as soon as it has been sent."""
        cdef size_t size, rows, i
        cdef char *larger
        self.plan_step(sent, frames.of(row), frames.begins(row))
        if given is None:
            return 0
        given.give(&sent.plan, row)
        rows = sent.plan.frames if given.frame_stride else 1
        size = given.ports * given.item_bytes
        if rows * size > sent.sent_capacity:
            larger = <char *> realloc(sent.sent, rows * size)
            if larger is NULL:
                raise MemoryError("no memory for the input of a step")
            sent.sent = larger
            sent.sent_capacity = rows * size
        for i in range(rows):
            memcpy(sent.sent + i * size,
                   given.data + (row * given.core_stride + i * given.frame_stride) * given.item_bytes, size)
        if given.records:
            sent.plan.records = <const port_input *> sent.sent
        else:
            sent.plan.masks = <const uint16_t *> sent.sent
        sent.plan.input_stride = given.ports if given.frame_stride else 0
        return 0

    cdef int sort_out(self, size_t got) except -1:
        """Keep the steps just taken that have finished; raise what the first failed one has to say."""
        cdef size_t i, index, first = self.received
        cdef lane *stepped
        failures = {}
        for i in range(first, first + got):
            index = self.taken[i]
            stepped = lane_of(self.engine, index)
            error = self.attend(index) if self.needs_attention(index) else None
            if error is not None:
                failures[index] = error
                self.failed += 1
                self.land(index)
            elif not stepped.finished:
                stepped.reason = STOP_WHEN_DONE
                workers_submit(self.team, run_lane, self.engine, &index, 1)
            else:
                self.taken[self.received] = index
                self.received += 1
        if failures:
            index = min(failures)
            raise_of_core(index, failures[index], failures)
        return 0

    cdef void land(self, size_t index) noexcept:
        lane_of(self.engine, index).in_flight = False
        self.in_flight -= 1
        (<CoreBase> self.cores[index]).leave()

    cdef object hand_over(self):
        cdef size_t i
        cdef StepArrays landing = self.landing
        ids = numpy.empty(self.received, dtype=numpy.int64)
        for i in range(self.received):
            ids[i] = self.taken[i]
        result = BatchResult(ids, landing.frames_run[ids], self.rows(landing.observations, ids),
                             self.rows(landing.audio_windows, ids), self.rows(landing.watches, ids),
                             self.rows(landing.rewards, ids),
                             self.rows(landing.done, ids))
        for i in range(self.received):
            self.land(self.taken[i])
        self.received = self.failed = 0
        return result

    cdef object rows(self, array, ids):
        if array is None:
            return None
        taken = self.pool.array((len(ids), *array.shape[1:]), array.dtype)
        numpy.take(array, ids, axis=0, out=taken, mode="clip")
        return taken

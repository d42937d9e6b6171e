# The lanes of a CoreBatch made ready: its rules, watches, observers and windows of sound, in C for the threads.

@cython.final
cdef class RuleHolder:
    cdef rule compiled


@cython.final
@cython.no_gc_clear
cdef class Lanes:
    """The engine of a batch: a lane for each core, and what all of them are asked for."""
    cdef batch_engine engine
    cdef void *memory
    cdef dict watches
    cdef tuple watch_names
    cdef tuple elements  # of ranges that the rules name, behind the watches
    cdef tuple reward_shape
    cdef tuple observation_shape
    cdef dict compiled
    cdef dict kept_alive

    def __cinit__(self):
        self.compiled = {}
        self.elements = ()
        self.kept_alive = {}

    def __dealloc__(self):
        self.free_lanes()

    cdef int compile_rules(self, reward, done) except -1:
        cdef size_t i
        cdef batch_engine *engine = &self.engine
        engine.watch_count = len(self.watch_names)
        engine.follows_rules = reward is not None or done is not None
        if reward is not None:
            rewards = [reward] if isinstance(reward, str) else list(reward)
            self.reward_shape = () if isinstance(reward, str) else (len(rewards),)
            engine.rewards = <rule *> calloc(len(rewards) + 1, sizeof(rule))
            if engine.rewards is NULL:
                raise MemoryError("no memory for rules")
            engine.reward_count = len(rewards)
            for i in range(engine.reward_count):
                self.compile_into(rewards[i], &engine.rewards[i])
        if done is not None:
            engine.done = <rule *> calloc(1, sizeof(rule))
            if engine.done is NULL:
                raise MemoryError("no memory for rules")
            self.compile_into(done, engine.done)
        engine.value_count = engine.watch_count + len(self.elements)
        return 0

    cdef int compile_into(self, text, rule *result) except -1:
        compiled = self.compiled.get(text)
        if compiled is None:
            compiled = compile_rule(text, self.watch_names, elements=self.elements)
            self.compiled[text] = compiled
            self.elements = compiled.elements
        self.use_code(compiled, result)
        return 0

    cdef int use_code(self, compiled, rule *result) except -1:
        code = numpy.require(compiled.code, requirements="CA")
        constants = numpy.require(compiled.constants, requirements="CA")
        self.kept_alive[compiled.text] = (code, constants)
        result.code = <const rule_instruction *> array_data(code)
        result.length = code.shape[0]
        result.constants = <const double *> array_data(constants)
        result.constant_count = constants.shape[0]
        if not rule_check(result, self.engine.watch_count + len(compiled.elements)):
            raise RuleError(f"the compiled form of {compiled.text!r} is not valid")
        return 0

    cdef list element_watches(self, elements):
        """What is to be read for elements of ranges: numbers behind a watch, of its type."""
        cdef list found = []
        for name, behind in elements:
            address, kind, mask = self.watches[name]
            found.append((address + behind * int(kind[2]), kind, mask))
        return found

    cdef int watch_until(self, text, rule *result) except -1:
        """Compile a rule for one run, for which the lanes watch the ranges that it names, too."""
        cdef size_t i
        cdef list added
        compiled = self.compiled.get(text)
        if compiled is None:
            compiled = compile_rule(text, self.watch_names, elements=self.elements)
            self.compiled[text] = compiled
        added = self.element_watches(compiled.elements[len(self.elements):])
        if added and reads_initial(compiled.code, self.engine.value_count):
            raise RuleError(f"{text!r} asks for initial() of a range that is watched from now on only; name the range "
                            f"in reward= or done= of the batch, too")
        self.use_code(compiled, result)
        for i in range(self.engine.count):
            watch_more(lane_of(&self.engine, i), added)
        self.engine.extra_count = len(added)
        return 0

    cdef void watch_as_before(self) noexcept:
        cdef size_t i
        self.engine.extra_count = 0
        for i in range(self.engine.count):
            lane_of(&self.engine, i).watches.count = self.engine.value_count

    cdef int make_lane(self, lane *made, list watches) except -1:
        """Make room for the numbers of a lane."""
        cdef size_t count = len(watches)
        made.numbers = <double *> calloc(3 * count + 1, sizeof(double))
        made.bits_before = <uint64_t *> calloc(count + 1, sizeof(uint64_t))
        made.reward_sums = <double *> calloc(self.engine.reward_count + 1, sizeof(double))
        if made.numbers is NULL or made.reward_sums is NULL or made.bits_before is NULL:
            raise MemoryError("no memory for a batch")
        made.room = count
        made.values = made.numbers
        made.previous = made.values + count
        made.initial = made.previous + count
        prepare_watches(&made.watches, watches)
        return 0

    cdef int make(self, tuple cores) except -1:
        cdef batch_engine *engine = &self.engine
        cdef size_t i, count = len(cores)
        cdef lane *made
        cdef list watches = [*self.watches.values(), *self.element_watches(self.elements)]
        engine.lane_bytes = (sizeof(lane) + CACHE_LINES - 1) // CACHE_LINES * CACHE_LINES
        self.memory = calloc(count + 1, engine.lane_bytes)
        if self.memory is NULL:
            raise MemoryError(f"no memory for a batch of {count} cores")
        engine.lanes = <char *> (<size_t> self.memory + CACHE_LINES - <size_t> self.memory % CACHE_LINES)
        engine.count = count
        for i in range(count):
            made = lane_of(engine, i)
            made.f = (<CoreBase> cores[i]).f
            made.engine = engine
            made.index = i
            self.make_lane(made, watches)
            self.find_watches(cores[i], i)
            engine.watch_floats = watches_hold_floats(&made.watches)  # elements are of the watches' types
        return 0

    cdef int find_watches(self, CoreBase core, size_t index) except -1:
        """Look up where the watched addresses lie in a core that has just been opened."""
        cdef lane *watched = lane_of(&self.engine, index)
        core.enter_loaded()
        try:
            find_bus(core, &watched.watches.bus)
        finally:
            core.leave()
        watched.watches.bus_generation = watched.f.memory_generation
        watched.watches.claimed_ram = NULL
        watched.watches.claimed_size = 0
        return 0

    cdef int find_skips(self, tuple cores, skip_rendering, sound) except -1:
        cdef size_t i
        cdef lane *chosen
        # With a rule that ends steps, any frame may be the last one, whose picture somebody may want.
        cdef bint unsure = skip_rendering is None and self.engine.stop_when_done and not self.engine.pictureless
        for i in range(self.engine.count):
            chosen = lane_of(&self.engine, i)
            info = (<CoreBase> cores[i]).system_info
            proven = proven_skips(info.name, info.version)
            chosen.skips_sound = not sound and proven.audio
            chosen.skips_pictures = not unsure and bool(proven.video if skip_rendering is None else skip_rendering)
        return 0

    cdef int leave_out(self, tuple works) except -1:
        cdef size_t i
        for i in range(self.engine.count):
            lane_of(&self.engine, i).leaves_out_unseen = bool(works[i].unseen)
            lane_of(&self.engine, i).leaves_out_unheard = bool(works[i].unheard)
            frontend_compute_faster(lane_of(&self.engine, i).f, bool(works[i].faster))
        return 0

    cdef int prepare_observers(self, chosen, list specs) except -1:
        cdef batch_engine *engine = &self.engine
        cdef observation_settings *settings = &engine.settings
        cdef observation_rectangle *masks
        cdef size_t i
        cdef lane *prepared
        if chosen is None:
            return 0
        height, width = observed_size(chosen, specs)
        channels = 1 if chosen.gray else 3
        planes = chosen.stack * channels
        self.observation_shape = (planes, height, width) if chosen.layout == "CHW" else (height, width, planes)
        masks = <observation_rectangle *> calloc(len(chosen.mask) + 1, sizeof(observation_rectangle))
        if masks is NULL:
            raise MemoryError("no memory for an observation")
        try:
            settings.width = width
            settings.height = height
            settings.cropped = chosen.crop is not None
            if chosen.crop is not None:
                fill_rectangle(&settings.crop, chosen.crop)
            for i in range(<size_t> len(chosen.mask)):
                fill_rectangle(&masks[i], chosen.mask[i])
            settings.masks = masks
            settings.mask_count = len(chosen.mask)
            settings.rotate = chosen.rotate
            settings.gray = bool(chosen.gray)
            settings.luma = observation_names.LUMAS.index(chosen.gray) if chosen.gray else 0
            settings.pool = chosen.pool
            settings.pool_mode = observation_names.POOL_MODES.index(chosen.pool_mode)
            settings.resize = observation_names.RESIZE_MODES.index(chosen.resize)
            settings.stack = chosen.stack
            settings.padding = observation_names.PADDINGS.index(chosen.padding)
            settings.layout = observation_names.LAYOUTS.index(chosen.layout)
            settings.dtype = observation_names.DTYPES.index(chosen.dtype)
            for i in range(engine.count):
                prepared = lane_of(engine, i)
                settings.maximum_width = prepared.f.av_info.geometry.max_width
                settings.maximum_height = prepared.f.av_info.geometry.max_height
                prepared.observer.face.see = observe_lane
                prepared.observer.face.see_again = observe_lane_again
                prepared.observer.face.take_back = take_observation_back
                if not observer_prepare(&prepared.observer.observer, settings):
                    raise MemoryError("no memory for observations")
            engine.observation_bytes = observer_bytes(settings)
            engine.observing = True
        finally:
            settings.masks = NULL
            settings.mask_count = 0
            free(masks)
        return 0

    cdef int prepare_audio_windows(self, chosen) except -1:
        cdef batch_engine *engine = &self.engine
        cdef audio_window_settings settings
        cdef lane *prepared
        cdef size_t i
        if chosen is None:
            return 0
        settings.length = chosen.length
        settings.rate = chosen.rate or 0
        settings.channels = chosen.channels
        settings.floats = chosen.dtype == "float32"
        for i in range(engine.count):
            prepared = lane_of(engine, i)
            if not audio_window_prepare(&prepared.sound, &settings, prepared.f.av_info.timing.sample_rate):
                raise MemoryError("no memory for audio windows")
        engine.sound_bytes = audio_window_bytes(&settings)
        return 0

    cdef void free_lanes(self) noexcept:
        cdef size_t i
        cdef lane *freed
        cdef batch_engine *engine = &self.engine
        if self.memory is not NULL:
            for i in range(engine.count):
                freed = lane_of(engine, i)
                free(freed.numbers)
                free(freed.bits_before)
                free(freed.reward_sums)
                free(freed.sent)
                free_parts(&freed.beginning)
                free_watches(&freed.watches)
                observer_free(&freed.observer.observer)
                audio_window_free(&freed.sound)
        free(self.memory)
        free(engine.rewards)
        free(engine.done)
        self.memory = NULL
        memset(engine, 0, sizeof(batch_engine))


cdef void fill_rectangle(observation_rectangle *rectangle, values) noexcept:
    rectangle.top, rectangle.left, rectangle.height, rectangle.width = values


cdef int watch_more(lane *watching, list added) except -1:
    """Let a lane watch further numbers behind its own, for one run."""
    cdef size_t count = watching.engine.value_count, every = count + len(added)
    cdef watch_reader more
    cdef double *numbers
    cdef void *larger
    if every > watching.room:
        larger = realloc(watching.watches.watches, (every + 1) * sizeof(watched))
        if larger is not NULL:
            watching.watches.watches = <watched *> larger
            larger = realloc(watching.watches.bits, (every + 1) * sizeof(uint64_t))
        if larger is not NULL:
            watching.watches.bits = <uint64_t *> larger
            larger = realloc(watching.bits_before, (every + 1) * sizeof(uint64_t))
        if larger is not NULL:
            watching.bits_before = <uint64_t *> larger
            larger = calloc(3 * every + 1, sizeof(double))
        if larger is NULL:
            raise MemoryError("no memory for watches")
        numbers = <double *> larger
        memcpy(numbers, watching.values, count * sizeof(double))
        memcpy(numbers + every, watching.previous, count * sizeof(double))
        memcpy(numbers + 2 * every, watching.initial, count * sizeof(double))
        free(watching.numbers)
        watching.numbers = watching.values = numbers
        watching.previous = numbers + every
        watching.initial = numbers + 2 * every
        watching.room = every
    memset(&more, 0, sizeof(watch_reader))
    try:
        prepare_watches(&more, added)
        memcpy(watching.watches.watches + count, more.watches, len(added) * sizeof(watched))
        memset(watching.watches.bits + count, 0, len(added) * sizeof(uint64_t))
    finally:
        free_watches(&more)
    watching.watches.count = every
    return 0


cdef bint reads_initial(code, size_t first):
    """Whether a rule asks for initial values from this one on."""
    for side in ("left", "right"):
        if ((code[f"{side}_bank"] == Bank.INITIAL) & (code[f"{side}_index"] >= first)).any():
            return True
    return False

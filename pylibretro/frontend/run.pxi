# The run loop: frames without the GIL, until something needs Python.

cdef enum:
    NANOSECONDS_BETWEEN_SIGNAL_CHECKS = 50_000_000
    NANOSECONDS_BETWEEN_RARE_SIGNAL_CHECKS = 1_000_000_000
    AUDIO_BUFFER_ENOUGH = 25  # per cent

cdef enum stop_reason:
    STOP_WHEN_DONE
    STOP_AFTER_SHUTDOWN
    STOP_AFTER_CRASH
    STOP_FOR_ATTENTION
    STOP_FOR_LARGER_PICTURE
    STOP_FOR_UNMAPPED
    STOP_FOR_CONTEXT
    STOP_FOR_SOURCES


cdef struct run_plan:
    size_t frames
    size_t done
    int outcome
    uint64_t attention_at
    uint64_t attention_interval
    bint watch_interrupt

    # input of each frame instead of the live input
    const uint16_t *masks
    const port_input *records
    size_t input_ports
    size_t input_stride  # from the input of one frame to that of the next

    # what else is to be done around each frame, by whoever made the plan
    void (*before_frame)(frontend *, run_plan *) noexcept nogil
    int (*after_frame)(frontend *, run_plan *) noexcept nogil
    void *context

    # pictures to keep: kept of them are complete
    size_t every
    size_t kept
    uint8_t *rgb
    unsigned width
    unsigned height
    int32_t *sizes
    int64_t *audio_offsets
    uint64_t rgb_serial
    watch_reader *watches
    int64_t *watch_integers
    double *watch_doubles


cdef void advance_clock(frontend *f) noexcept nogil:
    cdef double fps = f.av_info.timing.fps
    cdef uint64_t before = f.clock_nsec
    if 0.001 < fps < 1_000_000:  # not that of a core that says nonsense
        f.clock_nsec += <uint64_t> (1_000_000_000 / fps)
        f.libc.clock_usec += f.clock_nsec // 1000 - before // 1000


cdef void call_for_sound(frontend *f) noexcept nogil:
    """Let the audio callback make the sound of a frame."""
    cdef double per_frame = f.av_info.timing.sample_rate / f.av_info.timing.fps if f.av_info.timing.fps > 0 else 0
    cdef frontend_timing *timing = &f.timing
    cdef size_t before
    if not 0 < per_frame < AUDIO_BATCH_LIMIT:
        f.audio_callback.callback()
        return
    timing.audio_due = min(timing.audio_due, 1) + per_frame
    while timing.audio_due >= 1:
        before = f.audio.frames
        f.audio_callback.callback()
        if f.audio.frames == before or f.audio_callback.callback is NULL:
            return
        timing.audio_due -= <double> (f.audio.frames - before)


cdef void run_one_frame(void *argument) noexcept nogil:
    cdef frontend *f = <frontend *> argument
    send_keyboard_events(f)
    begin_peripherals_frame(f)
    if f.netpacket is not NULL:
        netpacket_before_frame(f.netpacket)
    if f.frame_time.callback is not NULL:
        f.frame_time.callback(f.frame_time.reference)
    if f.audio_buffer_status.callback is not NULL:
        # As full as the user says: an answer that depended on time would make the core skip frames at random.
        f.audio_buffer_status.callback(f.timing.buffer_occupancy >= 0, max(f.timing.buffer_occupancy, 0),
                                       0 <= f.timing.buffer_occupancy < AUDIO_BUFFER_ENOUGH)
    f.core.run()
    if f.audio_callback.callback is not NULL:
        call_for_sound(f)


cdef void latch_live_input(frontend *f) noexcept nogil:
    memcpy(f.input, f.live, max(f.input_ports, f.live_ports) * sizeof(port_input))
    f.input_ports = f.live_ports
    latch_peripherals(f)


cdef void latch_input(frontend *f, run_plan *plan) noexcept nogil:
    cdef size_t port
    cdef const uint16_t *masks
    f.input_ports = max(f.input_ports, <unsigned> plan.input_ports)
    if plan.masks is not NULL:
        masks = plan.masks + plan.done * plan.input_stride
        for port in range(plan.input_ports):
            f.input[port].joypad = masks[port]
    elif plan.records is not NULL:
        memcpy(f.input, plan.records + plan.done * plan.input_stride, plan.input_ports * sizeof(port_input))


cdef bint keeps_picture(frontend *f, run_plan *plan, bint visible) noexcept nogil:
    cdef size_t until_a_look = plan.frames - 1 - plan.done
    if until_a_look == 0:
        return True
    if visible:
        return False
    if f.frame_count < FRAMES_ON_PROBATION or (f.video.may_repeat or f.asked_can_dupe) \
            and not leaves_pictures_alone(&f.video):
        return True
    if plan.every and plan.every - 1 - plan.done % plan.every < until_a_look:
        until_a_look = plan.every - 1 - plan.done % plan.every
    return until_a_look < FRAMES_BEFORE_A_LOOK


cdef bint complete_capture(frontend *f, run_plan *plan) noexcept nogil:
    """Finish the picture to keep of the frame that has run; False if it does not fit."""
    cdef frontend_video *video = &f.video
    cdef size_t bytes = <size_t> plan.width * plan.height * 3
    cdef uint8_t *rgb = plan.rgb + plan.kept * bytes
    cdef unsigned width = video.last_width, height = video.last_height
    cdef bint turned = video.last_rotation & 1
    if not video.rgb_written:
        if video.rgb_misfit:
            return False
        if plan.kept and plan.rgb_serial == video.sent:
            memcpy(rgb, rgb - bytes, bytes)
            plan.sizes[2 * plan.kept] = plan.sizes[2 * plan.kept - 2]
            plan.sizes[2 * plan.kept + 1] = plan.sizes[2 * plan.kept - 1]
            plan.kept += 1
            return True
        recover_picture(f)
        if not video.has_picture:
            memset(rgb, 0, bytes)
            plan.sizes[2 * plan.kept] = plan.height
            plan.sizes[2 * plan.kept + 1] = plan.width
            plan.kept += 1
            return True
        video.rgb = rgb
        picture_to_rgb(f, video.picture, video.width, video.height,
                       video.width * bytes_per_pixel(video.picture_format), video.picture_format,
                       video.picture_rotation)
        video.rgb = NULL
        if video.rgb_misfit:
            return False
        width = video.width
        height = video.height
        turned = video.picture_rotation & 1
    plan.rgb_serial = video.sent
    plan.sizes[2 * plan.kept] = width if turned else height
    plan.sizes[2 * plan.kept + 1] = height if turned else width
    plan.kept += 1
    return True


cdef int run_frames(frontend *f, run_plan *plan) noexcept nogil:
    cdef int reason = run_in_context(f, plan), outcome
    if f.time_machine.run_ahead is not NULL and not f.crashed:
        outcome = come_back(f)
        if outcome != GUARD_OK:
            plan.outcome = outcome
            return STOP_AFTER_CRASH
    return reason


cdef int run_in_context(frontend *f, run_plan *plan) noexcept nogil:
    """Run the frames of a plan until it is done or something needs Python: a stop_reason."""
    cdef int reason = STOP_FOR_CONTEXT
    cdef bint entered
    while reason == STOP_FOR_CONTEXT:
        if f.hardware.next is not NULL:
            plan.outcome = use_next_context(f)
            if plan.outcome != GUARD_OK:
                return STOP_AFTER_CRASH
        entered = f.hardware.context is not NULL and hardware_enter(&f.hardware)  # once for all frames
        reason = run_planned_frames(f, plan)
        if entered:
            hardware_leave(&f.hardware)
    return reason


cdef int run_planned_frames(frontend *f, run_plan *plan) noexcept nogil:
    cdef frontend_video *video = &f.video
    cdef rewind_history *past = <rewind_history *> f.time_machine.rewind
    cdef run_ahead *ahead = ahead_of(f)
    cdef bint visible, looked_into
    cdef int reason
    cdef size_t row
    if past is not NULL and past.paused:
        past = NULL
    while plan.done < plan.frames:
        if f.shutdown:
            return STOP_AFTER_SHUTDOWN
        if platform_atomic_load(&f.peripherals.hungry):
            return STOP_FOR_SOURCES
        latch_input(f, plan)
        visible = plan.every and (plan.done + 1) % plan.every == 0
        video.keep = keeps_picture(f, plan, visible)
        if plan.before_frame is not NULL:
            plan.before_frame(f, plan)
        if past is not NULL and remember_moment(f, past) == STATE_CRASHED:
            plan.outcome = past.states.guard_outcome
            return STOP_AFTER_CRASH
        video.rgb_written = video.rgb_misfit = False
        video.pictures_in_run = 0
        video.observed_in_run = False
        if visible:
            video.rgb = plan.rgb + plan.kept * <size_t> plan.width * plan.height * 3
            video.rgb_width = plan.width
            video.rgb_height = plan.height
            video.rgb_pitch = <size_t> plan.width * 3
        if ahead is NULL:
            plan.outcome = frontend_call(f, run_one_frame, f)
        else:
            looked_into = past is not NULL or plan.watches is not NULL or plan.after_frame is not NULL \
                or plan.done + 1 == plan.frames
            plan.outcome = run_frame_ahead(f, ahead, looked_into)
        video.rgb = NULL
        if plan.outcome != GUARD_OK:
            return STOP_AFTER_CRASH
        frontend_count_frame(f)
        plan.done += 1
        advance_clock(f)
        if ahead is not NULL:
            if past is not NULL and ahead.known and ahead.slots[0].repeated:
                note_frame_without_picture(f, past)
        elif video.pictures_in_run == 0 and video.enabled:
            watch_repeat(f)
            if video.keep:
                recover_picture(f)
            if past is not NULL:
                note_frame_without_picture(f, past)
        if visible:
            row = plan.kept
            if plan.watches is not NULL:
                reason = read_watches(f, plan.watches, &plan.outcome)
                if reason != STOP_WHEN_DONE:
                    return reason
                if plan.watch_doubles is NULL:
                    watches_as_integers(plan.watches, plan.watch_integers + row * plan.watches.count)
                else:
                    watches_as_doubles(plan.watches, plan.watch_doubles + row * plan.watches.count)
            if plan.audio_offsets is not NULL:
                plan.audio_offsets[row + 1] = f.audio.frames
            if not complete_capture(f, plan):
                return STOP_FOR_LARGER_PICTURE
        if plan.after_frame is not NULL:
            reason = plan.after_frame(f, plan)
            if reason != STOP_WHEN_DONE:
                return reason
        if f.hardware.next is not NULL:
            return STOP_FOR_CONTEXT
        if f.violation[0] or f.out_of_memory or frontend_unheard(f) == FRONTEND_MUCH_UNHEARD:
            return STOP_FOR_ATTENTION
        if plan.watch_interrupt and plan.done < plan.frames and (
                platform_interrupted() or platform_time_nsec() > plan.attention_at):
            return STOP_FOR_ATTENTION
    return STOP_WHEN_DONE


@cython.final
cdef class CaptureSink:
    """The arrays that a capture fills, and what to do when a picture turns out larger than expected."""
    cdef Core core
    cdef Py_ssize_t count
    cdef object frames, sizes, offsets, watch, given
    cdef watch_reader watches
    cdef size_t every
    cdef bint audio

    def __cinit__(self, Core core, Py_ssize_t count, size_t every, out, bint audio, watch):
        self.core = core
        self.count = count
        self.every = every
        self.audio = audio
        self.given = out
        self.sizes = numpy.zeros((count, 2), dtype=numpy.int32)
        if out is not None:
            self.check_out(out)
        if watch is not None:
            self.prepare_watches(watch)

    def __dealloc__(self):
        free_watches(&self.watches)

    cdef int check_out(self, out) except -1:
        if not isinstance(out, numpy.ndarray) or out.dtype != numpy.uint8:
            raise TypeError(f"out is {type(out).__name__} "
                            f"{getattr(out, 'dtype', '')}; a NumPy array of uint8 is needed")
        if out.ndim != 4 or out.shape[0] != self.count or out.shape[3] != 3:
            raise ValueError(f"out has shape {out.shape}; ({self.count}, H, W, 3) is needed")
        if not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("out must be C-contiguous and writable")
        self.frames = out
        return 0

    cdef int prepare_watches(self, watch) except -1:
        cdef size_t i
        prepare_watches(&self.watches, watch_triples(watch))
        find_bus(self.core, &self.watches.bus)
        self.watches.bus_generation = self.core.f.memory_generation
        for i in range(self.watches.count):
            if not gather(&self.watches.watches[i].kind, &self.watches.bus, self.watches.watches[i].address,
                          &self.watches.bits[i]):
                raise AddressError(f"{self.core.name} maps no {self.watches.watches[i].kind.size} bytes at address "
                                   f"{self.watches.watches[i].address:#x}")
        self.watch = numpy.zeros((self.count, self.watches.count),
                                 dtype=numpy.float64 if watches_hold_floats(&self.watches) else numpy.int64)
        return 0

    cdef int prepare(self, run_plan *plan) except -1:
        cdef frontend *f = self.core.f
        cdef bint turned = f.video.picture_rotation & 1
        plan.every = self.every if self.count else 0
        plan.rgb_serial = <uint64_t> -1
        plan.sizes = <int32_t *> array_data(self.sizes)
        if self.frames is None:
            # Before the first picture nothing is known; the first one makes the array grow to its size.
            height = (f.video.width if turned else f.video.height) if f.video.has_picture else 0
            width = (f.video.height if turned else f.video.width) if f.video.has_picture else 0
            self.frames = self.core.pool.array((self.count, height, width, 3), _UINT8)
        self.use_frames(plan)
        if self.audio:
            self.offsets = numpy.zeros(self.count + 1, dtype=numpy.int64)
            plan.audio_offsets = <int64_t *> array_data(self.offsets)
        if self.watch is not None:
            plan.watches = &self.watches
            if self.watch.dtype == numpy.float64:
                plan.watch_doubles = <double *> array_data(self.watch)
            else:
                plan.watch_integers = <int64_t *> array_data(self.watch)
        return 0

    cdef int use_frames(self, run_plan *plan) except -1:
        plan.rgb = <uint8_t *> array_data(self.frames)
        plan.height = self.frames.shape[1]
        plan.width = self.frames.shape[2]
        return 0

    cdef int grow(self, run_plan *plan) except -1:
        """The picture that has just come is larger than the array: make room, and complete it."""
        cdef frontend *f = self.core.f
        cdef frontend_video *video = &f.video
        cdef bint turned = video.picture_rotation & 1
        height = max(plan.height, video.width if turned else video.height)
        width = max(plan.width, video.height if turned else video.width)
        if self.given is not None:
            raise ValueError(f"out has shape {self.given.shape}, but the core sent a picture of {height} x {width} "
                             f"pixels")
        larger = self.core.pool.array((self.count, height, width, 3), _UINT8)
        if plan.kept:
            larger[:plan.kept] = 0
            larger[:plan.kept, :plan.height, :plan.width] = self.frames[:plan.kept]
        self.frames = larger
        self.use_frames(plan)
        video.rgb_width = plan.width
        video.rgb_height = plan.height
        video.rgb_pitch = <size_t> plan.width * 3
        video.rgb_misfit = False
        with nogil:
            complete_capture(f, plan)
        return 0

    cdef object result(self, run_plan *plan):
        frames = self.frames[:plan.kept]
        sizes = self.sizes[:plan.kept]
        shape = numpy.array(frames.shape[1:3], dtype=numpy.int32)
        varied = None
        if plan.kept and not (sizes == shape).all():
            if self.given is None and (sizes == sizes[0]).all():
                frames = numpy.ascontiguousarray(frames[:, :sizes[0, 0], :sizes[0, 1]])
            else:
                varied = sizes
        return Capture(
            frames=frames,
            sizes=varied,
            audio=audio_as_array(self.core.f, self.core.pool) if self.audio else None,
            audio_offsets=self.offsets[:plan.kept + 1] if self.audio else None,
            watch=self.watch[:plan.kept] if self.watch is not None else None,
        )


cdef list watch_triples(watch):
    return [watch_triple(value) for value in (watch.values() if hasattr(watch, "values") else watch)]


cdef int use_inputs(Core core, run_plan *plan, FrameInputs given) except -1:
    if given is not None:
        plan.masks = given.masks
        plan.records = given.records
        plan.input_ports = plan.input_stride = given.ports
    return 0


cdef int step_core(Core core, run_plan *plan, CaptureSink sink) except -1:
    cdef frontend *f = core.f
    cdef uint64_t before
    cdef int reason = STOP_FOR_ATTENTION
    cdef bint signals = plan.frames > 1 and threading.current_thread() is threading.main_thread()
    if core.port is not None:
        core.transport.exchange(core.port)
    empty_audio(f)
    ready_to_run(core)
    f.video.rgb = NULL
    latch_live_input(f)
    if core.tape is not None:
        core.tape.attach(plan)
    plan.attention_interval = NANOSECONDS_BETWEEN_SIGNAL_CHECKS
    if signals:
        platform_watch_interrupt()
    while True:
        with nogil:
            plan.attention_at = platform_time_nsec() + plan.attention_interval if signals else <uint64_t> -1
            plan.watch_interrupt = signals
            reason = run_frames(f, plan)
            before = platform_time_nsec()
        if signals:
            # With another thread busy the GIL costs up to 5 ms; Ctrl-C is seen without it.
            waited = platform_time_nsec() - before
            plan.attention_interval = (NANOSECONDS_BETWEEN_RARE_SIGNAL_CHECKS if waited > 500_000 else
                                       NANOSECONDS_BETWEEN_SIGNAL_CHECKS)
            platform_clear_interrupted()
            PyErr_CheckSignals()
        deliver_messages(core)
        hush_second(core)
        if reason == STOP_AFTER_CRASH:
            core.raise_crash(plan.outcome)
        core.report()
        if core.tape is not None:
            core.tape.listen()
        if reason == STOP_FOR_SOURCES:
            core.sources.ask(core)
        elif reason == STOP_FOR_LARGER_PICTURE:
            sink.grow(plan)
        elif reason == STOP_FOR_UNMAPPED:
            raise AddressError(f"{core.name} no longer maps a watched address")
        elif reason != STOP_FOR_ATTENTION:
            break
    if core.tape is not None:
        core.tape.finish()
    if core.f.display_is_old:
        update_option_display(core)
    if core.port is not None:
        core.transport.exchange(core.port)
    return 0

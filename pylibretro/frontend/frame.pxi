# One frame of a core: what it is told before, and its sound after.


cdef enum:
    AUDIO_BUFFER_ENOUGH = 25  # per cent


cdef void advance_clock(frontend *f) noexcept nogil:
    cdef double fps = f.av_info.timing.fps
    cdef uint64_t before = f.clock_nsec
    if 0.001 < fps < 1_000_000:  # not the rate of a core that says nonsense
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
    join_foreign_audio(f)


name_call(run_one_frame, "retro_run")


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

# Time: what cores are told about it, and what they say about their own.

cdef bint answer_target_refresh_rate(frontend *f, float *rate) noexcept nogil:
    if rate is NULL:
        return False
    rate[0] = f.timing.refresh_rate
    return True


cdef bint answer_target_sample_rate(frontend *f, unsigned *rate) noexcept nogil:
    if rate is NULL or f.timing.sample_rate == 0:
        return False
    rate[0] = f.timing.sample_rate
    return True


cdef bint answer_throttle_state(frontend *f, retro_throttle_state *throttle) noexcept nogil:
    if throttle is NULL:
        return False
    throttle[0] = f.timing.throttle
    return True


cdef bint set_fast_forwarding_override(frontend *f, const retro_fastforwarding_override *wanted) noexcept nogil:
    if wanted is not NULL:  # NULL is a question: is this command understood?
        f.timing.fast_forwarding_override = wanted[0]
        f.timing.overridden = True
    return True


cdef bint set_frame_time_callback(frontend *f, const retro_frame_time_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.frame_time = callback[0]
    return True


cdef bint set_audio_callback(frontend *f, const retro_audio_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.audio_callback = callback[0]
    return True


cdef bint set_audio_buffer_status_callback(frontend *f,
                                           const retro_audio_buffer_status_callback *callback) noexcept nogil:
    if callback is NULL:
        f.audio_buffer_status.callback = NULL
    else:
        f.audio_buffer_status = callback[0]
    return True


cdef bint set_minimum_audio_latency(frontend *f, const unsigned *milliseconds) noexcept nogil:
    f.minimum_audio_latency = milliseconds[0] if milliseconds is not NULL else 0
    return True


cdef bint answer_perf_interface(frontend *f, retro_perf_callback *perf) noexcept nogil:
    if perf is NULL or f.slot is NULL:
        return False
    perf.get_time_usec = f.callbacks.get_time_usec
    perf.get_cpu_features = frontend_cpu_features
    perf.get_perf_counter = f.callbacks.get_perf_counter
    perf.perf_register = f.callbacks.perf_register
    perf.perf_start = f.callbacks.perf_start
    perf.perf_stop = f.callbacks.perf_stop
    perf.perf_log = f.callbacks.perf_log
    return True


cdef bint answer_float_audio(frontend *f, retro_audio_sample_float_callback *audio) noexcept nogil:
    if audio is NULL or f.slot is NULL or not f.audio.keeps_floats:
        return False
    audio.batch = f.callbacks.audio_sample_batch_float
    return True


# ---- for Core --------------------------------------------------------------------------------------------------------

cdef int use_timing(frontend *f, display, real_time) except -1:
    cdef frontend_timing *timing = &f.timing
    timing.sample_rate = display.sample_rate or 0
    timing.refresh_rate = display.refresh_rate
    timing.throttle.mode = RETRO_THROTTLE_UNBLOCKED
    timing.buffer_occupancy = AUDIO_BUFFER_OCCUPANCY
    timing.real_time = real_time
    f.audio.keeps_floats = display.float_audio
    return 0


cdef object throttle_of(const frontend *f):
    return ThrottleState(ThrottleMode(f.timing.throttle.mode), f.timing.throttle.rate)


cdef int use_throttle(frontend *f, wanted) except -1:
    if not isinstance(wanted, ThrottleState):
        wanted = ThrottleState(wanted)
    mode, rate = ThrottleMode(wanted.mode), float(wanted.rate)
    f.timing.throttle.mode = mode
    f.timing.throttle.rate = rate
    return 0


cdef int use_buffer_occupancy(frontend *f, wanted) except -1:
    occupancy = -1 if wanted is None else operator.index(wanted)
    if wanted is not None and not 0 <= occupancy <= 100:
        raise ValueError(f"audio_buffer_occupancy is {occupancy}; it is a percentage, or None where nothing plays")
    f.timing.buffer_occupancy = occupancy
    return 0


cdef object override_of(const frontend *f):
    cdef const retro_fastforwarding_override *wanted = &f.timing.fast_forwarding_override
    if not f.timing.overridden:
        return None
    return FastForwardingOverride(wanted.ratio, wanted.fastforward, wanted.notification, wanted.inhibit_toggle)


cdef list counters_of(CoreBase core):
    """Inside enter() and leave(): the counters lie in the core's memory."""
    cdef retro_perf_counter counter
    cdef timing_counter *entry
    cdef unsigned i
    found = []
    core.lock()
    try:
        for i in range(core.f.timing.counter_count):
            entry = &core.f.timing.counters[i]
            if platform_readable_copy(&counter, entry.counter, sizeof(retro_perf_counter)):
                found.append(PerformanceCounter((<bytes> entry.name).decode("utf-8", "replace"), counter.call_cnt,
                                                counter.total))
    finally:
        core.unlock()
    return found

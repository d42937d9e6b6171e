# Samples: every one of a run() call, in the order of the calls.

cdef enum:
    AUDIO_FRAME_BYTES = 4
    AUDIO_FLOAT_BYTES = 8
    AUDIO_FRAMES_AT_FIRST = 1 << 12
    AUDIO_BATCH_LIMIT = 1 << 22
    AUDIO_FRAMES_TO_KEEP_RESERVED = 1 << 22
    AUDIO_BUFFER_OCCUPANCY = 50  # in per cent
    SAMPLE_RATE_LIMIT = 1 << 20


cdef bint reserve_audio(frontend *f, size_t frames) noexcept nogil:
    cdef size_t capacity = f.audio.capacity if f.audio.capacity else AUDIO_FRAMES_AT_FIRST
    cdef int16_t *larger
    cdef float *larger_floats
    if frames <= f.audio.capacity:
        return True
    while capacity < frames:
        capacity *= 2
    larger = <int16_t *> block_resize(f.audio.samples, f.audio.capacity * AUDIO_FRAME_BYTES,
                                      capacity * AUDIO_FRAME_BYTES)
    if larger is NULL:
        f.out_of_memory = True
        return False
    f.audio.samples = larger
    if f.audio.keeps_floats:
        larger_floats = <float *> block_resize(f.audio.floats, f.audio.capacity * AUDIO_FLOAT_BYTES,
                                               capacity * AUDIO_FLOAT_BYTES)
        if larger_floats is NULL:
            f.audio.frames = f.audio.capacity = 0
            block_free(f.audio.samples, capacity * AUDIO_FRAME_BYTES)
            f.audio.samples = NULL
            f.out_of_memory = True
            return False
        f.audio.floats = larger_floats
    f.audio.capacity = capacity
    return True


cdef void integers_to_floats(frontend *f, size_t frames) noexcept nogil:
    cdef size_t first = 2 * f.audio.frames, i
    for i in range(first, first + 2 * frames):
        f.audio.floats[i] = f.audio.samples[i] * <float> (1 / 32768.0)


cdef inline int16_t nearest_sample(float value) noexcept nogil:
    """The nearest of 65536 steps from -1 to 1, or of two the one farther from 0; NaN is silence."""
    cdef double scaled = <double> value * 32768
    if not scaled > -32768:
        return -32768 if scaled <= -32768 else 0
    if scaled >= 32767:
        return 32767
    return <int16_t> (scaled - 0.5 if scaled < 0 else scaled + 0.5)


cdef void hear_foreign(frontend *f, const int16_t *data, const float *floats, size_t frames) noexcept nogil:
    """Keep what a thread of the core's own sends, at any time, until the frame that runs or comes next has ended."""
    cdef foreign_audio *foreign = &f.audio.foreign
    cdef size_t capacity, i
    cdef int16_t *larger
    cdef bint room = True
    platform_mutex_lock(&f.lock)
    if foreign.frames + frames > foreign.capacity:
        capacity = max(2 * foreign.capacity, max(foreign.frames + frames, <size_t> AUDIO_FRAMES_AT_FIRST))
        larger = NULL
        if capacity <= AUDIO_BATCH_LIMIT:
            larger = <int16_t *> realloc(foreign.samples, capacity * AUDIO_FRAME_BYTES)
        room = larger is not NULL
        if room:
            foreign.samples = larger
            foreign.capacity = capacity
    if room:
        if data is not NULL:
            memcpy(foreign.samples + 2 * foreign.frames, data, frames * AUDIO_FRAME_BYTES)
        else:
            for i in range(2 * frames):
                foreign.samples[2 * foreign.frames + i] = nearest_sample(floats[i])
        foreign.frames += frames
    platform_mutex_unlock(&f.lock)
    if not room:
        frontend_violation(f, "its own threads sent more than %zu audio frames within one frame",
                           <size_t> AUDIO_BATCH_LIMIT)


cdef void join_foreign_audio(frontend *f) noexcept nogil:
    """Behind the frame's own samples come those of other threads."""
    cdef foreign_audio *foreign = &f.audio.foreign
    if foreign.frames == 0:
        return
    platform_mutex_lock(&f.lock)
    if reserve_audio(f, f.audio.frames + foreign.frames):
        memcpy(f.audio.samples + 2 * f.audio.frames, foreign.samples, foreign.frames * AUDIO_FRAME_BYTES)
        if f.audio.keeps_floats:
            integers_to_floats(f, foreign.frames)
        f.audio.frames += foreign.frames
    foreign.frames = 0
    platform_mutex_unlock(&f.lock)


cdef void audio_sample(frontend *f, int16_t left, int16_t right) noexcept nogil:
    cdef int16_t *sample
    cdef int16_t[2] pair
    if f is NULL:
        return
    if not frontend_is_caller(f):
        pair[0] = left
        pair[1] = right
        hear_foreign(f, pair, NULL, 1)
        return
    if not reserve_audio(f, f.audio.frames + 1):
        return
    sample = f.audio.samples + 2 * f.audio.frames
    sample[0] = left
    sample[1] = right
    if f.audio.keeps_floats:
        integers_to_floats(f, 1)
    f.audio.frames += 1


cdef size_t audio_sample_batch(frontend *f, const int16_t *data, size_t frames) noexcept nogil:
    # The answer is always `frames`: some cores send again what was not taken, for ever.
    if f is NULL or data is NULL or frames == 0:
        return frames
    if frames > AUDIO_BATCH_LIMIT:
        frontend_violation(f, "it sent a batch of %zu audio frames", frames)
        return frames
    if not frontend_is_caller(f):
        hear_foreign(f, data, NULL, frames)
    elif reserve_audio(f, f.audio.frames + frames):
        memcpy(f.audio.samples + 2 * f.audio.frames, data, frames * AUDIO_FRAME_BYTES)
        if f.audio.keeps_floats:
            integers_to_floats(f, frames)
        f.audio.frames += frames
    return frames


cdef size_t audio_sample_batch_float(frontend *f, const float *data, size_t frames) noexcept nogil:
    cdef int16_t *samples
    cdef size_t i
    if f is NULL or data is NULL or frames == 0:
        return frames
    if frames > AUDIO_BATCH_LIMIT:
        frontend_violation(f, "it sent a batch of %zu audio frames", frames)
        return frames
    if not frontend_is_caller(f):
        hear_foreign(f, NULL, data, frames)
    elif reserve_audio(f, f.audio.frames + frames):
        samples = f.audio.samples + 2 * f.audio.frames
        for i in range(2 * frames):
            samples[i] = nearest_sample(data[i])
        if f.audio.keeps_floats:
            memcpy(f.audio.floats + 2 * f.audio.frames, data, frames * AUDIO_FLOAT_BYTES)
        f.audio.frames += frames
    return frames


cdef object audio_as_floats(frontend *f, BlockPool pool):
    array = pool.array((f.audio.frames, 2), _FLOAT32)
    if f.audio.frames:
        memcpy(array_data(array), f.audio.floats, f.audio.frames * AUDIO_FLOAT_BYTES)
    return array


cdef void free_audio(frontend *f) noexcept nogil:
    block_free(f.audio.samples, f.audio.capacity * AUDIO_FRAME_BYTES)
    if f.audio.floats is not NULL:
        block_free(f.audio.floats, f.audio.capacity * AUDIO_FLOAT_BYTES)
    f.audio.samples = NULL
    f.audio.floats = NULL
    f.audio.capacity = 0


cdef object audio_as_array(frontend *f, BlockPool pool):
    array = pool.array((f.audio.frames, 2), _INT16)
    if f.audio.frames:
        memcpy(array_data(array), f.audio.samples, f.audio.frames * AUDIO_FRAME_BYTES)
    return array


cdef void empty_audio(frontend *f) noexcept nogil:
    if f.audio.capacity > AUDIO_FRAMES_TO_KEEP_RESERVED and f.audio.frames < f.audio.capacity // 8:
        free_audio(f)
    f.audio.frames = 0

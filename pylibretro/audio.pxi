# Samples: every one of a run() call, in the order of the calls.

cdef enum:
    AUDIO_FRAME_BYTES = 4
    AUDIO_FRAMES_AT_FIRST = 1 << 12
    AUDIO_BATCH_LIMIT = 1 << 22
    AUDIO_FRAMES_TO_KEEP_RESERVED = 1 << 22


cdef bint reserve_audio(frontend *f, size_t frames) noexcept nogil:
    cdef size_t capacity = f.audio.capacity if f.audio.capacity else AUDIO_FRAMES_AT_FIRST
    cdef int16_t *larger
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
    f.audio.capacity = capacity
    return True


cdef void audio_sample(frontend *f, int16_t left, int16_t right) noexcept nogil:
    cdef int16_t *sample
    if f is NULL or not reserve_audio(f, f.audio.frames + 1):
        return
    sample = f.audio.samples + 2 * f.audio.frames
    sample[0] = left
    sample[1] = right
    f.audio.frames += 1


cdef size_t audio_sample_batch(frontend *f, const int16_t *data, size_t frames) noexcept nogil:
    # The answer is always `frames`: some cores send again what was not taken, for ever.
    if f is NULL or data is NULL or frames == 0:
        return frames
    if frames > AUDIO_BATCH_LIMIT:
        frontend_violation(f, "it sent a batch of %zu audio frames", frames)
        return frames
    if reserve_audio(f, f.audio.frames + frames):
        memcpy(f.audio.samples + 2 * f.audio.frames, data, frames * AUDIO_FRAME_BYTES)
        f.audio.frames += frames
    return frames


cdef object audio_as_array(frontend *f, BlockPool pool):
    array = pool.array((f.audio.frames, 2), _INT16)
    if f.audio.frames:
        memcpy(array_data(array), f.audio.samples, f.audio.frames * AUDIO_FRAME_BYTES)
    return array


cdef void empty_audio(frontend *f) noexcept nogil:
    if f.audio.capacity > AUDIO_FRAMES_TO_KEEP_RESERVED and f.audio.frames < f.audio.capacity // 8:
        block_free(f.audio.samples, f.audio.capacity * AUDIO_FRAME_BYTES)
        f.audio.samples = NULL
        f.audio.capacity = 0
    f.audio.frames = 0

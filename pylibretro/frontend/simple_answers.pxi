# Answers to environment commands that need nothing but the frontend, and what others are made of.


cdef bint answer_flag(void *data, bint value) noexcept nogil:
    if data is not NULL:
        (<cbool *> data)[0] = value
    return True


cdef bint answer_unsigned(void *data, unsigned value) noexcept nogil:
    if data is not NULL:
        (<unsigned *> data)[0] = value
    return True


cdef bint answer_text(void *data, const char *text) noexcept nogil:
    if data is NULL:
        return False
    (<const char **> data)[0] = text
    return True


cdef bint shut_down(frontend *f) noexcept nogil:
    f.shutdown = True
    return True


cdef bint set_performance_level(frontend *f, const unsigned *level) noexcept nogil:
    if level is NULL:
        return False
    f.performance_level = level[0]
    return True


cdef bint set_support_no_game(frontend *f, const uint8_t *supported) noexcept nogil:
    if supported is NULL:
        return False
    f.support_no_game = supported[0] != 0
    return True


cdef bint set_support_achievements(frontend *f, const uint8_t *supported) noexcept nogil:
    if supported is NULL:
        return False
    f.support_achievements = supported[0] != 0
    f.told_of_achievements = True
    return True


cdef bint answer_audio_video_enable(frontend *f, int *enable) noexcept nogil:
    if enable is not NULL:
        enable[0] = f.audio_video_enable
    return True


cdef bint answer_clear_thread_waits(retro_environment_t *callback) noexcept nogil:
    if callback is NULL:
        return False
    callback[0] = frontend_clear_thread_waits
    return True


cdef bint set_poll_type(frontend *f, const unsigned *kind) noexcept nogil:
    if kind is NULL:
        return False
    f.poll_type = kind[0]
    return True

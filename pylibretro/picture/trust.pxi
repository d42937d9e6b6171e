# Whether a core repeats pictures, and leaves those that it sent where it drew them.

cdef enum:
    # A core whose own buffer has been found untouched by its first repeats is trusted to leave it alone.
    REPEATS_BEFORE_TRUST = 16
    LOOKS_BEFORE_TRUST = 16
    # A core that has neither asked whether it may repeat pictures nor done so in its first frames is taken at its
    # word that it draws every frame: from then on pictures nobody will look at are not copied, except small ones
    # and the last few before one that somebody will look at.
    FRAMES_ON_PROBATION = 60
    FRAMES_BEFORE_A_LOOK = 4


cdef bint picture_lies_as_sent(const frontend_video *video) noexcept nogil:
    """Whether the picture that was kept still is where the core drew it."""
    cdef const uint8_t *row = <const uint8_t *> video.last_data
    cdef size_t bytes = video.last_width * bytes_per_pixel(video.last_format)
    cdef unsigned y
    if platform_readable_size(row, video.last_pitch * (video.last_height - 1) + bytes) \
            < video.last_pitch * (video.last_height - 1) + bytes:
        return False
    for y in range(video.last_height):
        if memcmp(row + y * video.last_pitch, video.picture + y * bytes, bytes) != 0:
            return False
    return True


cdef void watch_repeat(frontend *f) noexcept nogil:
    """Find out whether a core that has just repeated a picture still has it where it was."""
    cdef frontend_video *video = &f.video
    video.may_repeat = True
    video.repeats += 1
    if video.unsteady or video.steady_repeats == REPEATS_BEFORE_TRUST or video.kept != video.sent \
            or video.last_data is NULL:
        return
    if picture_lies_as_sent(video):
        video.steady_repeats += 1
    else:
        video.unsteady = True


cdef void watch_afterwards(frontend *f) noexcept nogil:
    """Find out whether the picture of the frame that has just run can still be had from the core."""
    cdef frontend_video *video = &f.video
    if video.unsteady or video.steady_afterwards == LOOKS_BEFORE_TRUST or video.kept != video.sent \
            or video.last_data is NULL:
        return
    if picture_lies_as_sent(video):
        video.steady_afterwards += 1
    else:
        video.unsteady = True


cdef bint keeps_pictures_itself(const frontend_video *video) noexcept nogil:
    # A core that repeats pictures has to have proven more: it may draw over them in the frames that repeat.
    return video.steady_afterwards == LOOKS_BEFORE_TRUST and not video.unsteady \
        and (not video.may_repeat or video.steady_repeats == REPEATS_BEFORE_TRUST)


cdef bint leaves_pictures_alone(const frontend_video *video) noexcept nogil:
    return video.steady_repeats == REPEATS_BEFORE_TRUST


cdef bint may_repeat_pictures(const frontend *f) noexcept nogil:
    """Whether a frame to come may repeat the picture of one that has run."""
    return f.video.may_repeat or f.asked_can_dupe or f.frame_count < FRAMES_ON_PROBATION

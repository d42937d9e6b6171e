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
    """Whether the picture that was kept is still where the core drew it."""
    cdef const uint8_t *row = <const uint8_t *> video.last.data
    cdef size_t bytes = video.last.width * bytes_per_pixel(video.last.format)
    cdef unsigned y
    if platform_readable_size(row, video.last.pitch * (video.last.height - 1) + bytes) \
            < video.last.pitch * (video.last.height - 1) + bytes:
        return False
    for y in range(video.last.height):
        if memcmp(row + y * video.last.pitch, video.picture.pixels + y * bytes, bytes) != 0:
            return False
    return True


cdef void look_at_own_picture(frontend_video *video, unsigned *steady, unsigned enough) noexcept nogil:
    """Count how often the picture that was kept was found where the core drew it, until that is enough."""
    if video.trust.unsteady or steady[0] == enough or video.kept != video.sent or video.last.data is NULL:
        return
    if picture_lies_as_sent(video):
        steady[0] += 1
    else:
        video.trust.unsteady = True


cdef void watch_repeat(frontend *f) noexcept nogil:
    """Find out whether a core that has just repeated a picture still has it where it was."""
    f.video.trust.may_repeat = True
    f.video.repeats += 1
    look_at_own_picture(&f.video, &f.video.trust.steady_repeats, REPEATS_BEFORE_TRUST)


cdef void watch_afterwards(frontend *f) noexcept nogil:
    """Find out whether the picture of the frame that has just run can still be had from the core."""
    look_at_own_picture(&f.video, &f.video.trust.steady_afterwards, LOOKS_BEFORE_TRUST)


cdef bint keeps_pictures_itself(const frontend_video *video) noexcept nogil:
    # A core that repeats pictures has to have proven more: it may draw over them in the frames that repeat.
    return video.trust.steady_afterwards == LOOKS_BEFORE_TRUST and not video.trust.unsteady \
        and (not video.trust.may_repeat or video.trust.steady_repeats == REPEATS_BEFORE_TRUST)


cdef bint leaves_pictures_alone(const frontend_video *video) noexcept nogil:
    return video.trust.steady_repeats == REPEATS_BEFORE_TRUST


cdef bint may_repeat_pictures(const frontend *f) noexcept nogil:
    """Whether a frame to come may repeat the picture of one that has run."""
    return f.video.trust.may_repeat or f.asked_can_dupe or f.frame_count < FRAMES_ON_PROBATION

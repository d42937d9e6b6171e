# Pictures: kept, dropped or written as RGB from the core's own framebuffer, as the running frame asks.

cdef enum:
    BYTES_COPIED_FOR_NOTHING = 48 << 10  # as much is kept even where nobody is known to look at it


cdef void recover_picture(frontend *f) noexcept nogil:
    # A repeat of a picture that was not kept: it still lies where the core drew it, if the core left it there.
    cdef frontend_video *video = &f.video
    if video.kept == video.sent or video.last.data is NULL:
        return
    if video.last.data == RETRO_HW_FRAME_BUFFER_VALID:
        recover_hardware_picture(f)
        return
    keep_picture(f, video.last.data, video.last.width, video.last.height, video.last.pitch, video.last.format, True)
    video.kept = video.sent


cdef void observe_repeat(frontend *f) noexcept nogil:
    """The frame that has run showed the picture from before."""
    cdef frontend_video *video = &f.video
    if video.demand.observed != video.sent:
        recover_picture(f)
    if video.demand.observed == video.sent or not video.picture.exists:
        video.demand.observer.see_again(video.demand.observer, video.demand.observe_last)
        return
    observe_picture(f, video.picture.pixels, video.picture.width, video.picture.height, picture_pitch(&video.picture),
                    video.picture.format, video.picture.rotation)


cdef bint lend_framebuffer(frontend *f, retro_framebuffer *wanted) noexcept nogil:
    """Memory that becomes the picture without being copied (GET_CURRENT_SOFTWARE_FRAMEBUFFER)."""
    cdef frontend_video *video = &f.video
    cdef size_t row, size
    cdef uint8_t *memory
    if wanted is NULL or not video.loan.offered or wanted.width == 0 or wanted.height == 0 \
            or wanted.width > PICTURE_SIDE_LIMIT or wanted.height > PICTURE_SIDE_LIMIT:
        return False
    row = wanted.width * bytes_per_pixel(video.pixel_format)
    size = row * wanted.height
    if size > PICTURE_BYTES_LIMIT:
        return False
    if video.loan.lent and video.loan.frame == f.frame_count and video.loan.pitch == row \
            and video.loan.height == wanted.height and video.loan.format == video.pixel_format:
        memory = video.loan.pixels  # asked for again, perhaps half drawn
    else:
        if size > video.loan.capacity:
            memory = <uint8_t *> malloc(size)
            if memory is NULL:
                return False
            free(video.loan.pixels)
            video.loan.pixels = memory
            video.loan.capacity = size
        memory = video.loan.pixels
        memset(memory, 0, size)  # what a core leaves out is the same in every run
    video.loan.lent = True
    video.loan.frame = f.frame_count
    video.loan.pitch = row
    video.loan.height = wanted.height
    video.loan.format = video.pixel_format
    wanted.data = memory
    wanted.pitch = row
    wanted.format = <retro_pixel_format> video.pixel_format
    wanted.memory_flags = RETRO_MEMORY_TYPE_CACHED
    return True


cdef bint take_lent_picture(frontend *f, unsigned width, unsigned height, size_t pitch) noexcept nogil:
    """The core has drawn into the memory that it was lent: False if that is no picture without padding."""
    cdef frontend_video *video = &f.video
    cdef uint8_t *memory = video.loan.pixels
    cdef size_t capacity = video.loan.capacity
    if pitch != width * bytes_per_pixel(video.pixel_format) or pitch * height > video.loan.pitch * video.loan.height:
        return False
    video.loan.pixels = video.picture.pixels
    video.loan.capacity = video.picture.capacity
    video.loan.lent = False
    video.picture.pixels = memory
    video.picture.capacity = capacity
    video.picture.width = width
    video.picture.height = height
    video.picture.format = video.pixel_format
    video.picture.rotation = video.last.rotation
    video.picture.exists = True
    video.kept = video.sent
    video.last.data = NULL  # there is nothing to find it by but `picture`
    return True


cdef bint begin_picture(frontend *f) noexcept nogil:
    """Let one thread at a time change pictures, and other ones than the core's caller only while it is in the core."""
    while platform_atomic_exchange(&f.video.busy, 1):
        if f.crashed:
            return False  # whoever was in here does not come back
        platform_pause()
    if frontend_is_caller(f) or f.watch.thread:
        return True
    platform_atomic_store(&f.video.busy, 0)
    frontend_violation(f, "it sent a picture from a thread of its own when it had not been called")
    return False


cdef void video_refresh(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch) noexcept nogil:
    if f is NULL or f.watch is NULL or not begin_picture(f):
        return
    take_picture(f, data, width, height, pitch)
    platform_atomic_store(&f.video.busy, 0)


cdef void take_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch) noexcept nogil:
    cdef frontend_video *video
    cdef size_t row
    cdef bint distrust
    cdef bint fleeting = False
    video = &f.video
    if data is NULL or not video.demand.enabled:
        return
    if data == RETRO_HW_FRAME_BUFFER_VALID:
        hardware_refresh(f, width, height)
        return
    row = width * bytes_per_pixel(video.pixel_format)
    if width == 0 or height == 0 or width > PICTURE_SIDE_LIMIT or height > PICTURE_SIDE_LIMIT \
            or row * height > PICTURE_BYTES_LIMIT:
        frontend_violation(f, "it sent a picture of %u x %u pixels", width, height)
        return
    if data == video.picture.pixels:
        return  # what was lent in an earlier frame: it is the picture already
    if video.loan.lent and data == video.loan.pixels and pitch < row:
        pitch = video.loan.pitch  # fceumm tells it in pixels
    if pitch < row and height > 1:
        frontend_violation(f, "it sent a picture of %u x %u pixels whose pitch is %zu bytes, shorter than its rows "
                           "of %zu bytes", width, height, pitch, row)
        return
    distrust = width > f.av_info.geometry.max_width or height > f.av_info.geometry.max_height \
        or pitch > PICTURE_SIDE_LIMIT * 4
    video.sent += 1
    video.pictures_in_run += 1
    video.last.data = data
    video.last.pitch = pitch
    video.last.width = width
    video.last.height = height
    video.last.format = video.pixel_format
    video.last.rotation = video.rotation
    if data == video.loan.pixels:
        if video.loan.lent and take_lent_picture(f, width, height, pitch):
            show_picture(f, video.picture.pixels, width, height, row, video.pixel_format, video.rotation)
            return
        fleeting = True  # the next frame is drawn there
        distrust = True  # and it may be too small
    if distrust:
        if not keep_picture(f, data, width, height, pitch, video.pixel_format, True):
            frontend_violation(f, "it sent a picture of %u x %u pixels with a pitch of %zu bytes, where its maximum is "
                               "%u x %u, that is larger than the memory it points to", width, height, pitch,
                               f.av_info.geometry.max_width, f.av_info.geometry.max_height)
            video.sent -= 1
            return
        if fleeting:
            video.last.data = NULL
        show_picture(f, video.picture.pixels, width, height, row, video.pixel_format, video.rotation)
        return
    show_picture(f, data, width, height, pitch, video.pixel_format, video.rotation)
    if video.demand.keep or video.demand.misfit \
            or (video.demand.rgb is NULL and row * height <= BYTES_COPIED_FOR_NOTHING):
        keep_picture(f, data, width, height, pitch, video.pixel_format, False)

# Pictures: kept, dropped or written as RGB from the core's own framebuffer, as the running frame asks.

cdef enum:
    PICTURE_SIDE_LIMIT = 16384
    PICTURE_BYTES_LIMIT = 1 << 28
    # A core whose own buffer has been found untouched by its first repeats is trusted to leave it alone.
    REPEATS_BEFORE_TRUST = 16
    LOOKS_BEFORE_TRUST = 16
    # A core that has neither asked whether it may repeat pictures nor done so in its first frames is taken at its
    # word that it draws every frame: from then on pictures nobody will look at are not copied, except small ones
    # and the last few before one that somebody will look at.
    BYTES_COPIED_FOR_NOTHING = 48 << 10
    FRAMES_ON_PROBATION = 60
    FRAMES_BEFORE_A_LOOK = 4


cdef inline size_t bytes_per_pixel(int pixel_format) noexcept nogil:
    return 4 if pixel_format == RETRO_PIXEL_FORMAT_XRGB8888 else 2


cdef bint reserve_picture(frontend *f, size_t size) noexcept nogil:
    cdef uint8_t *larger
    if size <= f.video.picture_capacity:
        return True
    larger = <uint8_t *> realloc(f.video.picture, size)
    if larger is NULL:
        f.out_of_memory = True
        return False
    f.video.picture = larger
    f.video.picture_capacity = size
    return True


cdef bint replace_picture(frontend *f, const void *data, size_t row, unsigned height, size_t pitch) noexcept nogil:
    """Copy rows that may not all be there; the picture stays as it is unless they are."""
    cdef uint8_t *copy = <uint8_t *> malloc(row * height)
    cdef unsigned y
    if copy is NULL:
        f.out_of_memory = True
        return False
    for y in range(height):
        if not platform_readable_copy(copy + y * row, <const uint8_t *> data + y * pitch, row):
            free(copy)
            return False
    free(f.video.picture)
    f.video.picture = copy
    f.video.picture_capacity = row * height
    return True


cdef bint keep_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                       int pixel_format, bint distrust) noexcept nogil:
    cdef size_t row = width * bytes_per_pixel(pixel_format)
    if distrust:
        if not replace_picture(f, data, row, height, pitch):
            return False
    elif reserve_picture(f, row * height):
        pixels_copy(data, pitch, row, height, f.video.picture)
    else:
        return False
    f.video.width = width
    f.video.height = height
    f.video.picture_format = pixel_format
    f.video.picture_rotation = f.video.last_rotation
    f.video.has_picture = True
    f.video.kept = f.video.sent
    return True


cdef void put_picture(frontend *f, const uint8_t *pixels, size_t size, unsigned width, unsigned height,
                      int pixel_format, unsigned rotation) noexcept nogil:
    """Make this the last picture that the core has sent."""
    cdef frontend_video *video = &f.video
    if not reserve_picture(f, size):
        return
    memcpy(video.picture, pixels, size)
    video.last_data = NULL
    video.width = video.last_width = width
    video.height = video.last_height = height
    video.picture_format = video.last_format = pixel_format
    video.picture_rotation = video.last_rotation = rotation
    video.has_picture = True
    video.sent += 1
    video.kept = video.sent


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


cdef void recover_picture(frontend *f) noexcept nogil:
    # A repeat of a picture that was not kept: it still lies where the core drew it, if the core left it there.
    cdef frontend_video *video = &f.video
    if video.kept == video.sent or video.last_data is NULL:
        return
    if video.last_data == RETRO_HW_FRAME_BUFFER_VALID:
        recover_hardware_picture(f)
        return
    keep_picture(f, video.last_data, video.last_width, video.last_height, video.last_pitch, video.last_format, True)
    video.kept = video.sent


cdef void picture_to_rgb(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                         int pixel_format, unsigned rotation) noexcept nogil:
    cdef frontend_video *video = &f.video
    cdef bint turned = rotation & 1
    cdef unsigned across = height if turned else width, down = width if turned else height
    if across > video.rgb_width or down > video.rgb_height:
        video.rgb_misfit = True
        return
    if across < video.rgb_width or down < video.rgb_height:
        memset(video.rgb, 0, video.rgb_height * video.rgb_pitch)
    pixels_to_rgb(pixel_format, data, pitch, width, height, video.rgb, video.rgb_pitch, rotation)
    video.rgb_written = True
    video.rgb_misfit = False


cdef void observe_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                          int pixel_format, unsigned rotation) noexcept nogil:
    if f.video.observed_in_run:
        observer_take_back(f.video.observer)  # the last picture of a frame is the one that it shows
    f.video.observed_in_run = True
    if not observer_picture(f.video.observer, f.video.observe_last, pixel_format, data, pitch, width, height,
                            rotation):
        f.out_of_memory = True
    f.video.observed = f.video.sent


cdef void observe_repeat(frontend *f) noexcept nogil:
    """The frame that has run showed what there was before."""
    cdef frontend_video *video = &f.video
    if video.observed != video.sent:
        recover_picture(f)
    if video.observed == video.sent or not video.has_picture:
        observer_repeat(video.observer, video.observe_last)
        return
    observe_picture(f, video.picture, video.width, video.height,
                    video.width * bytes_per_pixel(video.picture_format), video.picture_format, video.picture_rotation)


cdef bint lend_framebuffer(frontend *f, retro_framebuffer *wanted) noexcept nogil:
    """Memory that becomes the picture without being copied (GET_CURRENT_SOFTWARE_FRAMEBUFFER)."""
    cdef frontend_video *video = &f.video
    cdef size_t row, size
    cdef uint8_t *memory
    if wanted is NULL or not video.lends or wanted.width == 0 or wanted.height == 0 \
            or wanted.width > PICTURE_SIDE_LIMIT or wanted.height > PICTURE_SIDE_LIMIT:
        return False
    row = wanted.width * bytes_per_pixel(video.pixel_format)
    size = row * wanted.height
    if size > PICTURE_BYTES_LIMIT:
        return False
    if video.lent and video.lent_in_frame == f.frame_count and video.next_pitch == row \
            and video.next_height == wanted.height and video.next_format == video.pixel_format:
        memory = video.next_picture  # asked for again, perhaps half drawn
    else:
        if size > video.next_capacity:
            memory = <uint8_t *> malloc(size)
            if memory is NULL:
                return False
            free(video.next_picture)
            video.next_picture = memory
            video.next_capacity = size
        memory = video.next_picture
        memset(memory, 0, size)  # what a core leaves out is the same in every run
    video.lent = True
    video.lent_in_frame = f.frame_count
    video.next_pitch = row
    video.next_height = wanted.height
    video.next_format = video.pixel_format
    wanted.data = memory
    wanted.pitch = row
    wanted.format = <retro_pixel_format> video.pixel_format
    wanted.memory_flags = RETRO_MEMORY_TYPE_CACHED
    return True


cdef bint take_lent_picture(frontend *f, unsigned width, unsigned height, size_t pitch) noexcept nogil:
    """The core has drawn into the memory that it was lent: False if that is no picture without padding."""
    cdef frontend_video *video = &f.video
    cdef uint8_t *memory = video.next_picture
    cdef size_t capacity = video.next_capacity
    if pitch != width * bytes_per_pixel(video.pixel_format) or pitch * height > video.next_pitch * video.next_height:
        return False
    video.next_picture = video.picture
    video.next_capacity = video.picture_capacity
    video.lent = False
    video.picture = memory
    video.picture_capacity = capacity
    video.width = width
    video.height = height
    video.picture_format = video.pixel_format
    video.picture_rotation = video.last_rotation
    video.has_picture = True
    video.kept = video.sent
    video.last_data = NULL  # there is nothing to find it by but `picture`
    return True


cdef void video_refresh(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch) noexcept nogil:
    cdef frontend_video *video
    cdef size_t row
    cdef bint distrust
    cdef bint fleeting = False
    if f is NULL:
        return
    video = &f.video
    if data is NULL or not video.enabled:
        return
    if data == RETRO_HW_FRAME_BUFFER_VALID:
        hardware_refresh(f, width, height)
        return
    row = width * bytes_per_pixel(video.pixel_format)
    if width == 0 or height == 0 or width > PICTURE_SIDE_LIMIT or height > PICTURE_SIDE_LIMIT \
            or row * height > PICTURE_BYTES_LIMIT:
        frontend_violation(f, "it sent a picture of %u x %u pixels", width, height)
        return
    if data == video.picture:
        return  # what was lent in an earlier frame: it is the picture already
    if video.lent and data == video.next_picture and pitch < row:
        pitch = video.next_pitch  # fceumm tells it in pixels
    if pitch < row and height > 1:
        frontend_violation(f, "it sent a picture of %u x %u pixels whose pitch is %zu bytes, shorter than its rows "
                           "of %zu bytes", width, height, pitch, row)
        return
    distrust = width > f.av_info.geometry.max_width or height > f.av_info.geometry.max_height \
        or pitch > PICTURE_SIDE_LIMIT * 4
    video.sent += 1
    video.pictures_in_run += 1
    video.last_data = data
    video.last_pitch = pitch
    video.last_width = width
    video.last_height = height
    video.last_format = video.pixel_format
    video.last_rotation = video.rotation
    if data == video.next_picture:
        if video.lent and take_lent_picture(f, width, height, pitch):
            if video.observer is not NULL:
                observe_picture(f, video.picture, width, height, row, video.pixel_format, video.rotation)
            if video.rgb is not NULL:
                picture_to_rgb(f, video.picture, width, height, row, video.pixel_format, video.rotation)
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
            video.last_data = NULL
        if video.rgb is not NULL:
            picture_to_rgb(f, video.picture, width, height, row, video.pixel_format, video.rotation)
        if video.observer is not NULL:
            observe_picture(f, video.picture, width, height, row, video.pixel_format, video.rotation)
        return
    if video.observer is not NULL:
        observe_picture(f, data, width, height, pitch, video.pixel_format, video.rotation)
    if video.rgb is not NULL:
        picture_to_rgb(f, data, width, height, pitch, video.pixel_format, video.rotation)
    if video.keep or video.rgb_misfit or (video.rgb is NULL and row * height <= BYTES_COPIED_FOR_NOTHING):
        keep_picture(f, data, width, height, pitch, video.pixel_format, False)


cdef object picture_as_rgb(frontend *f, BlockPool pool):
    """The last picture as a new (H, W, 3) array, upright."""
    cdef frontend_video *video = &f.video
    cdef bint turned = video.picture_rotation & 1
    cdef unsigned width = video.height if turned else video.width
    cdef unsigned height = video.width if turned else video.height
    array = pool.array((height, width, 3), _UINT8)
    cdef uint8_t *rgb = <uint8_t *> array_data(array)
    with nogil:
        pixels_to_rgb(video.picture_format, video.picture, video.width * bytes_per_pixel(video.picture_format),
                      video.width, video.height, rgb, width * 3, video.picture_rotation)
    return array


cdef object picture_as_sent(frontend *f, BlockPool pool):
    """The last picture in the core's own pixel format, as a new (H, W) array."""
    cdef frontend_video *video = &f.video
    array = pool.array((video.height, video.width),
                       _UINT32 if video.picture_format == RETRO_PIXEL_FORMAT_XRGB8888 else _UINT16)
    memcpy(array_data(array), video.picture, video.width * video.height * bytes_per_pixel(video.picture_format))
    return array

# Pictures: kept, dropped or written as RGB from the core's own framebuffer, as the running frame asks.

cdef enum:
    BYTES_COPIED_FOR_NOTHING = 48 << 10


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


cdef void observe_repeat(frontend *f) noexcept nogil:
    """The frame that has run showed what there was before."""
    cdef frontend_video *video = &f.video
    if video.observed != video.sent:
        recover_picture(f)
    if video.observed == video.sent or not video.has_picture:
        video.observer.see_again(video.observer, video.observe_last)
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


cdef bint set_rotation(frontend *f, const unsigned *rotation) noexcept nogil:
    if rotation is NULL or rotation[0] > 3:
        return False
    f.video.rotation = rotation[0]
    return True


cdef bint set_pixel_format(frontend *f, const int *pixel_format) noexcept nogil:
    if pixel_format is NULL or pixel_format[0] < 0 or pixel_format[0] > <int> RETRO_PIXEL_FORMAT_RGB565:
        return False
    f.video.pixel_format = pixel_format[0]
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

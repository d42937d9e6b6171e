# The last picture: kept in the core's own format, and written as RGB.

cdef enum:
    PICTURE_SIDE_LIMIT = 16384
    PICTURE_BYTES_LIMIT = 1 << 28


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
        f.video.observer.take_back(f.video.observer)  # the last picture of a frame is the one that it shows
    f.video.observed_in_run = True
    if not f.video.observer.see(f.video.observer, f.video.observe_last, pixel_format, data, pitch, width, height,
                                rotation):
        f.out_of_memory = True
    f.video.observed = f.video.sent


cdef void write_picture(const frontend *f, uint8_t *rgb, size_t pitch) noexcept nogil:
    """Write the last picture as RGB, upright."""
    cdef const frontend_video *video = &f.video
    pixels_to_rgb(video.picture_format, video.picture, video.width * bytes_per_pixel(video.picture_format),
                  video.width, video.height, rgb, pitch, video.picture_rotation)


cdef object picture_as_rgb(frontend *f, BlockPool pool):
    """The last picture as a new (H, W, 3) array, upright."""
    cdef frontend_video *video = &f.video
    cdef bint turned = video.picture_rotation & 1
    cdef unsigned width = video.height if turned else video.width
    cdef unsigned height = video.width if turned else video.height
    array = pool.array((height, width, 3), _UINT8)
    cdef uint8_t *rgb = <uint8_t *> array_data(array)
    with nogil:
        write_picture(f, rgb, width * 3)
    return array


cdef object picture_as_sent(frontend *f, BlockPool pool):
    """The last picture in the core's own pixel format, as a new (H, W) array."""
    cdef frontend_video *video = &f.video
    array = pool.array((video.height, video.width),
                       _UINT32 if video.picture_format == RETRO_PIXEL_FORMAT_XRGB8888 else _UINT16)
    memcpy(array_data(array), video.picture, video.width * video.height * bytes_per_pixel(video.picture_format))
    return array

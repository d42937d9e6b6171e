# The last picture: kept in the core's own format, and written as RGB.

cdef enum:
    PICTURE_SIDE_LIMIT = 16384
    PICTURE_BYTES_LIMIT = 1 << 28


cdef inline size_t picture_pitch(const kept_picture *picture) noexcept nogil:
    return <size_t> picture.width * bytes_per_pixel(picture.format)


cdef bint reserve_picture(frontend *f, size_t size) noexcept nogil:
    cdef uint8_t *larger
    if size <= f.video.picture.capacity:
        return True
    larger = <uint8_t *> realloc(f.video.picture.pixels, size)
    if larger is NULL:
        f.out_of_memory = True
        return False
    f.video.picture.pixels = larger
    f.video.picture.capacity = size
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
    free(f.video.picture.pixels)
    f.video.picture.pixels = copy
    f.video.picture.capacity = row * height
    return True


cdef bint keep_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                       int pixel_format, bint distrust) noexcept nogil:
    cdef size_t row = width * bytes_per_pixel(pixel_format)
    if distrust:
        if not replace_picture(f, data, row, height, pitch):
            return False
    elif reserve_picture(f, row * height):
        pixels_copy(data, pitch, row, height, f.video.picture.pixels)
    else:
        return False
    f.video.picture.width = width
    f.video.picture.height = height
    f.video.picture.format = pixel_format
    f.video.picture.rotation = f.video.last.rotation
    f.video.picture.exists = True
    f.video.kept = f.video.sent
    return True


cdef void put_picture(frontend *f, const uint8_t *pixels, size_t size, unsigned width, unsigned height,
                      int pixel_format, unsigned rotation) noexcept nogil:
    """Make this the last picture that the core has sent."""
    cdef frontend_video *video = &f.video
    if not reserve_picture(f, size):
        return
    memcpy(video.picture.pixels, pixels, size)
    video.last.data = NULL
    video.picture.width = video.last.width = width
    video.picture.height = video.last.height = height
    video.picture.format = video.last.format = pixel_format
    video.picture.rotation = video.last.rotation = rotation
    video.picture.exists = True
    video.sent += 1
    video.kept = video.sent


cdef void picture_to_rgb(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                         int pixel_format, unsigned rotation) noexcept nogil:
    cdef frontend_video *video = &f.video
    cdef bint turned = rotation & 1
    cdef unsigned across = height if turned else width, down = width if turned else height
    if across > video.demand.width or down > video.demand.height:
        video.demand.misfit = True
        return
    if across < video.demand.width or down < video.demand.height:
        memset(video.demand.rgb, 0, video.demand.height * video.demand.pitch)
    pixels_to_rgb(pixel_format, data, pitch, width, height, video.demand.rgb, video.demand.pitch, rotation)
    video.demand.written = True
    video.demand.misfit = False


cdef void observe_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                          int pixel_format, unsigned rotation) noexcept nogil:
    cdef picture_demand *demand = &f.video.demand
    if demand.observed_in_run:
        demand.observer.take_back(demand.observer)  # the last picture of a frame is the one that it shows
    demand.observed_in_run = True
    if not demand.observer.see(demand.observer, demand.observe_last, pixel_format, data, pitch, width, height,
                               rotation):
        f.out_of_memory = True
    demand.observed = f.video.sent


cdef void show_picture(frontend *f, const void *data, unsigned width, unsigned height, size_t pitch,
                       int pixel_format, unsigned rotation) noexcept nogil:
    """Let whoever looks at this frame see it."""
    if f.video.demand.observer is not NULL:
        observe_picture(f, data, width, height, pitch, pixel_format, rotation)
    if f.video.demand.rgb is not NULL:
        picture_to_rgb(f, data, width, height, pitch, pixel_format, rotation)


cdef void write_picture(const frontend *f, uint8_t *rgb, size_t pitch) noexcept nogil:
    """Write the last picture as RGB, upright."""
    cdef const kept_picture *picture = &f.video.picture
    pixels_to_rgb(picture.format, picture.pixels, picture_pitch(picture), picture.width, picture.height, rgb, pitch,
                  picture.rotation)


cdef object picture_as_rgb(frontend *f, BlockPool pool):
    """The last picture as a new (H, W, 3) array, upright."""
    cdef const kept_picture *picture = &f.video.picture
    cdef unsigned width = upright_width(picture), height = upright_height(picture)
    array = pool.array((height, width, 3), _UINT8)
    cdef uint8_t *rgb = <uint8_t *> array_data(array)
    with nogil:
        write_picture(f, rgb, width * 3)
    return array


cdef object picture_as_sent(frontend *f, BlockPool pool):
    """The last picture in the core's own pixel format, as a new (H, W) array."""
    cdef const kept_picture *picture = &f.video.picture
    array = pool.array((picture.height, picture.width),
                       _UINT32 if picture.format == RETRO_PIXEL_FORMAT_XRGB8888 else _UINT16)
    memcpy(array_data(array), picture.pixels, picture_pitch(picture) * picture.height)
    return array

# The pixel format of a core's pictures.


cdef inline size_t bytes_per_pixel(int pixel_format) noexcept nogil:
    return 4 if pixel_format == RETRO_PIXEL_FORMAT_XRGB8888 else 2


cdef bint set_pixel_format(frontend *f, const int *pixel_format) noexcept nogil:
    if pixel_format is NULL or pixel_format[0] < 0 or pixel_format[0] > <int> RETRO_PIXEL_FORMAT_RGB565:
        return False
    f.video.pixel_format = pixel_format[0]
    return True

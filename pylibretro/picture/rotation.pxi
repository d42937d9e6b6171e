# Quarter turns by which the pictures of a core are turned upright; the turning itself is in pixels.c.


cdef bint set_rotation(frontend *f, const unsigned *rotation) noexcept nogil:
    if rotation is NULL or rotation[0] > 3:
        return False
    f.video.rotation = rotation[0]
    return True


cdef inline unsigned upright_width(const kept_picture *picture) noexcept nogil:
    return picture.height if picture.rotation & 1 else picture.width


cdef inline unsigned upright_height(const kept_picture *picture) noexcept nogil:
    return picture.width if picture.rotation & 1 else picture.height

# The camera: while the core has it running, it is given one picture before each frame, on the thread that runs it.

cdef enum:
    CAMERA_WIDTH = 320
    CAMERA_HEIGHT = 240
    CAMERA_DARK_SIDE_LIMIT = 2048


cdef cbool camera_start(frontend *f) noexcept nogil:
    if f is NULL or not f.peripherals.camera.asked:
        return False
    f.peripherals.camera.running = True
    return True


cdef void camera_stop(frontend *f) noexcept nogil:
    if f is not NULL:
        f.peripherals.camera.running = False


cdef bint answer_camera_interface(frontend *f, retro_camera_callback *callback) noexcept nogil:
    cdef camera *eye = &f.peripherals.camera
    if callback is NULL or not offers(f, PERIPHERAL_CAMERA) \
            or not callback.caps & 1 << RETRO_CAMERA_BUFFER_RAW_FRAMEBUFFER:
        return False  # pictures as OpenGL textures only
    callback.start = f.callbacks.camera_start
    callback.stop = f.callbacks.camera_stop
    eye.callback = callback[0]
    eye.asked = True
    f.peripherals.awake = True
    return True


cdef void show_dark(camera *eye) noexcept nogil:
    cdef unsigned width = eye.callback.width, height = eye.callback.height
    if not (0 < width <= CAMERA_DARK_SIDE_LIMIT and 0 < height <= CAMERA_DARK_SIDE_LIMIT):
        width = CAMERA_WIDTH
        height = CAMERA_HEIGHT
    if eye.dark is NULL or eye.dark_width != width or eye.dark_height != height:
        free(eye.dark)
        eye.dark = <uint32_t *> calloc(<size_t> width * height, sizeof(uint32_t))
        eye.dark_width = width
        eye.dark_height = height
    if eye.dark is not NULL:
        eye.callback.frame_raw_framebuffer(eye.dark, width, height, <size_t> width * sizeof(uint32_t))


cdef void show_to_camera(frontend *f) noexcept nogil:
    cdef camera *eye = &f.peripherals.camera
    cdef size_t which = 0
    if not eye.running or eye.callback.frame_raw_framebuffer is NULL:
        return
    if eye.pictures is NULL:
        show_dark(eye)
    else:
        if not eye.asks:
            which = <size_t> min(eye.position, <uint64_t> (eye.length - 1))
        eye.callback.frame_raw_framebuffer(eye.pictures + which * eye.width * eye.height, <unsigned> eye.width,
                                           <unsigned> eye.height, eye.width * sizeof(uint32_t))
    eye.position += 1
    if eye.asks:
        platform_atomic_store(&f.peripherals.hungry, 1)


cdef object camera_pictures(pictures, what):
    """Pictures as a camera sends them: a new (n, H, W) uint32 array."""
    array = check_pictures(pictures, what)
    packed = array[..., 0].astype(numpy.uint32)
    for channel in (1, 2):
        packed <<= 8
        packed |= array[..., channel]
    return numpy.require(packed[numpy.newaxis] if array.ndim == 3 else packed, requirements="C")


cdef object checked_camera_source(source):
    """The source itself, and its pictures unless it is a callable to be asked."""
    if source is None or callable(source):
        return source, None
    return source, camera_pictures(source, "the camera's source")


cdef void use_camera_pictures(CoreBase core, pictures, uint64_t start):
    cdef camera *eye = &core.f.peripherals.camera
    core.lock()
    eye.pictures = NULL
    if pictures is not None:
        eye.pictures = <const uint32_t *> array_data(pictures)
        eye.length, eye.height, eye.width = pictures.shape
        eye.start = start
    core.unlock()
    core.sources.pictures = pictures


cdef int offer_camera(CoreBase core, source) except -1:
    if source is None or source is False:
        return 0
    checked, pictures = checked_camera_source(None if source is True else source)
    core.f.peripherals.offered |= PERIPHERAL_CAMERA
    return set_camera_source(core, checked, pictures)


cdef int set_camera_source(CoreBase core, source, pictures) except -1:
    cdef camera *eye = &core.f.peripherals.camera
    cdef Sources sources = core.sources
    eye.asks = callable(source)
    use_camera_pictures(core, pictures, 0)
    sources.camera = source
    sources.count_askers(core.f)
    if eye.asks:
        try:
            ask_camera_source(core)
        except BaseException:
            set_camera_source(core, None, None)
            raise
    return 0


cdef int ask_camera_source(CoreBase core) except -1:
    """Get from a callable the picture that the core is shown next."""
    cdef camera *eye = &core.f.peripherals.camera
    cdef uint64_t position = eye.position
    if eye.pictures is not NULL and eye.start == position:
        return 0
    picture = core.sources.camera(position)
    pictures = camera_pictures(picture, "what the camera's source returned")
    if len(pictures) != 1:
        raise ValueError(f"the camera's source returned {len(pictures)} pictures; one was asked for")
    use_camera_pictures(core, pictures, position)
    return 0


@cython.final
cdef class Camera:
    """The camera of a Core (`struct retro_camera_callback`), see `Core.camera`."""
    cdef CoreBase core

    @property
    def source(self):
        """What the camera sees: a picture, several, a callable, or None for the dark. May be set between frames.

        A picture is (H, W, 3) uint8, RGB. Of several, (n, H, W, 3), the core is shown the one of number `position`, and
        the last one when they are over. A callable is called between frames as `source(position)` for the picture that
        is shown next, and for the same one again only after `restore`. Pictures have the size that you give them;
        `wanted_size` is what the core would like.

        Raises:
            LibretroError: This Core has no camera.
        """
        self.core.check()
        return self.core.sources.camera

    @source.setter
    def source(self, value):
        source, pictures = checked_camera_source(value)
        with self.core.entered():
            if not self.core.f.peripherals.offered & PERIPHERAL_CAMERA:
                raise LibretroError(f"this Core ({self.core.name}) was opened without a camera; open it with "
                                    f"peripherals=Peripherals(camera=True)")
            set_camera_source(self.core, source, pictures)

    @property
    def wanted_size(self):
        """Width and height that the core would like, 0 for any; None if it has not asked for a camera."""
        self.core.check()
        cdef const camera *eye = &self.core.f.peripherals.camera
        return (eye.callback.width, eye.callback.height) if eye.asked else None

    @property
    def running(self):
        """Whether the core has started it."""
        self.core.check()
        return bool(self.core.f.peripherals.camera.running)

    @property
    def position(self):
        """How many pictures the core has been shown. A part of a `State`."""
        self.core.check()
        return self.core.f.peripherals.camera.position


cdef Camera camera_of(CoreBase core):
    cdef Camera made = Camera.__new__(Camera)
    made.core = core
    return made

# Captures: pictures that are written as RGB while frames run, and what to do when one is larger than expected.


cdef bint complete_capture(frontend *f, run_plan *plan) noexcept nogil:
    """Finish the picture to keep of the frame that has run; False if it does not fit."""
    cdef frontend_video *video = &f.video
    cdef size_t bytes = <size_t> plan.width * plan.height * 3
    cdef uint8_t *rgb = plan.rgb + plan.kept * bytes
    cdef unsigned width = video.last.width, height = video.last.height
    cdef bint turned = video.last.rotation & 1
    if not video.demand.written:
        if video.demand.misfit:
            return False
        if plan.kept and plan.rgb_serial == video.sent:
            memcpy(rgb, rgb - bytes, bytes)
            plan.sizes[2 * plan.kept] = plan.sizes[2 * plan.kept - 2]
            plan.sizes[2 * plan.kept + 1] = plan.sizes[2 * plan.kept - 1]
            plan.kept += 1
            return True
        recover_picture(f)
        if not video.picture.exists:
            memset(rgb, 0, bytes)
            plan.sizes[2 * plan.kept] = plan.height
            plan.sizes[2 * plan.kept + 1] = plan.width
            plan.kept += 1
            return True
        video.demand.rgb = rgb
        picture_to_rgb(f, video.picture.pixels, video.picture.width, video.picture.height,
                       picture_pitch(&video.picture), video.picture.format,
                       video.picture.rotation)
        video.demand.rgb = NULL
        if video.demand.misfit:
            return False
        width = video.picture.width
        height = video.picture.height
        turned = video.picture.rotation & 1
    plan.rgb_serial = video.sent
    plan.sizes[2 * plan.kept] = width if turned else height
    plan.sizes[2 * plan.kept + 1] = height if turned else width
    plan.kept += 1
    return True


@cython.final
cdef class CaptureSink:
    """The arrays that a capture fills, and what to do when a picture turns out larger than expected."""
    cdef CoreBase core
    cdef Py_ssize_t count
    cdef object frames, sizes, offsets, watch, given
    cdef watch_reader watches
    cdef size_t every
    cdef bint audio

    def __cinit__(self, CoreBase core, Py_ssize_t count, size_t every, out, bint audio, watch):
        self.core = core
        self.count = count
        self.every = every
        self.audio = audio
        self.sizes = numpy.zeros((count, 2), dtype=numpy.int32)
        if out is not None:
            self.check_out(out)
        if watch is not None:
            self.prepare_watches(watch)

    def __dealloc__(self):
        free_watches(&self.watches)

    cdef int check_out(self, out) except -1:
        cdef const retro_game_geometry *geometry = &self.core.f.av_info.geometry
        shape = (self.count, None, None, 3)
        if not isinstance(out, numpy.ndarray) and array_over(out).ndim == 1:
            # A flat buffer does not say how wide the pictures are.
            turned = self.core.f.video.rotation & 1
            sides = (geometry.base_width, geometry.base_height) if turned \
                else (geometry.base_height, geometry.base_width)
            shape = (self.count, *sides, 3)
        self.given = self.frames = output_array(out, shape, _UINT8)
        return 0

    cdef int prepare_watches(self, watch) except -1:
        cdef size_t i
        prepare_watches(&self.watches, watch_triples(watch))
        find_bus(self.core, &self.watches.bus)
        self.watches.bus_generation = self.core.f.memory_generation
        for i in range(self.watches.count):
            if not gather(&self.watches.watches[i].kind, &self.watches.bus, self.watches.watches[i].address,
                          &self.watches.bits[i]):
                raise AddressError(f"{self.core.name} maps no {self.watches.watches[i].kind.size} bytes at address "
                                   f"{self.watches.watches[i].address:#x}")
        self.watch = numpy.zeros((self.count, self.watches.count),
                                 dtype=numpy.float64 if watches_hold_floats(&self.watches) else numpy.int64)
        return 0

    cdef int prepare(self, run_plan *plan) except -1:
        cdef frontend *f = self.core.f
        cdef const kept_picture *picture = &f.video.picture
        plan.every = self.every if self.count else 0
        plan.rgb_serial = <uint64_t> -1
        plan.sizes = <int32_t *> array_data(self.sizes)
        if self.frames is None:
            # Before the first picture nothing is known; the first one makes the array grow to its size.
            height = upright_height(picture) if picture.exists else 0
            width = upright_width(picture) if picture.exists else 0
            self.frames = self.core.pool.array((self.count, height, width, 3), _UINT8)
        self.use_frames(plan)
        if self.audio:
            self.offsets = numpy.zeros(self.count + 1, dtype=numpy.int64)
            plan.audio_offsets = <int64_t *> array_data(self.offsets)
        if self.watch is not None:
            plan.watches = &self.watches
            if self.watch.dtype == numpy.float64:
                plan.watch_doubles = <double *> array_data(self.watch)
            else:
                plan.watch_integers = <int64_t *> array_data(self.watch)
        return 0

    cdef int use_frames(self, run_plan *plan) except -1:
        plan.rgb = <uint8_t *> array_data(self.frames)
        plan.height = self.frames.shape[1]
        plan.width = self.frames.shape[2]
        return 0

    cdef int grow(self, run_plan *plan) except -1:
        """The picture that has just come is larger than the array: make room, and complete it."""
        cdef frontend *f = self.core.f
        cdef frontend_video *video = &f.video
        height = max(plan.height, upright_height(&video.picture))
        width = max(plan.width, upright_width(&video.picture))
        if self.given is not None:
            raise ValueError(f"out has shape {self.given.shape}, but the core sent a picture of {height} x {width} "
                             f"pixels")
        larger = self.core.pool.array((self.count, height, width, 3), _UINT8)
        if plan.kept:
            larger[:plan.kept] = 0
            larger[:plan.kept, :plan.height, :plan.width] = self.frames[:plan.kept]
        self.frames = larger
        self.use_frames(plan)
        video.demand.width = plan.width
        video.demand.height = plan.height
        video.demand.pitch = <size_t> plan.width * 3
        video.demand.misfit = False
        with nogil:
            complete_capture(f, plan)
        return 0

    cdef object result(self, run_plan *plan):
        frames = self.frames[:plan.kept]
        sizes = self.sizes[:plan.kept]
        shape = numpy.array(frames.shape[1:3], dtype=numpy.int32)
        varied = None
        if plan.kept and not (sizes == shape).all():
            if self.given is None and (sizes == sizes[0]).all():
                frames = numpy.ascontiguousarray(frames[:, :sizes[0, 0], :sizes[0, 1]])
            else:
                varied = sizes
        return Capture(
            frames=frames,
            sizes=varied,
            audio=audio_as_array(self.core.f, self.core.pool) if self.audio else None,
            audio_offsets=self.offsets[:plan.kept + 1] if self.audio else None,
            watch=self.watch[:plan.kept] if self.watch is not None else None,
        )

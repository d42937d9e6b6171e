# Hardware rendering: the answers to a core that asks for an OpenGL context, its life, and reading its pictures back.

cdef const char *HARDWARE_REFUSED = b"no hardware rendering for this core: %s"


cdef bint keep_hardware_picture(frontend *f) noexcept nogil:
    """Read back the picture that the core last announced, on the thread on which its context is current."""
    cdef frontend_video *video = &f.video
    if not reserve_picture(f, <size_t> video.last.width * video.last.height * 4):
        return False
    hardware_read(&f.hardware, <uint32_t *> video.picture.pixels, video.last.width, video.last.height)
    video.picture.width = video.last.width
    video.picture.height = video.last.height
    video.picture.format = RETRO_PIXEL_FORMAT_XRGB8888
    video.picture.rotation = video.last.rotation
    video.picture.exists = True
    video.kept = video.sent
    return True


cdef void recover_hardware_picture(frontend *f) noexcept nogil:
    """Read back a picture that nobody was going to look at, as the core has left it."""
    if not hardware_enter(&f.hardware):
        return
    if hardware_holds(&f.hardware, f.video.last.width, f.video.last.height):
        keep_hardware_picture(f)
    hardware_leave(&f.hardware)


cdef void rescue_hardware_picture(frontend *f) noexcept nogil:
    """Keep a picture that is about to be lost with the framebuffer that it lies in."""
    if f.video.kept != f.video.sent and f.video.last.data == RETRO_HW_FRAME_BUFFER_VALID:
        recover_hardware_picture(f)


cdef void hardware_refresh(frontend *f, unsigned width, unsigned height) noexcept nogil:
    """The core has drawn a picture into its framebuffer."""
    cdef frontend_video *video = &f.video
    cdef size_t row = <size_t> width * 4
    if f.hardware.context is NULL:
        return
    if width == 0 or height == 0 or not hardware_holds(&f.hardware, width, height):
        frontend_violation(f, "it sent a picture of %u x %u pixels out of a framebuffer made for its maximum of "
                           "%u x %u", width, height, f.av_info.geometry.max_width, f.av_info.geometry.max_height)
        return
    if not hardware_is_here(&f.hardware):
        frontend_violation(f, "it sent a picture out of its framebuffer from a thread that has not its context")
        return
    video.sent += 1
    video.pictures_in_run += 1
    video.last.data = RETRO_HW_FRAME_BUFFER_VALID
    video.last.pitch = row
    video.last.width = width
    video.last.height = height
    video.last.format = RETRO_PIXEL_FORMAT_XRGB8888
    video.last.rotation = video.rotation
    video.trust.unsteady = True  # the next frame is drawn over it
    if not (video.demand.keep or video.demand.rgb is not NULL or video.demand.observer is not NULL):
        return
    if not keep_hardware_picture(f):
        return
    show_picture(f, video.picture.pixels, width, height, row, RETRO_PIXEL_FORMAT_XRGB8888, video.rotation)


cdef bint set_hw_render(frontend *f, retro_hw_render_callback *asked, bint old) noexcept nogil:
    if asked is NULL or f.slot is NULL:
        return False
    if hardware_request(&f.hardware, asked, old, f.callbacks.get_current_framebuffer):
        return True
    f.callbacks.log(RETRO_LOG_WARN, HARDWARE_REFUSED, <char *> f.hardware.refusal)
    return False


cdef bint answer_preferred_hw_render(frontend *f, unsigned *preferred) noexcept nogil:
    cdef bint available = f.hardware.offered and hardware_available(NULL, 0)
    if preferred is not NULL:
        preferred[0] = f.hardware.preferred if available else <unsigned> RETRO_HW_CONTEXT_NONE
    return available


cdef bint answer_hw_shared_context(frontend *f) noexcept nogil:
    # Every context is the core's own: what it sets there disturbs nobody.
    return f.hardware.offered and hardware_available(NULL, 0)


cdef bint answer_negotiation_support(retro_hw_render_context_negotiation_interface *interface) noexcept nogil:
    if interface is NULL:
        return False
    interface.interface_version = 0  # which only Vulkan has
    return True


cdef bint grow_hardware(frontend *f, const retro_game_geometry *geometry) noexcept nogil:
    if f.hardware.context is NULL or hardware_holds(&f.hardware, geometry.max_width, geometry.max_height):
        return True
    rescue_hardware_picture(f)
    return hardware_grow(&f.hardware, geometry.max_width, geometry.max_height)


# ---- the context's life ----------------------------------------------------------------------------------------------

cdef void request_context_reset(void *argument) noexcept nogil:
    hardware_context_reset(&(<frontend *> argument).hardware)


name_call(request_context_reset, "hw_render.context_reset")


cdef void request_context_destroy(void *argument) noexcept nogil:
    hardware_context_destroy(&(<frontend *> argument).hardware)


name_call(request_context_destroy, "hw_render.context_destroy")


cdef int use_next_context(frontend *f) noexcept nogil:
    """Give the core the context that it has asked for, in place of the one it may have: an outcome of frontend_call."""
    cdef retro_game_geometry *geometry = &f.av_info.geometry
    cdef int outcome
    if f.hardware.context is not NULL:
        rescue_hardware_picture(f)
        outcome = frontend_call(f, request_context_destroy, f)
        if outcome != GUARD_OK:
            return outcome
        hardware_discard(&f.hardware)
    if not hardware_begin(&f.hardware, max(geometry.max_width, geometry.base_width),
                          max(geometry.max_height, geometry.base_height)):
        return FRONTEND_NO_CONTEXT
    return frontend_call(f, request_context_reset, f)


# ---- pictures --------------------------------------------------------------------------------------------------------


# ---- Python's side ---------------------------------------------------------------------------------------------------

cdef int offer_hardware(frontend *f, wanted) except -1:
    """The `hardware` of a Core."""
    kind = preferred_context_type(wanted)
    f.hardware.offered = kind is not None
    f.hardware.preferred = kind or 0
    return 0


cdef object hardware_as_tuple(frontend *f):
    cdef hardware_description described
    if f.hardware.context is NULL:
        return None
    hardware_describe(&f.hardware, &described)
    return HardwareContext(
        type=HardwareContextType(described.type),
        version=(described.version_major, described.version_minor),
        version_string=(<char *> described.version).decode("utf-8", "replace"),
        vendor=(<char *> described.vendor).decode("utf-8", "replace"),
        renderer=(<char *> described.renderer).decode("utf-8", "replace"),
        framebuffer_size=(described.height, described.width),
        depth=bool(described.depth),
        stencil=bool(described.stencil),
        bottom_left_origin=bool(described.bottom_left_origin),
        debug=bool(described.debug),
    )

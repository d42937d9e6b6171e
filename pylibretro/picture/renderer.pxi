# Cores that draw with OpenGL or in software as an option says, and what becomes of those that get no context.


_SOFTWARE_OPTIONS = {
    # These cores draw in software, the same everywhere, unless a user's option says otherwise; told to draw with a
    # context that they do not get, they crash in their first frame or draw in software all the same.
    "ParaLLEl N64": ("parallel-n64-gfxplugin", "angrylion"),
    "melonDS": ("melonds_opengl_renderer", "disabled"),
}


cdef object option_for_hardware(CoreBase core):
    """The option that makes this core ask for a context, as (key, its value, value for software), or None."""
    software = _SOFTWARE_OPTIONS.get(core.system_info.name)
    chosen = Options(core).get(software[0]) if software is not None else None
    return None if chosen is None or chosen == software[1] else (software[0], chosen, software[1])


cdef int check_hardware(CoreBase core) except -1:
    """Tell cores that crash without the context they are told to use from those that need none."""
    cdef char reason[200]
    wanted = option_for_hardware(core)
    if wanted is None:
        return 0
    if not core.f.hardware.offered:
        raise_for_context(core, wanted, "this Core was opened without hardware rendering")
    if not hardware_available(reason, sizeof(reason)):
        raise_for_context(core, wanted, (<char *> reason).decode("utf-8", "replace"))
    return 0


cdef int check_software_rendering(CoreBase core) except -1:
    wanted = option_for_hardware(core)
    if wanted is not None:
        core.f.crashed = True  # unloading it now would crash
        raise_for_context(core, wanted, (<char *> core.f.hardware.refusal).decode("utf-8", "replace"))
    return 0


cdef int raise_for_context(CoreBase core, wanted, why) except -1:
    raise ContentError(f"{core.name} needs an OpenGL context with {wanted[0]} = {wanted[1]!r}, and it has none: "
                       f"{why}. It draws in software with {wanted[2]!r}")


cdef int use_context(CoreBase core) except -1:
    cdef int outcome
    with nogil:
        outcome = use_next_context(core.f)
    deliver_messages(core)
    if outcome != GUARD_OK:
        core.raise_crash(outcome)
    return 0

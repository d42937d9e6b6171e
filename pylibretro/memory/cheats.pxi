# Cheats: what the core was given, and switching single ones.

cdef int give_cheat(CoreBase core, number, code, enabled) except -1:
    cdef core_request request
    cdef bytes text = plain_text(code)
    memset(&request, 0, sizeof(core_request))
    request.number = number
    request.flag = enabled
    request.data = <const char *> text
    core.call(request_cheat_set, &request)
    if core.second is not None:
        give_cheat(core.second, number, code, enabled)
    return 0


cdef int forget_cheats(CoreBase core) except -1:
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    core.call(request_cheat_reset, &request)
    if core.second is not None:
        forget_cheats(core.second)
    return 0


cdef int apply_cheats(CoreBase core) except -1:
    """Begin anew with the cheats that are on, as RetroArch does: many cores never look at `enabled`."""
    forget_cheats(core)
    codes = [cheat.code for _, cheat in sorted(core.cheat_list.items()) if cheat.enabled]
    for number, code in enumerate(codes):
        give_cheat(core, number, code, True)
    return 0

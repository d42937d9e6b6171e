# What a core may ask of the machine that it runs on: its memory, code made while it runs, its screen.

_EXEC_MODES = {
    "rwx": RETRO_EXEC_MEM_MODE_RWX,
    "wx toggle": RETRO_EXEC_MEM_MODE_WX_TOGGLE,
    "dual map": RETRO_EXEC_MEM_MODE_DUAL_MAP,
}
# The same on every machine, and modest, because many cores share one: cores size caches by it.
_MEMORY_STATUS = (1 << 30, 4 << 30)


cdef bint answer_memory_status(frontend *f, retro_memory_status *status) noexcept nogil:
    if status is NULL or not f.host.memory_known:
        return False
    status[0] = f.host.memory
    return True


cdef bint answer_no_hdr(unsigned *mode) noexcept nogil:
    if mode is NULL:
        return False
    mode[0] = 0  # off: of pictures with more than 8 bits a channel none is taken
    return True


cdef unsigned exec_mode_from(jit) except? 9999:
    """What a core is told of memory for code, from a Core's `jit`."""
    if jit is None or jit is False:
        return RETRO_EXEC_MEM_MODE_UNAVAILABLE
    if jit is True:
        for mode in (RETRO_EXEC_MEM_MODE_UNRESTRICTED, RETRO_EXEC_MEM_MODE_DUAL_MAP):
            if host_can_execute(mode):
                return mode
        return RETRO_EXEC_MEM_MODE_UNAVAILABLE
    if not isinstance(jit, str) or jit not in _EXEC_MODES:
        raise ValueError(f"jit is {jit!r}; True, False, or one of {', '.join(map(repr, _EXEC_MODES))} is needed")
    if not host_can_execute(_EXEC_MODES[jit]):
        raise LibretroError(f"jit is {jit!r}, but this system gives no such memory to this process; use jit=True for "
                            f"what it gives")
    return _EXEC_MODES[jit]


cdef int describe_host(frontend *f, jit, memory_status) except -1:
    f.host.exec_mode = exec_mode_from(jit)
    if memory_status is None or memory_status is False:
        return 0
    try:
        free_bytes, total_bytes = _MEMORY_STATUS if memory_status is True else memory_status
        f.host.memory.free = operator.index(free_bytes)
        f.host.memory.total = operator.index(total_bytes)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"memory_status is {memory_status!r}; (free, total) in bytes is needed, True, or None if the "
                          f"core is not to be told") from error
    f.host.memory_known = True
    return 0

# What a core may ask of the machine that it runs on: its memory, code made while it runs, its screen.

_EXEC_MODES = dict(zip(JIT_MODES, [
    RETRO_EXEC_MEM_MODE_RWX,
    RETRO_EXEC_MEM_MODE_WX_TOGGLE,
    RETRO_EXEC_MEM_MODE_DUAL_MAP,
], strict=True))
# The same on every machine, and modest, because many cores share one: cores size caches by it.
_MEMORY_STATUS = (1 << 30, 4 << 30)


cdef bint answer_memory_status(frontend *f, retro_memory_status *status) noexcept nogil:
    if status is NULL or not f.host.memory_known:
        return False
    status[0] = f.host.memory
    return True


cdef bint answer_language(const frontend *f, unsigned *language) noexcept nogil:
    if language is NULL or f.language == FRONTEND_NO_LANGUAGE:
        return False
    language[0] = f.language
    return True


cdef bint answer_no_hdr(unsigned *mode) noexcept nogil:
    if mode is NULL:
        return False
    mode[0] = 0  # off: no picture with more than 8 bits a channel is taken
    return True


cdef unsigned exec_mode_from(jit) except? 9999:
    """What a core is told about memory for code, from the `jit` of a Host."""
    if jit is None or jit is False:
        return RETRO_EXEC_MEM_MODE_UNAVAILABLE
    if jit is True:
        for mode in (RETRO_EXEC_MEM_MODE_UNRESTRICTED, RETRO_EXEC_MEM_MODE_DUAL_MAP):
            if host_can_execute(mode):
                return mode
        return RETRO_EXEC_MEM_MODE_UNAVAILABLE
    if not host_can_execute(_EXEC_MODES[jit]):
        raise LibretroError(f"jit is {jit!r}, but this system gives no such memory to this process; use jit=True for "
                            f"what it gives")
    return _EXEC_MODES[jit]


cdef int describe_host(frontend *f, host) except -1:
    """What a Host says."""
    f.language = FRONTEND_NO_LANGUAGE if host.language is None else host.language
    if host.username is not None:
        f.username = copied_text(host.username.encode())
    if host.playlist_dir is not None:
        f.playlist_directory = copied_text(os.fsencode(existing_directory("playlist_dir", host.playlist_dir)))
    if host.browser_dir is not None:
        f.browser_directory = copied_text(os.fsencode(existing_directory("browser_dir", host.browser_dir)))
    f.host.exec_mode = exec_mode_from(host.jit)
    f.host.memory_known = bool(host.memory_status)
    if host.memory_status:
        f.host.memory.free, f.host.memory.total = _MEMORY_STATUS if host.memory_status is True else host.memory_status
    return 0

# What a Core is opened with: the checks of its arguments, and their forms in C.


cdef object core_name(path):
    stem = os.path.splitext(os.path.basename(path))[0]
    return stem[:-len("_libretro")] if stem.endswith("_libretro") else stem


cdef object existing_directory(argument, directory):
    if directory is None:
        return None
    path = os.path.abspath(os.path.expanduser(os.fspath(directory)))
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise LibretroError(f"{argument} is {path}, which cannot be made a directory: {error.strerror}") from error
    return path


cdef Py_ssize_t frame_count_from(frames) except -1:
    count = operator.index(frames)
    if not 0 <= count < 1 << 62:
        raise ValueError(f"frames is {count}; it counts frames from 0 up")
    return count


cdef unsigned port_index(port) except? 9999:
    index = operator.index(port)
    if not 0 <= index < FRONTEND_PORTS:
        raise ValueError(f"port is {index}; there are the ports 0 to {FRONTEND_PORTS - 1}")
    return index


cdef unsigned device_number(device) except? 0xFFFFFFFF:
    number = operator.index(device)
    if not 0 <= number < 0xFFFFFFFF:
        raise ValueError(f"device is {number}, which no libretro device is")
    return number


cdef dict checked_controllers(controllers):
    if controllers is None:
        return {}
    pairs = controllers.items() if hasattr(controllers, "items") else enumerate(controllers)
    return {port_index(port): device_number(device) for port, device in pairs}


cdef dict checked_options(options):
    wanted = dict(options) if options is not None else {}
    for key, value in wanted.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise OptionError(f"options has {key!r}: {value!r}; keys and values of core options are text")
        if option_text(key) is None or option_text(value) is None:
            raise OptionError(f"options has {key!r}: {value!r}; text for a core cannot hold a NUL or half a surrogate "
                              f"pair")
    return wanted

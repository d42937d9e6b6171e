# Save RAM and its files: read when content is loaded, written while playing and at the end.


cdef int load_save_ram(CoreBase core) except -1:
    if core.opened_with.save_dir is None:
        return 0
    stem = core.content.name if core.content is not None else core.name
    memories = memories_of_subsystem(core.subsystem, core.contents) if core.subsystem is not None else []
    plain = [(stem + ".srm", RETRO_MEMORY_SAVE_RAM), (stem + ".rtc", RETRO_MEMORY_RTC)]
    for name, kind in memories or plain:
        file = SaveRAMFile(os.path.join(os.fsdecode(core.f.save_directory), name), core.system_info.name)
        memory = view_memory(core, kind)
        note = file.load(memory)
        core.save_places[kind] = (memory.ctypes.data, memory.size)
        for told in (note, file.shared()):
            if told:
                core.logger.warning("%s", told)
        core.save_files.append((file, kind))
    if core.save_files and core.opened_with.save_interval is not None:
        core.flush_at = platform_time_nsec() + <uint64_t> (core.opened_with.save_interval * 1e9)
    return 0


cdef int write_save_ram(CoreBase core) except -1:
    problem = None
    for file, kind in core.save_files:
        try:
            memory = view_memory(core, kind)
            core.save_places[kind] = (memory.ctypes.data, memory.size)
            file.flush(memory)
        except OSError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return 0


cdef int flush_while_playing(CoreBase core) except -1:
    """Write save RAM between two calls of run(), when it is time; what fails is told once, and by close()."""
    core.flush_at = platform_time_nsec() + <uint64_t> (core.opened_with.save_interval * 1e9)
    try:
        write_save_ram(core)
    except OSError as problem:
        if str(problem) != core.flush_problem:
            core.logger.error("save RAM could not be written, and will be tried again: %s", problem)
        core.flush_problem = str(problem)
    return 0


cdef int rescue_save_ram(CoreBase core) except -1:
    """What a crashed core had in its save RAM, which it cannot be asked for any more, is written beside it."""
    cdef uintptr_t address
    cdef size_t size
    problem = None
    for file, kind in core.save_files:
        address, size = core.save_places[kind]
        contents = bytearray(size)
        if not size or not platform_readable_copy(<void *> array_data(numpy.frombuffer(contents, numpy.uint8)),
                                                  <const void *> address, size):
            continue
        try:
            path = file.rescue(bytes(contents))
        except OSError as error:
            problem = problem or error
        else:
            if path is not None:
                core.logger.warning("the save RAM of %s as it was when the core crashed is in %s", core.name, path)
    if problem is not None:
        raise problem
    return 0

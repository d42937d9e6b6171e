# How a Core is opened, gets its content, and goes.

_open_cores = weakref.WeakSet()

_EPOCH = 946_684_800  # the first second of 2000, unless Host(clock=) says otherwise

# These cores say that they have no states before their first frame, and have some all the same.
_STATES_BEFORE_FRAMES = ("ParaLLEl N64",)

# These cores finish their start in their first two frames, over a state that was loaded before them, or refuse it.
_STATES_AFTER_FRAMES = ("Stella", "Nestopia", "melonDS", "ParaLLEl N64")


cdef int link_core(CoreBase core, spec) except -1:
    cdef frontend *f = core.f
    cdef char message[1024]
    cdef bytes path = os.fsencode(core.path)
    cdef const char *c_path = path
    cdef const char *missing
    cdef int outcome
    cdef bint has_slot = False
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    message[0] = 0
    if core.detours is not None:
        core.detours.use(f)
    libc_state_init(&f.libc, _EPOCH if spec.host.clock is None else spec.host.clock)
    f.contains_faults = spec.contain_faults
    f.time_limit_nsec = 0 if spec.timeout is None else <uint64_t> max(spec.timeout * 1e9, 1)
    if threading.current_thread() is threading.main_thread():
        platform_watch_interrupt()
    with nogil:
        platform_mutex_lock(&lifecycle_lock)
        free_lingering()
        outcome = frontend_link(f, c_path, message, sizeof(message))
        if outcome == DYLIB_OK:
            has_slot = frontend_acquire_slot(f, message, sizeof(message))
        platform_mutex_unlock(&lifecycle_lock)
    if outcome == DYLIB_MISSING:
        raise CoreNotFoundError(f"there is no core at {core.path}: {message.decode('utf-8', 'replace')}")
    if outcome != DYLIB_OK:
        raise InvalidCoreError(f"cannot load {core.path} as a libretro core: {message.decode('utf-8', 'replace')}")
    missing = frontend_bind(f)
    if missing is not NULL:
        raise InvalidCoreError(f"{core.path} is a shared library but no libretro core: it has no function "
                               f"{missing.decode()}")
    if not has_slot:
        raise LibretroError(f"cannot give {core.path} callbacks of its own: {message.decode('utf-8', 'replace')}")
    if spec.record_calls:
        begin_call_record(f)
    core.call_alone(request_start, &request)
    f.phase = FRONTEND_OPENED
    core.call_alone(request_api_version, &request)
    if request.size != 1:
        raise InvalidCoreError(f"{core.path} speaks version {request.size} of libretro's API; there is "
                               f"only version 1")
    core.call_alone(request_system_info, &request)
    core.system_info = SystemInfo(
        name=text_or_none(request.system_info.library_name) or core.name,
        version=text_or_none(request.system_info.library_version) or "",
        extensions=split_extensions(request.system_info.valid_extensions),
        need_fullpath=request.system_info.need_fullpath,
        block_extract=request.system_info.block_extract,
    )
    f.audio_video_enable = RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO
    f.video.demand.enabled = True
    return 0


cdef int offer_all(CoreBase core, spec) except -1:
    """Before the core starts, prepare whatever it may then ask for."""
    policy = file_policy_from(spec.files)
    offer_hardware(core.f, spec.display.hardware)
    core.f.video.loan.offered = spec.display.software_framebuffer
    use_timing(core.f, spec.display, spec.host.real_time)
    make_directories(core, spec.system_dir, spec.save_dir, spec.assets_dir)
    describe_host(core.f, spec.host)
    frontend_offer_files(core.f, new_files(core.f, policy))
    core.keeps_file_operations = policy is not None and policy.record
    if spec.netpacket and (spec.rewind is not None or spec.run_ahead):
        raise ValueError("netpacket goes with neither rewind nor run_ahead: what others got cannot be undone")
    offer_netpacket(core.f, spec.netpacket)
    offer_peripherals(core, spec.peripherals)
    want_options(core)
    return 0


cdef int make_directories(CoreBase core, system_dir, save_dir, assets_dir) except -1:
    core.scratch = ScratchDirectory()
    system = existing_directory("system_dir", system_dir) or core.scratch.path_or_nowhere("system")
    core.f.system_directory = copied_text(os.fsencode(system))
    core.f.save_directory = copied_text(os.fsencode(
        existing_directory("save_dir", save_dir) or core.scratch.path_or_nowhere("save")))
    core.f.assets_directory = copied_text(os.fsencode(existing_directory("assets_dir", assets_dir) or system))
    core.f.libretro_path = copied_text(os.fsencode(core.path))
    for given, what in ((core.f.system_directory, "system_dir"), (core.f.save_directory, "save_dir")):
        if os.fsdecode(given).startswith(_NOWHERE):
            core.logger.warning("no temporary directory can be made, so %s has no %s; set TMPDIR to a directory that "
                                "can be written, or give %s=", core.name, what, what)
    return 0


cdef int want_options(CoreBase core) except -1:
    wanted = core.wanted_options
    software = _SOFTWARE_OPTIONS.get(core.system_info.name)
    if software is not None and software[0] not in wanted:
        wanted = {software[0]: software[1], **wanted}
    cdef option_override *override
    for key, value in wanted.items():
        override = <option_override *> arena_allocate(&core.f.options_arena, sizeof(option_override))
        if override is NULL:
            raise MemoryError("no memory for core options")
        override.key = arena_string(&core.f.options_arena, option_text(key))
        override.value = arena_string(&core.f.options_arena, option_text(value))
        override.next = core.f.option_overrides
        core.f.option_overrides = override
    return 0


cdef int start_core(CoreBase core) except -1:
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    core.call_alone(request_set_environment, &request)
    check_options_offered(core)
    core.call_alone(request_init, &request)
    core.f.phase = FRONTEND_INITIALISED
    core.call_alone(request_set_callbacks, &request)
    check_options_offered(core)
    return 0


cdef int check_options_offered(CoreBase core) except -1:
    cdef option_override *override = core.f.option_overrides
    while override is not NULL:
        if override.refused:
            key = option_name(override.key)
            if key in core.wanted_options:
                raise OptionError(
                    f"{core.name} does not offer {key} = {option_name(override.value)!r}; it offers "
                    f"{', '.join(core.options.definitions[key].values)}")
        override = override.next
    return 0


cdef int check_options_used(CoreBase core) except -1:
    cdef option_override *override = core.f.option_overrides
    check_options_offered(core)
    while override is not NULL:
        key = option_name(override.key)
        if not override.used and key in core.wanted_options:
            raise UnknownOptionError(unknown_option(core.name, key, list(core.options)))
        override = override.next
    return 0


cdef int load_content(CoreBase core, content, content_name, dict plugged, subsystem) except -1:
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    prepare_content(core, content, content_name, subsystem, &request)
    insert_initial_disk(core)
    check_hardware(core)
    core.call(request_load_game if core.subsystem is None else request_load_game_special, &request)
    if not request.flag:
        raise ContentError(explained_refusal(core, content))
    core.f.phase = FRONTEND_LOADED
    core.f.files_written += vfs_written(core.f.files)
    core.machine = described_machine(core)
    if core.system_info.name.startswith(_STATES_AFTER_FRAMES):
        core.f.states.frames_first = STATE_FRAMES_FIRST
    if core.f.serialization_quirks & RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE:
        core.f.states.frames_first = max(core.f.states.frames_first, <unsigned> 1)
        core.f.states.awaits_frame = not core.system_info.name.startswith(_STATES_BEFORE_FRAMES)
    check_options_used(core)
    if core.f.hardware.asked and core.f.hardware.next is NULL:
        check_software_rendering(core)
    core.call(request_av_info, &request)
    complete_disks(core)
    load_save_ram(core)
    plug_in(core, plugged)
    if core.f.hardware.next is not NULL:
        use_context(core)
    core.call(request_begin_lifetimes, &request)
    if core.f.audio_callback.set_state is not NULL:
        core.call(request_audio_callback_state, &request)
    update_option_display(core)
    use_rewind(core, core.rewind_settings)
    use_run_ahead(core, core.run_ahead_settings)
    core.port = attached_port(core.f, core.opened_with.netpacket, core.system_info.name, core.system_info.version)
    return 0


cdef int prepare_content(CoreBase core, content, content_name, subsystem, core_request *request) except -1:
    cdef LoadedContent loaded
    if subsystem is not None:
        core.subsystem = chosen_subsystem(core, subsystem)
        core.contents = prepared_contents(core, core.subsystem, content, content_name)
        core.content = [loaded.content for loaded in core.contents if loaded is not None][0]
        tell_of_contents(core.f, core.contents)
        request.number = core.subsystem.id
        return 0
    if content is None:
        if content_name is not None:
            raise ContentError("content_name= names content given as bytes, but content is None")
        return 0
    loaded = first_disk(core, content, content_name)
    core.content = loaded.content
    core.contents = [loaded]
    tell_of_contents(core.f, core.contents)
    request.game = core.f.content.games[0]
    request.has_game = True
    return 0


cdef object described_machine(CoreBase core):
    cdef LoadedContent loaded
    files = []
    for loaded in core.contents:
        path = None if loaded is None else loaded.content.path
        files.append(HashedFile(path, temporary=path is not None and core.scratch.holds(path)))
    content_file = files[0] if files else None
    if core.subsystem is not None:
        content_file = HashedFiles(core.subsystem.identifier, files)
    return Machine(core.system_info.name, core.system_info.version, HashedFile(core.path), content_file,
                   core.f.serialization_quirks)


cdef object explained_refusal(CoreBase core, content):
    if core.subsystem is not None:
        names = ", ".join(["nothing" if loaded is None else (<LoadedContent> loaded).content.display_name
                           for loaded in core.contents])
        return f"{core.name} refused {names} as subsystem {core.subsystem.identifier!r}{last_words(core)}"
    if content is None:
        return f"{core.name} refused to start without content{last_words(core)}"
    message = f"{core.name} refused {core.content.display_name}{last_words(core)}"
    hint = hint_at_refusal(core.content, core.system_info.extensions)
    return f"{message}. {hint}" if hint else message


cdef int plug_in(CoreBase core, dict plugged) except -1:
    devices = {0: RETRO_DEVICE_JOYPAD, 1: RETRO_DEVICE_JOYPAD, **plugged}
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    core.plugged.update(devices)
    for port, device in sorted(devices.items()):
        request.number = port
        request.device = device
        core.call(request_set_controller, &request)
        core.plugged[port] = device
    return 0


cdef void abandon_core(CoreBase core) noexcept:
    # A failed start: nothing of it stays, and the exception on its way is not disturbed.
    core.closing = True
    core.save_files = []
    if core.loans == 0:
        tear_down_core(core)


cdef void tear_down_core(CoreBase core) noexcept:
    if core.torn_down:
        return
    core.torn_down = True
    if core.f.fork_generation != platform_fork_generation():
        return  # the parent's, closed there while somebody still held a view of its memory
    with nogil:
        tear_down_frontend(core.f)
        free_time_machine(core.f)
    detach_port(core)
    deliver_last_lines(core)
    core.tape = None
    # They often hold methods of this Core's owner: cycles that no garbage collection breaks.
    core.sources = None
    core.opened_with = None
    free_frontend_texts(core.f)
    core.kept_contents = []
    core.content = None
    core.pool.empty()
    core.states.empty()
    remove_scratch(core)


cdef int tell_of_the_end(CoreBase core) except -1:
    """Warn of what went wrong while a Core was closed, when all has been freed that can be."""
    cdef frontend *f = core.f
    if f.fork_generation != platform_fork_generation():
        return 0
    if f.failed_at_end:
        failure = crash_of(core, f.failed_at_end)
        f.failed_at_end = GUARD_OK
        warnings.warn(f"while it was being closed, {failure}; all else of it has been freed", CoreCrashWarning,
                      stacklevel=1)
    elif not f.unloaded:
        text = f"{core.name} is closed, but threads of its own still run: its library stays until they have ended"
        core.log_lines.append(LogLine(logging.WARNING, text))
        core.logger.warning("%s", text)
    return 0


cdef void tell_of_the_end_quietly(CoreBase core) noexcept:
    try:
        tell_of_the_end(core)
    except BaseException:
        pass  # a warning that is to be an error, where there is nobody to raise it to


cdef void deliver_last_lines(CoreBase core) noexcept:
    try:
        deliver_messages(core)
    except BaseException:
        pass  # a handler failed while the core was going away: there is nobody left to tell


cdef void detach_port(CoreBase core) noexcept:
    try:
        if core.port is not None:
            core.opened_with.netpacket.detach(core.port)
    except BaseException:
        pass  # the Core is gone all the same


cdef void remove_scratch(CoreBase core) noexcept:
    try:
        if core.scratch is not None:
            core.scratch.remove()
    except BaseException:
        pass  # a view has outlived the interpreter's modules, and the directory went with them


cdef void end_call(frontend *f, void (*function)(void *) noexcept nogil, void *argument) noexcept nogil:
    """One of the last calls into a core, unless it has crashed; what it fails with, its log says."""
    cdef bint had_crashed = f.crashed
    cdef int outcome
    if had_crashed:
        return
    outcome = frontend_call(f, function, argument)
    if outcome == FRONTEND_NO_CONTEXT:
        hardware_discard(&f.hardware)  # the core is unloaded all the same
    elif outcome != GUARD_OK:
        f.failed_at_end = outcome


cdef void tear_down_frontend(frontend *f) noexcept nogil:
    # After a crash the core is not called any more: its locks are held and its destructors have not run.
    cdef core_request request
    cdef int phase = f.phase
    cdef bint had_crashed = f.crashed
    memset(&request, 0, sizeof(core_request))
    request.f = f
    f.phase = FRONTEND_CLOSED
    memset(&f.frame_time, 0, sizeof(retro_frame_time_callback))
    memset(&f.keyboard_callback, 0, sizeof(retro_keyboard_callback))
    memset(&f.disk, 0, sizeof(frontend_disk))
    memset(&f.proc_address, 0, sizeof(retro_get_proc_address_interface))
    platform_mutex_lock(&lifecycle_lock)
    if phase == FRONTEND_LOADED:
        if f.audio_callback.set_state is not NULL:
            end_call(f, request_audio_callback_end, &request)
        if f.netpacket is not NULL:
            end_call(f, request_netpacket_end, &request)
        if f.hardware.context is not NULL:
            end_call(f, request_context_destroy, f)
        end_call(f, request_end_lifetimes, &request)
        end_call(f, request_unload_game, &request)
    memset(&f.audio_callback, 0, sizeof(retro_audio_callback))
    if phase >= FRONTEND_INITIALISED:
        end_call(f, request_deinit, &request)
    unload_core(f)
    if f.calls is not NULL and f.crashed and not had_crashed:
        f.calls.unload_failed = True
    platform_mutex_unlock(&lifecycle_lock)


cdef void unload_core(frontend *f) noexcept nogil:
    """Unload the library, or leave it for later where threads of its own are still in it."""
    cdef bint had_crashed = f.crashed
    if f.unloaded or not frontend_close(f):
        return
    if f.crashed and not had_crashed and not f.failed_at_end:
        f.failed_at_end = GUARD_ABORTED
    f.unloaded = True
    frontend_release_slot(f)
    hardware_end(&f.hardware)  # until now for what cores draw or free where they should not
    let_go_of_sources(f)
    vfs_end(f.files)  # after the core's destructors, which may close what it has open
    host_end(&f.host)


cdef void free_time_machine(frontend *f) noexcept nogil:
    free_history(<rewind_history *> f.time_machine.rewind)
    f.time_machine.rewind = NULL
    free_run_ahead(ahead_of(f))
    f.time_machine.run_ahead = NULL


cdef void free_frontend_texts(frontend *f) noexcept nogil:
    if not f.unloaded:
        return  # threads of its own may still ask for them
    free(f.system_directory)
    free(f.save_directory)
    free(f.assets_directory)
    free(f.libretro_path)
    free(f.playlist_directory)
    free(f.browser_directory)
    free(f.username)
    f.system_directory = f.save_directory = f.assets_directory = f.libretro_path = NULL
    f.playlist_directory = f.browser_directory = f.username = NULL


cdef frontend *_lingering = NULL  # closed Cores whose own threads still run, with the lifecycle lock


cdef void free_lingering() noexcept nogil:
    """Unload what was left behind by Cores that are gone, as far as the threads of it have ended."""
    cdef frontend **link = &_lingering
    cdef frontend *f
    while link[0] is not NULL:
        f = link[0]
        unload_core(f)
        if f.unloaded:
            link[0] = f.next_lingering
            free_frontend_texts(f)
            free_unloaded(f)
        else:
            link = &f.next_lingering


cdef void free_frontend(frontend *f) noexcept nogil:
    global _lingering
    if f.unloaded:
        free_unloaded(f)
        return
    platform_mutex_lock(&lifecycle_lock)
    f.next_lingering = _lingering
    _lingering = f
    platform_mutex_unlock(&lifecycle_lock)


cdef void free_unloaded(frontend *f) noexcept nogil:
    cdef log_line *line = f.log_first
    cdef log_line *next_line
    cdef message *entry = f.message_first
    cdef message *next_entry
    while line is not NULL:
        next_line = line.next
        free(line)
        line = next_line
    while entry is not NULL:
        next_entry = entry.next
        free(entry)
        entry = next_entry
    free_time_machine(f)
    free_lent_state(f)
    free(f.video.picture.pixels)
    free_audio(f)
    free(f.video.loan.pixels)
    release_options(f)
    arena_free(&f.options_arena)
    arena_free(&f.controllers_arena)
    arena_free(&f.descriptors_arena)
    arena_free(&f.subsystems_arena)
    arena_free(&f.overrides_arena)
    arena_free(&f.memory_arena)
    arena_free(&f.retired)
    free(f.audio.foreign.samples)
    arena_free(&f.content.memory)
    vfs_free(f.files)
    netpacket_release(f.netpacket)
    if f.calls is not NULL:
        platform_mutex_destroy(&f.calls.lock)
        free(f.calls)
    platform_mutex_destroy(&f.host.lock)
    free_peripherals(f)
    platform_mutex_destroy(&f.lock)
    free(f)


@atexit.register
def _close_open_cores():
    for core in list(_open_cores):
        try:
            core.close()
        except (LibretroError, OSError):
            pass

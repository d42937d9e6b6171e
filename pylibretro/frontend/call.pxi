# Single calls into the core, in the form that frontend_call takes, and a frontend's end.

cdef struct core_request:
    frontend *f
    unsigned number
    unsigned device
    void *pointer
    const void *data
    size_t size
    bint flag
    bint has_game
    retro_game_info game
    retro_system_info system_info


cdef void request_start(void *argument) noexcept nogil:
    frontend_start((<core_request *> argument).f)


cdef void request_api_version(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.size = request.f.core.api_version()


cdef void request_system_info(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.f.core.get_system_info(&request.system_info)


cdef void request_set_environment(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.f.core.set_environment(request.f.callbacks.environment)


cdef void request_init(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.init()


cdef void request_set_callbacks(void *argument) noexcept nogil:
    cdef frontend *f = (<core_request *> argument).f
    f.core.set_video_refresh(f.callbacks.video_refresh)
    f.core.set_audio_sample(f.callbacks.audio_sample)
    f.core.set_audio_sample_batch(f.callbacks.audio_sample_batch)
    f.core.set_input_poll(f.callbacks.input_poll)
    f.core.set_input_state(f.callbacks.input_state)


cdef void request_load_game(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.core.load_game(&request.game if request.has_game else NULL)


cdef void request_av_info(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    memset(&request.f.av_info, 0, sizeof(retro_system_av_info))
    request.f.core.get_system_av_info(&request.f.av_info)
    request.f.av_info_known = True


cdef void request_set_controller(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.f.core.set_controller_port_device(request.number, request.device)


cdef void request_audio_callback_state(void *argument) noexcept nogil:
    (<core_request *> argument).f.audio_callback.set_state(True)


cdef void request_audio_callback_end(void *argument) noexcept nogil:
    (<core_request *> argument).f.audio_callback.set_state(False)


cdef void request_options_display(void *argument) noexcept nogil:
    (<core_request *> argument).f.options_display.callback()


cdef void request_claimed_memory(void *argument) noexcept nogil:
    # The size first: some cores return a pointer for a memory that they do not have.
    cdef core_request *request = <core_request *> argument
    request.size = request.f.core.get_memory_size(request.number)
    request.pointer = request.f.core.get_memory_data(request.number) if request.size else NULL


cdef size_t readable_size(const core_request *request) noexcept nogil:
    """How much of a memory is there: some cores say that it is larger than it is."""
    if request.pointer is NULL:
        return 0
    return platform_readable_size(request.pointer, min(request.size, <size_t> -1 // 4))


cdef void request_memory(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request_claimed_memory(argument)
    request.size = readable_size(request)


cdef void request_region(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.number = request.f.core.get_region()


cdef void request_state_size(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.size = request.f.core.serialize_size()


cdef void request_serialize(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.core.serialize(request.pointer, request.size)


cdef void request_unserialize(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.core.unserialize(request.data, request.size)


cdef void request_reset(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.reset()


cdef void request_cheat_set(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.f.core.cheat_set(request.number, request.flag, <const char *> request.data)


cdef void request_cheat_reset(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.cheat_reset()


cdef void request_hidden_run(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    cdef size_t audio_frames = request.f.audio.frames
    request.f.core.run()
    request.f.audio.frames = audio_frames


cdef void request_proc_address(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.pointer = <void *> request.f.proc_address.get_proc_address(<const char *> request.data)


cdef void request_procedure(void *argument) noexcept nogil:
    procedure_invoke(<procedure_call *> (<core_request *> argument).pointer)


cdef void request_begin_lifetimes(void *argument) noexcept nogil:
    begin_lifetimes((<core_request *> argument).f)


cdef void request_end_lifetimes(void *argument) noexcept nogil:
    end_lifetimes((<core_request *> argument).f)


cdef void request_netpacket_end(void *argument) noexcept nogil:
    netpacket_end((<core_request *> argument).f.netpacket)


cdef void request_unload_game(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.unload_game()


cdef void request_deinit(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.deinit()


cdef void tear_down_frontend(frontend *f) noexcept nogil:
    # After a crash the core is left as it lies: its locks are held and its destructors have not run. Its slot and its
    # memory stay, too, because threads of its own may still call back.
    cdef core_request request
    cdef int phase = f.phase
    memset(&request, 0, sizeof(core_request))
    request.f = f
    f.phase = FRONTEND_CLOSED
    memset(&f.frame_time, 0, sizeof(retro_frame_time_callback))
    memset(&f.keyboard_callback, 0, sizeof(retro_keyboard_callback))
    memset(&f.disk, 0, sizeof(frontend_disk))
    memset(&f.proc_address, 0, sizeof(retro_get_proc_address_interface))
    platform_mutex_lock(&lifecycle_lock)
    if phase == FRONTEND_LOADED and not f.crashed and f.audio_callback.set_state is not NULL:
        frontend_call(f, request_audio_callback_end, &request)
    if phase == FRONTEND_LOADED and not f.crashed and f.netpacket is not NULL:
        frontend_call(f, request_netpacket_end, &request)
    if phase == FRONTEND_LOADED and not f.crashed and f.hardware.context is not NULL:
        if frontend_call(f, request_context_destroy, f) == FRONTEND_NO_CONTEXT:
            hardware_discard(&f.hardware)  # the core is unloaded all the same
    if phase == FRONTEND_LOADED and not f.crashed:
        frontend_call(f, request_end_lifetimes, &request)
        frontend_call(f, request_unload_game, &request)
    memset(&f.audio_callback, 0, sizeof(retro_audio_callback))
    if phase >= FRONTEND_INITIALISED and not f.crashed:
        frontend_call(f, request_deinit, &request)
    if frontend_close(f):
        frontend_release_slot(f)
        hardware_end(&f.hardware)  # until now for what cores draw or free where they should not
    let_go_of_sources(f)
    vfs_end(f.files)  # after the core's destructors, which may close what it has open
    if not f.crashed:
        host_end(&f.host)
    platform_mutex_unlock(&lifecycle_lock)


cdef void free_frontend_texts(frontend *f) noexcept nogil:
    if f.crashed:
        return
    free(f.system_directory)
    free(f.save_directory)
    free(f.assets_directory)
    free(f.libretro_path)
    free(f.playlist_directory)
    free(f.browser_directory)
    free(f.username)
    f.system_directory = f.save_directory = f.assets_directory = f.libretro_path = NULL
    f.playlist_directory = f.browser_directory = f.username = NULL


cdef void free_frontend(frontend *f) noexcept nogil:
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
    f.log_first = f.log_last = NULL
    f.message_first = f.message_last = NULL
    free_time_machine(f)
    free(f.video.picture)
    free_audio(f)
    if f.crashed:  # its threads may still draw into what they were lent
        f.video.picture = NULL
        f.video.lends = False
        f.video.picture_capacity = 0
        return
    free(f.video.next_picture)
    release_options(f)
    arena_free(&f.options_arena)
    arena_free(&f.controllers_arena)
    arena_free(&f.descriptors_arena)
    arena_free(&f.subsystems_arena)
    arena_free(&f.overrides_arena)
    arena_free(&f.memory_arena)
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

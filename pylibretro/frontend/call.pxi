# Single calls into the core, in the form that frontend_call takes.

cdef dict _call_names = {}


cdef int name_call(void (*function)(void *) noexcept nogil, name) except -1:
    """Let errors name a call by the function of libretro's that it is."""
    _call_names[<uintptr_t> function] = name
    return 0


cdef str called(const frontend *f):
    """The function of libretro's that was called last."""
    return _call_names.get(<uintptr_t> f.last_call)


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


cdef void request_netpacket_end(void *argument) noexcept nogil:
    netpacket_end((<core_request *> argument).f.netpacket)


cdef void request_unload_game(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.unload_game()


cdef void request_deinit(void *argument) noexcept nogil:
    (<core_request *> argument).f.core.deinit()


name_call(request_start, "the constructors")
name_call(request_api_version, "retro_api_version")
name_call(request_system_info, "retro_get_system_info")
name_call(request_set_environment, "retro_set_environment")
name_call(request_init, "retro_init")
name_call(request_set_callbacks, "retro_set_video_refresh")
name_call(request_load_game, "retro_load_game")
name_call(request_av_info, "retro_get_system_av_info")
name_call(request_set_controller, "retro_set_controller_port_device")
name_call(request_claimed_memory, "retro_get_memory_size")
name_call(request_memory, "retro_get_memory_data")
name_call(request_region, "retro_get_region")
name_call(request_state_size, "retro_serialize_size")
name_call(request_serialize, "retro_serialize")
name_call(request_reset, "retro_reset")
name_call(request_cheat_set, "retro_cheat_set")
name_call(request_cheat_reset, "retro_cheat_reset")
name_call(request_hidden_run, "retro_run")
name_call(request_unload_game, "retro_unload_game")
name_call(request_deinit, "retro_deinit")
name_call(request_audio_callback_state, "audio_callback.set_state")
name_call(request_audio_callback_end, "audio_callback.set_state")
name_call(request_options_display, "options_update_display_callback")
name_call(frontend_unload, "its destructors")

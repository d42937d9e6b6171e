# libretro's environment callback: one function per answer, one arm of one switch. All of it may run in the middle of
# a frame, on any thread and on stacks that Python does not know, so nothing here touches Python.
# There is a switch for each group of subjects: an answer, or NOT_ANSWERED for a command that is another group's.

cdef enum:
    NOT_ANSWERED = -1


cdef int content_command(frontend *f, unsigned number, void *data) noexcept nogil:
    """Options, content, files, memory and states."""
    if number == GET_VARIABLE_UPDATE:
        return answer_variable_update(f, data)
    elif number == GET_VARIABLE:
        return answer_variable(f, <retro_variable *> data)
    elif number == SET_VARIABLES:
        return declare_variables(f, <const retro_variable *> data)
    elif number == SET_VARIABLE:
        return set_variable(f, <const retro_variable *> data)
    elif number == SET_CORE_OPTIONS:
        return declare_options_v1(f, <const retro_core_option_definition *> data, NULL)
    elif number == SET_CORE_OPTIONS_INTL:
        return set_options_intl_v1(f, <const retro_core_options_intl *> data)
    elif number == SET_CORE_OPTIONS_V2:
        return declare_options_v2(f, <const retro_core_options_v2 *> data, NULL)
    elif number == SET_CORE_OPTIONS_V2_INTL:
        return set_options_intl_v2(f, <const retro_core_options_v2_intl *> data)
    elif number == SET_CORE_OPTIONS_DISPLAY:
        return set_option_visibility(f, <const retro_core_option_display *> data)
    elif number == SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK:
        return set_update_display_callback(f, <const retro_core_options_update_display_callback *> data)
    elif number == GET_CORE_OPTIONS_VERSION:
        return answer_unsigned(data, 2)
    elif number == SET_SUPPORT_NO_GAME:
        return set_support_no_game(f, <const uint8_t *> data)
    elif number == SET_CONTENT_INFO_OVERRIDE:
        return set_content_info_override(f, <const retro_system_content_info_override *> data)
    elif number == GET_GAME_INFO_EXT:
        return answer_game_info_ext(f, <const retro_game_info_ext **> data)
    elif number == SET_SUBSYSTEM_INFO:
        return set_subsystem_info(f, <const retro_subsystem_info *> data)
    elif number == SET_DISK_CONTROL_INTERFACE:
        return set_disk_control(f, <const retro_disk_control_callback *> data)
    elif number == SET_DISK_CONTROL_EXT_INTERFACE:
        return set_disk_control_ext(f, <const retro_disk_control_ext_callback *> data)
    elif number == GET_DISK_CONTROL_INTERFACE_VERSION:
        return answer_unsigned(data, 1)
    elif number == SET_MEMORY_MAPS:
        return set_memory_maps(f, <const retro_memory_map *> data)
    elif number == SET_SUPPORT_ACHIEVEMENTS:
        return set_support_achievements(f, <const uint8_t *> data)
    elif number == SET_SERIALIZATION_QUIRKS:
        return set_serialization_quirks(f, <uint64_t *> data)
    elif number == GET_SAVESTATE_CONTEXT:
        return answer_savestate_context(f, <int *> data)
    elif number == SET_SAVE_STATE_IN_BACKGROUND:
        return True
    elif number == SET_SAVE_STATE_DISABLE_UNDO:
        return True
    elif number == GET_VFS_INTERFACE:
        return answer_vfs_interface(f, <retro_vfs_interface_info *> data)
    elif number == GET_VFS_AUTHORIZED_LOCATIONS:
        return vfs_locations(f.files, <retro_vfs_authorized_locations *> data)
    elif number == GET_SYSTEM_DIRECTORY:
        return answer_text(data, f.system_directory)
    elif number == GET_SAVE_DIRECTORY:
        return answer_text(data, f.save_directory)
    elif number == GET_CORE_ASSETS_DIRECTORY:
        return answer_text(data, f.assets_directory)
    elif number == GET_LIBRETRO_PATH:
        return answer_text(data, f.libretro_path)
    elif number == GET_PLAYLIST_DIRECTORY:
        return answer_text(data, f.playlist_directory)
    elif number == GET_FILE_BROWSER_START_DIRECTORY:
        return answer_text(data, f.browser_directory)
    return NOT_ANSWERED


cdef int picture_command(frontend *f, unsigned number, unsigned command, void *data) noexcept nogil:
    """Pictures, sound and time."""
    if number == GET_AUDIO_VIDEO_ENABLE:
        return answer_audio_video_enable(f, <int *> data)
    elif number == SET_GEOMETRY:
        return set_geometry(f, <const retro_game_geometry *> data)
    elif number == SET_SYSTEM_AV_INFO:
        return set_system_av_info(f, <const retro_system_av_info *> data)
    elif number == SET_ROTATION:
        return set_rotation(f, <const unsigned *> data)
    elif number == SET_PIXEL_FORMAT:
        return set_pixel_format(f, <const int *> data)
    elif number == GET_OVERSCAN:
        return answer_flag(data, False)
    elif number == GET_CAN_DUPE:
        f.asked_can_dupe = True
        return answer_flag(data, True)
    elif number == GET_CURRENT_SOFTWARE_FRAMEBUFFER:
        return lend_framebuffer(f, <retro_framebuffer *> data)
    elif number == SET_HW_RENDER:
        return set_hw_render(f, <retro_hw_render_callback *> data, command != number)
    elif number == SET_HW_SHARED_CONTEXT:
        return answer_hw_shared_context(f)
    elif number == GET_PREFERRED_HW_RENDER:
        return answer_preferred_hw_render(f, <unsigned *> data)
    elif number == GET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_SUPPORT:
        return answer_negotiation_support(<retro_hw_render_context_negotiation_interface *> data)
    elif number == GET_SCREEN_10BPC_CAPABLE:
        return data is not NULL and answer_flag(data, False)
    elif number == GET_HDR_OUTPUT_MODE:
        return answer_no_hdr(<unsigned *> data)
    elif number == SET_AUDIO_CALLBACK:
        return set_audio_callback(f, <const retro_audio_callback *> data)
    elif number == SET_AUDIO_BUFFER_STATUS_CALLBACK:
        return set_audio_buffer_status_callback(f, <const retro_audio_buffer_status_callback *> data)
    elif number == SET_MINIMUM_AUDIO_LATENCY:
        return set_minimum_audio_latency(f, <const unsigned *> data)
    elif number == GET_AUDIO_SAMPLE_BATCH_FLOAT:
        return answer_float_audio(f, <retro_audio_sample_float_callback *> data)
    elif number == GET_TARGET_SAMPLE_RATE:
        return answer_target_sample_rate(f, <unsigned *> data)
    elif number == GET_TARGET_REFRESH_RATE:
        return answer_target_refresh_rate(f, <float *> data)
    elif number == SET_FRAME_TIME_CALLBACK:
        return set_frame_time_callback(f, <const retro_frame_time_callback *> data)
    elif number == GET_PERF_INTERFACE:
        return answer_perf_interface(f, <retro_perf_callback *> data)
    elif number == SET_PERFORMANCE_LEVEL:
        return set_performance_level(f, <const unsigned *> data)
    elif number == GET_THROTTLE_STATE:
        return answer_throttle_state(f, <retro_throttle_state *> data)
    elif number == GET_FASTFORWARDING:
        return answer_flag(data, f.timing.fast_forwarding)
    elif number == SET_FASTFORWARDING_OVERRIDE:
        return set_fast_forwarding_override(f, <const retro_fastforwarding_override *> data)
    return NOT_ANSWERED


cdef int device_command(frontend *f, unsigned number, void *data) noexcept nogil:
    """Devices, the player, the machine, other players."""
    if number == SET_MESSAGE:
        return set_message(f, <const retro_message *> data)
    elif number == SHUTDOWN:
        return shut_down(f)
    elif number == SET_INPUT_DESCRIPTORS:
        return set_input_descriptors(f, <const retro_input_descriptor *> data)
    elif number == SET_KEYBOARD_CALLBACK:
        return set_keyboard_callback(f, <const retro_keyboard_callback *> data)
    elif number == GET_RUMBLE_INTERFACE:
        return answer_rumble_interface(f, <retro_rumble_interface *> data)
    elif number == GET_INPUT_DEVICE_CAPABILITIES:
        return answer_device_capabilities(<uint64_t *> data)
    elif number == GET_SENSOR_INTERFACE:
        return answer_sensor_interface(f, <retro_sensor_interface *> data)
    elif number == GET_CAMERA_INTERFACE:
        return answer_camera_interface(f, <retro_camera_callback *> data)
    elif number == GET_LOG_INTERFACE:
        return answer_log_interface(f, <retro_log_callback *> data)
    elif number == GET_LOCATION_INTERFACE:
        return answer_location_interface(f, <retro_location_callback *> data)
    elif number == SET_PROC_ADDRESS_CALLBACK:
        return set_proc_address_callback(f, <const retro_get_proc_address_interface *> data)
    elif number == SET_CONTROLLER_INFO:
        return set_controller_info(f, <const retro_controller_info *> data)
    elif number == GET_USERNAME:
        return answer_text(data, f.username)
    elif number == GET_LANGUAGE:
        return answer_language(f, <unsigned *> data)
    elif number == GET_LED_INTERFACE:
        return answer_led_interface(f, <retro_led_interface *> data)
    elif number == GET_MIDI_INTERFACE:
        return answer_midi_interface(f, <retro_midi_interface *> data)
    elif number == GET_INPUT_BITMASKS:
        return answer_flag(data, True)  # the answer is meant, but some cores look at a flag that they give
    elif number == GET_MESSAGE_INTERFACE_VERSION:
        return answer_unsigned(data, 1)
    elif number == SET_MESSAGE_EXT:
        return set_message_ext(f, <const retro_message_ext *> data)
    elif number == GET_INPUT_MAX_USERS:
        return data is not NULL and answer_unsigned(data, FRONTEND_PORTS)
    elif number == GET_JIT_CAPABLE:
        return answer_flag(data, f.host.exec_mode != RETRO_EXEC_MEM_MODE_UNAVAILABLE)
    elif number == GET_MICROPHONE_INTERFACE:
        return answer_microphone_interface(f, <retro_microphone_interface *> data)
    elif number == GET_DEVICE_POWER:
        return answer_device_power(f, <retro_device_power *> data)
    elif number == SET_NETPACKET_INTERFACE:
        return set_netpacket_interface(f, <const retro_netpacket_callback *> data)
    elif number == GET_NETPLAY_CLIENT_INDEX:
        return answer_netplay_client_index(f, <unsigned *> data)
    elif number == EXEC_MEM_ALLOC:
        return host_exec_allocate(&f.host, <retro_exec_mem_alloc *> data)
    elif number == EXEC_MEM_FREE:
        return host_exec_free(&f.host, <const retro_exec_mem_free *> data)
    elif number == GET_MEMORY_STATUS:
        return answer_memory_status(f, <retro_memory_status *> data)
    elif number == GET_CLEAR_ALL_THREAD_WAITS_CB:
        return answer_clear_thread_waits(<retro_environment_t *> data)
    elif number == POLL_TYPE_OVERRIDE:
        return set_poll_type(f, <const unsigned *> data)
    return NOT_ANSWERED


cdef cbool environment(frontend *f, unsigned command, void *data) noexcept nogil:
    cdef unsigned number = command & ~<unsigned> RETRO_ENVIRONMENT_EXPERIMENTAL
    cdef int answer
    if f is NULL:
        return False
    if frontend_is_caller(f):
        f.last_command = command
    if command == OLD_SET_SERIALIZATION_QUIRKS:  # with the experimental bit it is SET_HW_SHARED_CONTEXT
        return set_serialization_quirks(f, <uint64_t *> data)
    answer = content_command(f, number, data)
    if answer == NOT_ANSWERED:
        answer = picture_command(f, number, command, data)
    if answer == NOT_ANSWERED:
        answer = device_command(f, number, data)
    return answer > 0

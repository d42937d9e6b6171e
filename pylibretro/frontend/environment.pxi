# libretro's environment callback: one function per answer, one arm of one switch. All of it may run in the middle of
# a frame, on any thread and on stacks that Python does not know, so nothing here touches Python.

cdef enum:
    COMMAND_SET_SAVE_STATE_IN_BACKGROUND = 0x800002
    COMMAND_GET_CLEAR_ALL_THREAD_WAITS_CB = 0x800003
    COMMAND_POLL_TYPE_OVERRIDE = 0x800004
    COMMAND_SET_SAVE_STATE_DISABLE_UNDO = 0x800005
    OLD_SET_SERIALIZATION_QUIRKS = 44
    SERIALIZATION_QUIRKS_KNOWN = 0x7F
    DECLARATIONS_LIMIT = 1 << 16


cdef bint answer_flag(void *data, bint value) noexcept nogil:
    if data is not NULL:
        (<cbool *> data)[0] = value
    return True


cdef bint answer_unsigned(void *data, unsigned value) noexcept nogil:
    if data is not NULL:
        (<unsigned *> data)[0] = value
    return True


cdef bint answer_text(void *data, const char *text) noexcept nogil:
    if data is NULL:
        return False
    (<const char **> data)[0] = text
    return True


cdef bint set_rotation(frontend *f, const unsigned *rotation) noexcept nogil:
    if rotation is NULL or rotation[0] > 3:
        return False
    f.video.rotation = rotation[0]
    return True


cdef bint set_pixel_format(frontend *f, const int *pixel_format) noexcept nogil:
    if pixel_format is NULL or pixel_format[0] < 0 or pixel_format[0] > <int> RETRO_PIXEL_FORMAT_RGB565:
        return False
    f.video.pixel_format = pixel_format[0]
    return True


cdef bint set_message(frontend *f, const retro_message *said) noexcept nogil:
    return said is not NULL and queue_message(f, said.msg, said.frames, 0, RETRO_LOG_INFO, RETRO_MESSAGE_TARGET_ALL,
                                              RETRO_MESSAGE_TYPE_NOTIFICATION, -1, False)


cdef bint set_message_ext(frontend *f, const retro_message_ext *said) noexcept nogil:
    return said is not NULL and queue_message(f, said.msg, said.duration, said.priority, said.level, said.target,
                                              said.type, said.progress, True)


cdef bint shut_down(frontend *f) noexcept nogil:
    f.shutdown = True
    return True


cdef bint set_performance_level(frontend *f, const unsigned *level) noexcept nogil:
    if level is NULL:
        return False
    f.performance_level = level[0]
    return True


cdef bint set_input_descriptors(frontend *f, const retro_input_descriptor *declared) noexcept nogil:
    cdef arena memory
    cdef arena before
    cdef size_t count = 0, i
    cdef input_descriptor *copies
    if declared is NULL:
        return False
    while declared[count].description is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    memset(&memory, 0, sizeof(arena))
    copies = <input_descriptor *> arena_allocate(&memory, (count + 1) * sizeof(input_descriptor))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].port = declared[i].port
        copies[i].device = declared[i].device
        copies[i].index = declared[i].index
        copies[i].id = declared[i].id
        copies[i].description = arena_string(&memory, declared[i].description)
    platform_mutex_lock(&f.lock)
    before = f.descriptors_arena
    f.descriptors_arena = memory
    f.descriptors = copies
    f.descriptor_count = count
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef bint set_controller_info(frontend *f, const retro_controller_info *declared) noexcept nogil:
    cdef arena memory
    cdef arena before
    cdef size_t ports = 0, count = 0, port
    cdef unsigned i
    cdef controller *copies
    if declared is NULL:
        return False
    while declared[ports].types is not NULL and ports < DECLARATIONS_LIMIT:
        count += declared[ports].num_types
        ports += 1
    memset(&memory, 0, sizeof(arena))
    copies = <controller *> arena_allocate(&memory, (count + 1) * sizeof(controller))
    if copies is NULL:
        return False
    count = 0
    for port in range(ports):
        for i in range(declared[port].num_types):
            if declared[port].types[i].desc is NULL:
                continue
            copies[count].port = port
            copies[count].id = declared[port].types[i].id
            copies[count].description = arena_string(&memory, declared[port].types[i].desc)
            count += 1
    platform_mutex_lock(&f.lock)
    before = f.controllers_arena
    f.controllers_arena = memory
    f.controllers = copies
    f.controller_count = count
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef bint copy_subsystem(arena *memory, subsystem *copy, const retro_subsystem_info *declared) noexcept nogil:
    cdef unsigned rom, kind
    cdef const retro_subsystem_rom_info *source
    copy.description = arena_string(memory, declared.desc)
    copy.identifier = arena_string(memory, declared.ident)
    copy.id = declared.id
    if declared.roms is NULL or declared.num_roms > DECLARATIONS_LIMIT:
        return True
    copy.roms = <subsystem_rom *> arena_allocate(memory, declared.num_roms * sizeof(subsystem_rom))
    if copy.roms is NULL:
        return False
    copy.rom_count = declared.num_roms
    for rom in range(declared.num_roms):
        source = &declared.roms[rom]
        copy.roms[rom].description = arena_string(memory, source.desc)
        copy.roms[rom].extensions = arena_string(memory, source.valid_extensions)
        copy.roms[rom].need_fullpath = source.need_fullpath
        copy.roms[rom].block_extract = source.block_extract
        copy.roms[rom].required = source.required
        if source.memory is NULL or source.num_memory > DECLARATIONS_LIMIT:
            continue
        copy.roms[rom].memories = <subsystem_memory *> arena_allocate(
            memory, source.num_memory * sizeof(subsystem_memory))
        if copy.roms[rom].memories is NULL:
            return False
        copy.roms[rom].memory_count = source.num_memory
        for kind in range(source.num_memory):
            copy.roms[rom].memories[kind].extension = arena_string(memory, source.memory[kind].extension)
            copy.roms[rom].memories[kind].type = source.memory[kind].type
    return True


cdef bint set_subsystem_info(frontend *f, const retro_subsystem_info *declared) noexcept nogil:
    cdef arena memory
    cdef arena before
    cdef size_t count = 0, i
    cdef subsystem *copies
    if declared is NULL:
        return False
    while declared[count].ident is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    memset(&memory, 0, sizeof(arena))
    copies = <subsystem *> arena_allocate(&memory, (count + 1) * sizeof(subsystem))
    if copies is NULL:
        return False
    for i in range(count):
        if not copy_subsystem(&memory, &copies[i], &declared[i]):
            arena_free(&memory)
            return False
    platform_mutex_lock(&f.lock)
    before = f.subsystems_arena
    f.subsystems_arena = memory
    f.subsystems = copies
    f.subsystem_count = count
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef bint set_content_info_override(frontend *f, const retro_system_content_info_override *declared) noexcept nogil:
    cdef arena memory
    cdef arena before
    cdef size_t count = 0, i
    cdef content_override *copies
    if declared is NULL:
        return True  # a question: is this command understood?
    while declared[count].extensions is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    memset(&memory, 0, sizeof(arena))
    copies = <content_override *> arena_allocate(&memory, (count + 1) * sizeof(content_override))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].extensions = arena_string(&memory, declared[i].extensions)
        copies[i].need_fullpath = declared[i].need_fullpath
        copies[i].persistent_data = declared[i].persistent_data
    platform_mutex_lock(&f.lock)
    before = f.overrides_arena
    f.overrides_arena = memory
    f.content_overrides = copies
    f.content_override_count = count
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef bint set_memory_maps(frontend *f, const retro_memory_map *declared) noexcept nogil:
    cdef arena memory
    cdef arena before
    cdef size_t count, i
    cdef memory_descriptor *copies
    if declared is NULL or (declared.descriptors is NULL and declared.num_descriptors):
        return False
    count = declared.num_descriptors
    if count > DECLARATIONS_LIMIT:
        return False
    memset(&memory, 0, sizeof(arena))
    copies = <memory_descriptor *> arena_allocate(&memory, (count + 1) * sizeof(memory_descriptor))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].flags = declared.descriptors[i].flags
        copies[i].data = <uint8_t *> declared.descriptors[i].ptr
        copies[i].offset = declared.descriptors[i].offset
        copies[i].start = declared.descriptors[i].start
        copies[i].select = copies[i].declared_select = declared.descriptors[i].select
        copies[i].disconnect = declared.descriptors[i].disconnect
        copies[i].length = copies[i].declared_length = declared.descriptors[i].len
        copies[i].address_space = arena_string(&memory, declared.descriptors[i].addrspace)
    count = complete_descriptors(copies, count)
    platform_mutex_lock(&f.lock)
    before = f.memory_arena
    f.memory_arena = memory
    f.memory_map = copies
    f.memory_map_count = count
    f.memory_generation += 1
    platform_mutex_unlock(&f.lock)
    arena_free(&before)
    return True


cdef bint set_keyboard_callback(frontend *f, const retro_keyboard_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.keyboard_callback = callback[0]
    return True


cdef bint set_disk_control(frontend *f, const retro_disk_control_callback *callbacks) noexcept nogil:
    memset(&f.disk, 0, sizeof(frontend_disk))
    if callbacks is not NULL:
        memcpy(&f.disk.control, callbacks, sizeof(retro_disk_control_callback))
    return True


cdef bint set_disk_control_ext(frontend *f, const retro_disk_control_ext_callback *callbacks) noexcept nogil:
    memset(&f.disk, 0, sizeof(frontend_disk))
    f.disk.version = 1
    if callbacks is not NULL:
        f.disk.control = callbacks[0]
    return True


cdef bint answer_variable_update(frontend *f, void *data) noexcept nogil:
    if data is NULL:
        return False
    (<cbool *> data)[0] = f.options_changed
    f.options_changed = False
    return True


cdef bint set_support_no_game(frontend *f, const cbool *supported) noexcept nogil:
    if supported is NULL:
        return False
    f.support_no_game = supported[0]
    return True


cdef bint set_frame_time_callback(frontend *f, const retro_frame_time_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.frame_time = callback[0]
    return True


cdef bint set_audio_callback(frontend *f, const retro_audio_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.audio_callback = callback[0]
    return True


cdef bint set_audio_buffer_status_callback(frontend *f,
                                           const retro_audio_buffer_status_callback *callback) noexcept nogil:
    if callback is NULL:
        f.audio_buffer_status.callback = NULL
    else:
        f.audio_buffer_status = callback[0]
    return True


cdef bint set_minimum_audio_latency(frontend *f, const unsigned *milliseconds) noexcept nogil:
    f.minimum_audio_latency = milliseconds[0] if milliseconds is not NULL else 0
    return True


cdef bint answer_rumble_interface(frontend *f, retro_rumble_interface *rumble) noexcept nogil:
    if rumble is NULL or not offers(f, PERIPHERAL_RUMBLE):
        return False
    rumble.set_rumble_state = f.callbacks.set_rumble_state
    return True


cdef bint set_proc_address_callback(frontend *f, const retro_get_proc_address_interface *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.proc_address = callback[0]
    return True


cdef bint answer_language(const frontend *f, unsigned *language) noexcept nogil:
    if language is NULL or f.language == FRONTEND_NO_LANGUAGE:
        return False
    language[0] = f.language
    return True


cdef bint answer_log_interface(frontend *f, retro_log_callback *log) noexcept nogil:
    if log is NULL or f.slot is NULL:
        return False
    log.log = f.callbacks.log
    return True


cdef bint set_system_av_info(frontend *f, const retro_system_av_info *av_info) noexcept nogil:
    if av_info is NULL or not grow_hardware(f, &av_info.geometry):
        return False
    f.av_info = av_info[0]
    f.geometry_changes += 1
    return True


cdef bint set_geometry(frontend *f, const retro_game_geometry *geometry) noexcept nogil:
    if geometry is NULL:
        return False
    f.av_info.geometry.base_width = geometry.base_width
    f.av_info.geometry.base_height = geometry.base_height
    f.av_info.geometry.aspect_ratio = geometry.aspect_ratio
    f.geometry_changes += 1
    return True


cdef bint set_support_achievements(frontend *f, const cbool *supported) noexcept nogil:
    if supported is NULL:
        return False
    f.support_achievements = supported[0]
    f.told_of_achievements = True
    return True


cdef bint set_serialization_quirks(frontend *f, uint64_t *quirks) noexcept nogil:
    if quirks is NULL:
        return False
    f.serialization_quirks = quirks[0] & SERIALIZATION_QUIRKS_KNOWN
    quirks[0] = f.serialization_quirks | RETRO_SERIALIZATION_QUIRK_FRONT_VARIABLE_SIZE
    return True


cdef bint answer_audio_video_enable(frontend *f, int *enable) noexcept nogil:
    if enable is not NULL:
        enable[0] = f.audio_video_enable
    return True


cdef bint answer_savestate_context(frontend *f, int *context) noexcept nogil:
    if context is not NULL:
        context[0] = f.savestate_context
    return True


cdef bint answer_game_info_ext(frontend *f, const retro_game_info_ext **game) noexcept nogil:
    if game is NULL or f.content.infos is NULL:
        return False
    game[0] = f.content.infos
    return True


cdef inline bint wants_local_texts(const frontend *f) noexcept nogil:
    return f.language != <int> RETRO_LANGUAGE_ENGLISH and f.language != FRONTEND_NO_LANGUAGE


cdef bint set_options_intl_v1(frontend *f, const retro_core_options_intl *declaration) noexcept nogil:
    if declaration is NULL:
        return False
    return declare_options_v1(f, declaration.us, declaration.local if wants_local_texts(f) else NULL)


cdef bint set_options_intl_v2(frontend *f, const retro_core_options_v2_intl *declaration) noexcept nogil:
    if declaration is NULL:
        return False
    return declare_options_v2(f, declaration.us, declaration.local if wants_local_texts(f) else NULL)


cdef bint set_update_display_callback(frontend *f,
                                      const retro_core_options_update_display_callback *callback) noexcept nogil:
    if callback is NULL:
        f.options_display.callback = NULL
    else:
        f.options_display = callback[0]
    return True


cdef bint answer_clear_thread_waits(retro_environment_t *callback) noexcept nogil:
    if callback is NULL:
        return False
    callback[0] = frontend_clear_thread_waits
    return True


cdef bint set_poll_type(frontend *f, const unsigned *kind) noexcept nogil:
    if kind is NULL:
        return False
    f.poll_type = kind[0]
    return True


cdef cbool environment(frontend *f, unsigned command, void *data) noexcept nogil:
    cdef unsigned number = command & ~<unsigned> RETRO_ENVIRONMENT_EXPERIMENTAL
    if f is NULL:
        return False
    if number == 17:
        return answer_variable_update(f, data)
    elif number == 15:
        return answer_variable(f, <retro_variable *> data)
    elif number == 47:
        return answer_audio_video_enable(f, <int *> data)
    elif number == 37:
        return set_geometry(f, <const retro_game_geometry *> data)
    elif number == 1:
        return set_rotation(f, <const unsigned *> data)
    elif number == 2:
        return answer_flag(data, False)
    elif number == 3:
        f.asked_can_dupe = True
        return answer_flag(data, True)
    elif number == 6:
        return set_message(f, <const retro_message *> data)
    elif number == 7:
        return shut_down(f)
    elif number == 8:
        return set_performance_level(f, <const unsigned *> data)
    elif number == 9:
        return answer_text(data, f.system_directory)
    elif number == 10:
        return set_pixel_format(f, <const int *> data)
    elif number == 11:
        return set_input_descriptors(f, <const retro_input_descriptor *> data)
    elif number == 12:
        return set_keyboard_callback(f, <const retro_keyboard_callback *> data)
    elif number == 13:
        return set_disk_control(f, <const retro_disk_control_callback *> data)
    elif number == 14:
        return set_hw_render(f, <retro_hw_render_callback *> data, command != number)
    elif number == 16:
        return declare_variables(f, <const retro_variable *> data)
    elif number == 18:
        return set_support_no_game(f, <const cbool *> data)
    elif number == 19:
        return answer_text(data, f.libretro_path)
    elif number == 21:
        return set_frame_time_callback(f, <const retro_frame_time_callback *> data)
    elif number == 22:
        return set_audio_callback(f, <const retro_audio_callback *> data)
    elif number == 23:
        return answer_rumble_interface(f, <retro_rumble_interface *> data)
    elif number == 24:
        return answer_device_capabilities(<uint64_t *> data)
    elif number == 25:
        return answer_sensor_interface(f, <retro_sensor_interface *> data)
    elif number == 26:
        return answer_camera_interface(f, <retro_camera_callback *> data)
    elif number == 27:
        return answer_log_interface(f, <retro_log_callback *> data)
    elif number == 28:
        return answer_perf_interface(f, <retro_perf_callback *> data)
    elif number == 29:
        return answer_location_interface(f, <retro_location_callback *> data)
    elif number == 30:
        return answer_text(data, f.assets_directory)
    elif number == 31:
        return answer_text(data, f.save_directory)
    elif number == 32:
        return set_system_av_info(f, <const retro_system_av_info *> data)
    elif number == 33:
        return set_proc_address_callback(f, <const retro_get_proc_address_interface *> data)
    elif number == 34:
        return set_subsystem_info(f, <const retro_subsystem_info *> data)
    elif number == 35:
        return set_controller_info(f, <const retro_controller_info *> data)
    elif number == 36:
        return set_memory_maps(f, <const retro_memory_map *> data)
    elif number == 38:
        return answer_text(data, f.username)
    elif number == 39:
        return answer_language(f, <unsigned *> data)
    elif number == 40:
        return lend_framebuffer(f, <retro_framebuffer *> data)
    elif number == 42:
        return set_support_achievements(f, <const cbool *> data)
    elif number == 45:
        return answer_vfs_interface(f, <retro_vfs_interface_info *> data)
    elif command == OLD_SET_SERIALIZATION_QUIRKS or number == 87:
        # 44 with the experimental bit is SET_HW_SHARED_CONTEXT, without it what 87 is today
        return set_serialization_quirks(f, <uint64_t *> data)
    elif number == 44:
        return answer_hw_shared_context(f)
    elif number == 46:
        return answer_led_interface(f, <retro_led_interface *> data)
    elif number == 48:
        return answer_midi_interface(f, <retro_midi_interface **> data)
    elif number == 49:
        return answer_flag(data, f.timing.fast_forwarding)
    elif number == 50:
        return answer_target_refresh_rate(f, <float *> data)
    elif number == 51:
        return True
    elif number == 52:
        return answer_unsigned(data, 2)
    elif number == 53:
        return declare_options_v1(f, <const retro_core_option_definition *> data, NULL)
    elif number == 54:
        return set_options_intl_v1(f, <const retro_core_options_intl *> data)
    elif number == 55:
        return set_option_visibility(f, <const retro_core_option_display *> data)
    elif number == 56:
        return answer_preferred_hw_render(f, <unsigned *> data)
    elif number == 57:
        return answer_unsigned(data, 1)
    elif number == 58:
        return set_disk_control_ext(f, <const retro_disk_control_ext_callback *> data)
    elif number == 59:
        return answer_unsigned(data, 1)
    elif number == 60:
        return set_message_ext(f, <const retro_message_ext *> data)
    elif number == 61:
        return data is not NULL and answer_unsigned(data, FRONTEND_PORTS)
    elif number == 62:
        return set_audio_buffer_status_callback(f, <const retro_audio_buffer_status_callback *> data)
    elif number == 63:
        return set_minimum_audio_latency(f, <const unsigned *> data)
    elif number == 64:
        return set_fast_forwarding_override(f, <const retro_fastforwarding_override *> data)
    elif number == 65:
        return set_content_info_override(f, <const retro_system_content_info_override *> data)
    elif number == 66:
        return answer_game_info_ext(f, <const retro_game_info_ext **> data)
    elif number == 67:
        return declare_options_v2(f, <const retro_core_options_v2 *> data, NULL)
    elif number == 68:
        return set_options_intl_v2(f, <const retro_core_options_v2_intl *> data)
    elif number == 69:
        return set_update_display_callback(f, <const retro_core_options_update_display_callback *> data)
    elif number == 70:
        return set_variable(f, <const retro_variable *> data)
    elif number == 71:
        return answer_throttle_state(f, <retro_throttle_state *> data)
    elif number == 72:
        return answer_savestate_context(f, <int *> data)
    elif number == 73:
        return answer_negotiation_support(<retro_hw_render_context_negotiation_interface *> data)
    elif number == 74:
        return answer_flag(data, f.host.exec_mode != RETRO_EXEC_MEM_MODE_UNAVAILABLE)
    elif number == 75:
        return answer_microphone_interface(f, <retro_microphone_interface *> data)
    elif number == 77:
        return answer_device_power(f, <retro_device_power *> data)
    elif number == 78:
        return set_netpacket_interface(f, <const retro_netpacket_callback *> data)
    elif number == 79:
        return answer_text(data, f.playlist_directory)
    elif number == 80:
        return answer_text(data, f.browser_directory)
    elif number == 81:
        return answer_target_sample_rate(f, <unsigned *> data)
    elif number == 82:
        return answer_netplay_client_index(f, <unsigned *> data)
    elif number == 83:
        return host_exec_allocate(&f.host, <retro_exec_mem_alloc *> data)
    elif number == 84:
        return host_exec_free(&f.host, <const retro_exec_mem_free *> data)
    elif number == 85:
        return answer_float_audio(f, <retro_audio_sample_float_callback *> data)
    elif number == 86:
        return answer_memory_status(f, <retro_memory_status *> data)
    elif number == 88:
        return data is not NULL and answer_flag(data, False)
    elif number == 91:
        return answer_no_hdr(<unsigned *> data)
    elif number == 93:
        return vfs_locations(f.files, <retro_vfs_authorized_locations *> data)
    elif number == COMMAND_SET_SAVE_STATE_IN_BACKGROUND:
        return True
    elif number == COMMAND_GET_CLEAR_ALL_THREAD_WAITS_CB:
        return answer_clear_thread_waits(<retro_environment_t *> data)
    elif number == COMMAND_POLL_TYPE_OVERRIDE:
        return set_poll_type(f, <const unsigned *> data)
    elif number == COMMAND_SET_SAVE_STATE_DISABLE_UNDO:
        return True
    return False

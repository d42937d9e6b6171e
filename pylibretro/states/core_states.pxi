# The states that a core itself saves and loads.

cdef extern from "blocks.h" nogil:
    void *block_allocate_zeroed(size_t size)


cdef enum:
    SERIALIZATION_QUIRKS_KNOWN = 0x7F
    STATE_GUARD_BYTES = 64
    STATE_GUARD = 0xA5
    STATE_BYTES_LIMIT = 0x7FFFFFFF
    LOADS_WATCHED = 2
    FRAMES_UNTIL_READY = 60  # within which every core takes states
    STATE_UNPACKED_AT_LEAST = 0x2000000


cdef bint set_serialization_quirks(frontend *f, uint64_t *quirks) noexcept nogil:
    if quirks is NULL:
        return False
    f.serialization_quirks = quirks[0] & SERIALIZATION_QUIRKS_KNOWN
    quirks[0] = f.serialization_quirks | RETRO_SERIALIZATION_QUIRK_FRONT_VARIABLE_SIZE
    return True


cdef bint answer_savestate_context(frontend *f, int *context) noexcept nogil:
    if context is not NULL:
        context[0] = f.savestate_context
    return True


cdef inline bint awaits_frame(const frontend *f) noexcept nogil:
    return f.states.awaits_frame and f.frame_count == 0


cdef int check_time_for_states(CoreBase core) except -1:
    if awaits_frame(core.f):
        raise StateError(f"{core.name} has no states before its first frame, as it says itself "
                         f"(SerializationQuirk.MUST_INITIALIZE); run() before")
    return 0


cdef size_t size_of_state(CoreBase core) except? 0:
    cdef core_request request
    check_time_for_states(core)
    memset(&request, 0, sizeof(core_request))
    core.call(request_state_size, &request)
    if request.size > <size_t> STATE_BYTES_LIMIT:
        raise StateError(f"{core.name} says that its state has {request.size} bytes, which cannot be")
    if request.size:
        core.state_sizes.add(request.size)
    return request.size


cdef object serialized(CoreBase core):
    cdef core_request request
    cdef size_t size = size_of_state(core)
    cdef PyObject *memory
    cdef char *data
    cdef unsigned i
    cdef bint overrun = False
    if size == 0:
        raise StateError(f"{core.name} has no states (its state size is 0)")
    memory = new_bytes(NULL, size + STATE_GUARD_BYTES)
    try:
        data = bytes_data(memory)
        memset(data, 0, size)
        memset(data + size, STATE_GUARD, STATE_GUARD_BYTES)
        memset(&request, 0, sizeof(core_request))
        request.pointer = data
        request.size = size
        core.call(request_serialize, &request)
        for i in range(<unsigned> STATE_GUARD_BYTES):
            overrun |= <uint8_t> data[size + i] != STATE_GUARD
        if overrun:
            raise ProtocolError(f"{core.name} broke a rule of libretro: it wrote past the {size} bytes of its "
                                f"state")
        if not request.flag:
            raise StateError(f"{core.name} refused to save its state{last_words(core)}")
        resize_bytes(&memory, size)
        return <object> memory
    finally:
        Py_XDECREF(memory)


# ---- machines that have just been started ----------------------------------------------------------------------------

cdef void run_hidden_frames(frontend *f, unsigned count) noexcept nogil:
    while count:
        f.core.run()
        count -= 1
    f.states.frames_first = 0
    f.states.awaits_frame = False


cdef void free_lent_state(frontend *f) noexcept nogil:
    if f.lent_state is not NULL:
        block_free(f.lent_state, f.lent_state_size)
    f.lent_state = NULL
    f.lent_state_size = 0


cdef bint unserialize_unaltered(frontend *f, const void *data, size_t size) noexcept nogil:
    """As `retro_unserialize`, which leaves the data as they are even where the core writes into them.

    A core gets a copy until it has left some as they were: one that writes does so from its first load on.
    """
    cdef bint done
    if f.states.loads_watched >= LOADS_WATCHED:
        return f.core.unserialize(data, size)
    if f.lent_state_size < size + STATE_GUARD_BYTES:
        free_lent_state(f)
        f.lent_state = block_allocate_zeroed(size + STATE_GUARD_BYTES)
        if f.lent_state is NULL:
            return False
        f.lent_state_size = size + STATE_GUARD_BYTES
    memcpy(f.lent_state, data, size)
    memset(<char *> f.lent_state + size, 0, STATE_GUARD_BYTES)
    done = f.core.unserialize(f.lent_state, size)
    if memcmp(f.lent_state, data, size) != 0:
        f.states.loads_watched = 0
        return done
    if done:
        f.states.loads_watched += 1
    if f.states.loads_watched >= LOADS_WATCHED:
        free_lent_state(f)
    return done


cdef void request_unserialize(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = unserialize_unaltered(request.f, request.data, request.size)


name_call(request_unserialize, "retro_unserialize")


cdef bint unserialize_at_last(frontend *f, const void *data, size_t size) noexcept nogil:
    """As `retro_unserialize`, in a machine that may take states only when it has run some frames.

    A state replaces what those frames did. If none of them helps, the machine is put back as far as it lets itself.
    """
    cdef bint done = unserialize_unaltered(f, data, size), kept = False
    cdef uint64_t frames = f.frame_count
    cdef size_t own
    cdef char *backup
    if done or frames >= FRAMES_UNTIL_READY:
        return done
    own = f.core.serialize_size()
    if own > <size_t> STATE_BYTES_LIMIT:
        return False
    backup = <char *> block_allocate_zeroed(own + STATE_GUARD_BYTES)
    if backup is NULL:
        return False
    kept = own and f.core.serialize(backup, own)
    while not done and frames < FRAMES_UNTIL_READY and not f.shutdown:
        f.core.run()
        frames += 1
        done = unserialize_unaltered(f, data, size)
    if not done:
        kept = kept and unserialize_unaltered(f, backup, own)
        if not kept and f.frame_count == 0:
            f.core.reset()
    block_free(backup, own + STATE_GUARD_BYTES)
    return done


cdef void request_first_frames(void *argument) noexcept nogil:
    cdef frontend *f = (<core_request *> argument).f
    cdef size_t audio_frames = f.audio.frames
    run_hidden_frames(f, f.states.frames_first)
    f.audio.frames = audio_frames


name_call(request_first_frames, "retro_run")


cdef void request_unserialize_at_last(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    cdef size_t audio_frames = request.f.audio.frames
    request.flag = unserialize_at_last(request.f, request.data, request.size)
    request.f.audio.frames = audio_frames


name_call(request_unserialize_at_last, "retro_unserialize")


# ---- bytes of the user's ---------------------------------------------------------------------------------------------

cdef int load_bytes(CoreBase core, state) except -1:
    cdef Py_buffer view
    PyObject_GetBuffer(state, &view, PyBUF_SIMPLE)
    try:
        if not begins_packed(&view):
            unserialize(core, &view)
            return 0
    finally:
        PyBuffer_Release(&view)
    if not awaits_frame(core.f):
        size_of_state(core)
    most = 8 * max(core.state_sizes, default=0)
    unpacked = unpacked_state(state, core.state_sizes, max(STATE_UNPACKED_AT_LEAST, most))
    PyObject_GetBuffer(unpacked, &view, PyBUF_SIMPLE)
    try:
        unserialize(core, &view)
    finally:
        PyBuffer_Release(&view)
    return 0


cdef bint begins_packed(Py_buffer *view) except -1:
    cdef const char *data = <const char *> view.buf
    if view.len < 8 or data[0] not in (b"R", b"#", b"P", 0x1F):
        return False
    return looks_packed(data[:8])


cdef int unserialize(CoreBase core, Py_buffer *view) except -1:
    cdef core_request request
    cdef size_t size, given = view.len, room
    cdef char *copy = NULL
    backup = None
    forget_past(core.f)
    if awaits_frame(core.f):
        core.call(request_first_frames, &request)
    size = size_of_state(core)
    if size == 0:
        raise StateError(f"{core.name} has no states (its state size is 0)")
    if given != size:
        backup = serialized_or_none(core)
    if given < size:
        size = settle_smaller_size(core, given, size, backup)
    memset(&request, 0, sizeof(core_request))
    request.data = view.buf
    request.size = given
    try:
        if given != size:
            # Cores read as far as they please: let them find zeros behind a state shorter than they think.
            room = max(size, given) + STATE_GUARD_BYTES
            copy = <char *> calloc(1, room)
            if copy is NULL:
                raise MemoryError(f"no memory for a state of {given} bytes")
            memcpy(copy, view.buf, given)
            request.data = copy
        core.call(request_unserialize_at_last, &request)
    finally:
        free(copy)
    if not request.flag:
        if backup is not None:
            put_back(core, backup)
        raise StateError(f"{core.name} refused the state of {given} bytes{last_words(core)}")
    return 0


cdef object serialized_or_none(CoreBase core):
    """The state to go back to if the one to come is refused; a core that gives none can still take some."""
    try:
        return serialized(core)
    except StateError:
        return None


cdef size_t settle_smaller_size(CoreBase core, size_t given, size_t size, backup) except? 0:
    """Find out whether a state that is smaller than the present one can be the core's own.

    A larger one is the core's to judge, but cores read beyond the end of what they are given.
    """
    cdef core_request request
    cdef size_t size_now
    if given in core.state_sizes or core.f.serialization_quirks & (
            RETRO_SERIALIZATION_QUIRK_CORE_VARIABLE_SIZE | RETRO_SERIALIZATION_QUIRK_INCOMPLETE):
        return size
    if core.f.frame_count == 0:
        # Some states change their size with the first frame; the state to come replaces what that frame does.
        memset(&request, 0, sizeof(core_request))
        core.call(request_hidden_run, &request)
        size_now = size_of_state(core)
        if size_now <= given:
            return size_now
        if backup is not None:
            put_back(core, backup)
    raise StateError(f"the state has {given} bytes, but {core.name} now has states of {size} bytes; it is "
                     f"truncated, or of another core or content")


cdef int put_back(CoreBase core, backup) except -1:
    cdef core_request request
    memset(&request, 0, sizeof(core_request))
    request.data = PyBytes_AS_STRING(backup)
    request.size = len(backup)
    core.call(request_unserialize, &request)
    return 0


cdef int raise_for_state(CoreBase core, int outcome, const state_parts *parts) except -1:
    """Raise what an outcome of save_machine or load_machine other than STATE_DONE means."""
    if outcome == STATE_CRASHED:
        core.raise_crash(core.f.states.guard_outcome)
    if outcome == STATE_NONE:
        raise StateError(f"{core.name} has no states (its state size is 0)")
    if outcome == STATE_IMPOSSIBLE:
        raise StateError(f"{core.name} says that its state has more than {STATE_BYTES_LIMIT} bytes, which cannot "
                         f"be")
    if outcome == STATE_LARGER:
        raise StateError(f"{core.name} says at each question that its state is larger, now {core.f.states.size} "
                         f"bytes")
    if outcome == STATE_OVERRUN:
        raise ProtocolError(f"{core.name} broke a rule of libretro: it wrote past the {parts.size} bytes of its "
                            f"state")
    if outcome == STATE_OF_OTHER_SIZE:
        raise StateError(f"the state has {parts.size} bytes, but {core.name} now has states of "
                         f"{core.f.states.size} bytes")
    if outcome == STATE_TOO_EARLY:
        check_time_for_states(core)
    if outcome == STATE_OF_OTHER_DISK:
        raise StateError(f"the state was made with disk {state_moment(parts).disk_index} in the drive, which "
                         f"{core.name} does not take here; give it the same disks")
    raise StateError(f"{core.name} refused the state of {parts.size} bytes{last_words(core)}")

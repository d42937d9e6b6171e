# The past of a machine: before each frame its state and the frame's input are remembered. Going back to the moment
# after a frame loads the state before it, runs it again, for its picture and its sound, and loads the state that came
# next, in which is also what was written into the core's memory before it went on.


cdef port_input _no_input[FRONTEND_PORTS]


# ---- pictures --------------------------------------------------------------------------------------------------------


# ---- remembering -----------------------------------------------------------------------------------------------------


cdef bint push_newest(rewind_history *past) noexcept nogil:
    """Store the newest moment as its difference from the other, which comes after it."""
    cdef rewind_moment moment
    cdef size_t used = state_used(&past.newest), records = past.ring.records
    cdef size_t input_size = past.input_ports * sizeof(port_input)
    cdef char *at
    memset(&moment, 0, sizeof(rewind_moment))
    if not grow_bytes(&past.scratch, sizeof(rewind_moment) + state_delta_bound(input_size) + past.undo.size
                      + state_delta_bound(used)):
        return False
    at = past.scratch.data + sizeof(rewind_moment)
    moment.frame = past.frame
    moment.input_ports = past.input_ports
    moment.input_bytes = state_delta_encode(_no_input, input_size, past.inputs, input_size, at)
    at += moment.input_bytes
    if past.repeats:
        moment.picture_bytes = past.undo.size
        memcpy(at, past.undo.data, past.undo.size)
        at += past.undo.size
    moment.state_size = past.newest.size
    moment.state_written = min(past.newest.written, past.newest.size)
    at += state_delta_encode(past.other.block, state_used(&past.other), past.newest.block, used, at)
    memcpy(past.scratch.data, &moment, sizeof(rewind_moment))
    if not rewind_ring_push(&past.ring, past.scratch.data, at - past.scratch.data):
        return False
    if past.ring.records <= records:
        past.begin_known = False
    return True


cdef int remember_moment(frontend *f, rewind_history *past) noexcept nogil:
    """Before a frame whose input is latched. What cannot be saved begins a new past; only a crash is reported."""
    cdef int outcome
    if f.frame_count == 0 and f.serialization_quirks & RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE:
        return STATE_DONE
    if past.now % past.granularity == 0:
        outcome = save_own(f, &past.states, &past.other, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)
        if outcome != STATE_DONE:
            forget_all(past)
            return outcome
        if past.known and not push_newest(past):
            # This difference has no room; those from here on may have it.
            rewind_ring_clear(&past.ring)
            past.begin_known = False
            past.known = past.repeats = False
            past.repeated_picture.size = past.undo.size = 0
        if not past.known and past.now == 0:
            recover_picture(f)
            past.begin_known = describe_own_picture(f, &past.picture_at_begin)
        swap_parts(&past.newest, &past.other)
        past.known = True
        past.repeats = False
        past.frame = past.now
        memcpy(past.inputs, f.input, f.input_ports * sizeof(port_input))
        past.input_ports = f.input_ports
    past.now += 1
    return STATE_DONE


cdef void note_frame_without_picture(frontend *f, rewind_history *past) noexcept nogil:
    """After a frame that repeated its picture: running it again would not bring it back."""
    cdef growing_bytes before
    cdef bint described
    if not past.known or past.frame + 1 != past.now:
        return
    recover_picture(f)
    before = past.repeated_picture
    past.repeated_picture = past.scratch
    past.scratch = before
    described = describe_own_picture(f, &past.repeated_picture) \
        and grow_bytes(&past.undo, state_delta_bound(past.scratch.size))
    if not described:
        forget_all(past)
        return
    past.undo.size = state_delta_encode(past.repeated_picture.data, past.repeated_picture.size, past.scratch.data,
                                        past.scratch.size, past.undo.data)
    past.repeats = True


# ---- going back ------------------------------------------------------------------------------------------------------

cdef uint64_t frames_to_go_back(const rewind_history *past) noexcept nogil:
    cdef rewind_moment oldest
    if not past.known:
        return 0
    if past.begin_known:
        return past.now
    oldest.frame = past.frame
    if past.ring.records:
        rewind_ring_peek_oldest(&past.ring, &oldest, sizeof(rewind_moment))
    return past.now - oldest.frame - 1


cdef bint undo_repeated_picture(rewind_history *past) noexcept nogil:
    cdef size_t size = 0
    cdef growing_bytes before
    if not past.repeats:
        return True
    if not state_delta_child_size(past.undo.data, past.undo.size, &size) \
            or not grow_bytes(&past.scratch, max(size, <size_t> 1)):
        return False
    past.scratch.size = size
    if not state_delta_decode(past.repeated_picture.data, past.repeated_picture.size, past.undo.data, past.undo.size,
                              past.scratch.data, size):
        return False
    before = past.scratch
    past.scratch = past.repeated_picture
    past.repeated_picture = before
    return True


cdef bint pop_moment(rewind_history *past) noexcept nogil:
    """Make the moment before the newest one the newest; the other one is then what came after it."""
    cdef rewind_moment moment
    cdef size_t size = rewind_ring_newest_size(&past.ring), input_size
    cdef const char *at
    if not undo_repeated_picture(past) or not grow_bytes(&past.scratch, size):
        return False
    rewind_ring_pop(&past.ring, past.scratch.data)
    memcpy(&moment, past.scratch.data, sizeof(rewind_moment))
    at = past.scratch.data + sizeof(rewind_moment)
    input_size = moment.input_ports * sizeof(port_input)
    memset(past.inputs, 0, sizeof(past.inputs))
    past.input_ports = moment.input_ports
    if not state_delta_decode(_no_input, input_size, at, moment.input_bytes, past.inputs, input_size):
        return False
    at += moment.input_bytes
    past.repeats = moment.picture_bytes != 0
    if not grow_bytes(&past.undo, moment.picture_bytes):
        return False
    if past.repeats:
        memcpy(past.undo.data, at, moment.picture_bytes)
    at += moment.picture_bytes
    if not make_room(&past.other, moment.state_size):
        return False
    past.other.size = moment.state_size
    clear_behind(&past.other, min(past.other.written, <size_t> moment.state_written))
    past.other.written = moment.state_written
    if not state_delta_decode(past.newest.block, state_used(&past.newest), at, past.scratch.data + size - at,
                              past.other.block, state_used(&past.other)):
        return False
    swap_parts(&past.newest, &past.other)
    past.frame_of_other = past.frame
    past.frame = moment.frame
    return True


# ---- for Core --------------------------------------------------------------------------------------------------------

cdef rewind_history *new_history(object wanted) except NULL:
    cdef rewind_history *past = <rewind_history *> calloc(1, sizeof(rewind_history))
    if past is NULL or not rewind_ring_init(&past.ring, wanted.memory):
        free(past)
        raise MemoryError(f"no memory for a past of {wanted.memory} bytes")
    past.granularity = wanted.granularity
    return past


cdef void free_history(rewind_history *past) noexcept nogil:
    if past is NULL:
        return
    rewind_ring_free(&past.ring)
    free_parts(&past.newest)
    free_parts(&past.other)
    free(past.undo.data)
    free(past.repeated_picture.data)
    free(past.picture_at_begin.data)
    free(past.scratch.data)
    free(past)


cdef object rewind_from(wanted):
    if wanted is not None and not isinstance(wanted, Rewind):
        raise TypeError(f"rewind is {wanted!r}; a Rewind is needed, or None")
    return wanted


cdef int use_rewind(CoreBase core, wanted) except -1:
    """Inside enter() and leave(); a Core without content keeps the wish until it has some."""
    cdef rewind_history *past = NULL
    if wanted is not None and core.f.phase == FRONTEND_LOADED:
        if core.f.frame_count or not core.f.serialization_quirks & RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE:
            if size_of_state(core) == 0:
                raise StateError(f"{core.name} has no states (its state size is 0), so that it cannot go back in time")
        past = new_history(wanted)
    free_history(<rewind_history *> core.f.time_machine.rewind)
    core.f.time_machine.rewind = past
    core.rewind_settings = wanted
    return 0

# The past of a machine: before each frame its state and the frame's input are remembered. Going back to the moment
# after a frame loads the state before it, runs it again, for its picture and its sound, and loads the state that came
# next, in which is also what was written into the core's memory before it went on.

cdef extern from "rewind.h" nogil:
    cdef struct rewind_ring:
        size_t used
        size_t records
    cdef struct rewind_moment:
        uint64_t frame
        uint32_t input_ports
        uint32_t input_bytes
        uint32_t picture_bytes
        uint32_t state_size
        uint32_t state_written
    bint rewind_ring_init(rewind_ring *, size_t capacity)
    void rewind_ring_free(rewind_ring *)
    void rewind_ring_clear(rewind_ring *)
    bint rewind_ring_push(rewind_ring *, const void *record, size_t size)
    size_t rewind_ring_newest_size(const rewind_ring *)
    void rewind_ring_pop(rewind_ring *, void *record)
    void rewind_ring_peek_oldest(const rewind_ring *, void *head, size_t size)


cdef struct growing_bytes:
    char *data
    size_t size
    size_t capacity


cdef struct rewind_history:
    rewind_ring ring
    frontend_states states  # they are of another context than other states, which may have other sizes
    uint64_t granularity
    uint64_t now  # frames that have run since the past began
    bint paused

    # the newest moment, and room for the next one or what came after this one
    bint known
    state_parts newest
    state_parts other
    uint64_t frame
    uint64_t frame_of_other
    port_input inputs[FRONTEND_PORTS]
    unsigned input_ports
    bint repeats  # the frame showed repeated_picture, and undo is how that becomes the one repeated before
    growing_bytes undo

    growing_bytes repeated_picture
    growing_bytes picture_at_begin
    bint begin_known
    growing_bytes scratch


cdef port_input _no_input[FRONTEND_PORTS]


cdef bint grow_bytes(growing_bytes *bytes_, size_t size) noexcept nogil:
    cdef char *larger
    if size > bytes_.capacity:
        larger = <char *> realloc(bytes_.data, size)
        if larger is NULL:
            return False
        bytes_.data = larger
        bytes_.capacity = size
    bytes_.size = size
    return True


cdef bint make_room(state_parts *parts, size_t room) noexcept nogil:
    """Parts of a state of `room` bytes, without a picture; what they hold is lost if they grow."""
    cdef state_parts larger
    if parts.block is not NULL and parts.room >= room:
        return True
    memset(&larger, 0, sizeof(state_parts))
    larger.room = larger.size = room
    larger.block_size = aligned(state_data_offset(&larger) + room + STATE_GUARD_BYTES)
    larger.block = <char *> block_allocate_zeroed(larger.block_size)
    if larger.block is NULL:
        return False
    free_parts(parts)
    parts[0] = larger
    return True


cdef void free_parts(state_parts *parts) noexcept nogil:
    if parts.block is not NULL:
        block_free(parts.block, parts.block_size)
    memset(parts, 0, sizeof(state_parts))


cdef void swap_parts(state_parts *one, state_parts *other) noexcept nogil:
    cdef state_parts kept = one[0]
    one[0] = other[0]
    other[0] = kept


cdef void swap_states(frontend_states *one, frontend_states *other) noexcept nogil:
    cdef frontend_states kept = one[0]
    one[0] = other[0]
    other[0] = kept


cdef int save_own(frontend *f, frontend_states *states, state_parts *parts, int context) noexcept nogil:
    """Save a state that stays here, into parts that grow as it needs."""
    cdef int outcome = STATE_LARGER
    cdef unsigned questions = 0
    swap_states(&f.states, states)
    while outcome == STATE_LARGER and questions < STATE_QUESTIONS:
        if not make_room(parts, max(f.states.size, <size_t> 1)):
            outcome = STATE_REFUSED
            break
        outcome = save_machine_for(f, parts, context)
        questions += 1
    swap_states(&f.states, states)
    return outcome


cdef int load_own(frontend *f, frontend_states *states, state_parts *parts, int context) noexcept nogil:
    cdef int outcome
    swap_states(&f.states, states)
    outcome = load_machine_for(f, parts, context, True)
    if outcome == STATE_DONE:
        f.video.may_repeat = state_moment(parts).may_repeat != 0  # as far as was known then
    swap_states(&f.states, states)
    return outcome


# ---- pictures --------------------------------------------------------------------------------------------------------

cdef bint describe_picture(const frontend_video *video, growing_bytes *described) noexcept nogil:
    cdef rewind_picture *head
    cdef size_t size = 0
    if not video.has_picture:
        described.size = 0
        return True
    size = <size_t> video.width * video.height * bytes_per_pixel(video.picture_format)
    if not grow_bytes(described, sizeof(rewind_picture) + size):
        return False
    head = <rewind_picture *> described.data
    head.width = video.width
    head.height = video.height
    head.format = video.picture_format
    head.rotation = video.picture_rotation
    memcpy(described.data + sizeof(rewind_picture), video.picture, size)
    return True


cdef bint describe_own_picture(const frontend *f, growing_bytes *described) noexcept nogil:
    """The machine's picture, also where what is shown runs ahead of it."""
    cdef const ahead_slot *slot = real_slot(f)
    if slot is NULL or not slot.picture_known:
        return describe_picture(&f.video, described)
    if not grow_bytes(described, slot.picture.size):
        return False
    if slot.picture.size:
        memcpy(described.data, slot.picture.data, slot.picture.size)
    return True


cdef void show_described(frontend *f, const growing_bytes *described) noexcept nogil:
    cdef const rewind_picture *head = <const rewind_picture *> described.data
    if described.size == 0:
        f.video.has_picture = False
        f.video.last_data = NULL
        return
    put_picture(f, <const uint8_t *> described.data + sizeof(rewind_picture), described.size - sizeof(rewind_picture),
                head.width, head.height, head.format, head.rotation)


# ---- remembering -----------------------------------------------------------------------------------------------------

cdef void forget_all(rewind_history *past) noexcept nogil:
    rewind_ring_clear(&past.ring)
    past.now = 0
    past.known = past.begin_known = past.repeats = False
    past.repeated_picture.size = past.undo.size = 0


cdef void forget_past(frontend *f) noexcept nogil:
    """To be called when the machine becomes another one than what the last frame left."""
    forget_ahead(f)
    if f.time_machine.rewind is not NULL:
        forget_all(<rewind_history *> f.time_machine.rewind)


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
    """Before a frame whose input is latched. What cannot be saved begins a new past; only a crash is told."""
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


cdef int load_moment_of(frontend *f, rewind_history *past, state_parts *parts) noexcept nogil:
    forget_ahead(f)
    return load_own(f, &past.states, parts, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)


cdef int go_back_to_begin(frontend *f, rewind_history *past) noexcept nogil:
    cdef int outcome = load_moment_of(f, past, &past.newest)
    if outcome == STATE_DONE:
        show_described(f, &past.picture_at_begin)
        forget_all(past)  # the next frame begins it again
    return outcome


cdef int run_again(frontend *f, rewind_history *past) noexcept nogil:
    """Run the frame of the newest moment once more."""
    cdef run_plan plan
    cdef int outcome = load_moment_of(f, past, &past.newest), reason
    if outcome != STATE_DONE:
        return outcome
    if past.repeats:
        show_described(f, &past.repeated_picture)
    memset(&plan, 0, sizeof(run_plan))
    plan.frames = 1
    plan.records = past.inputs
    plan.input_ports = plan.input_stride = FRONTEND_PORTS
    past.paused = True
    platform_atomic_store(&f.peripherals.hungry, 0)  # nobody can be asked here: what is known has to do
    reason = run_frames(f, &plan)
    if f.peripherals.asking:
        platform_atomic_store(&f.peripherals.hungry, 1)
    past.paused = False
    if reason == STOP_AFTER_CRASH:
        past.states.guard_outcome = plan.outcome
        return STATE_CRASHED
    recover_picture(f)
    return STATE_DONE


cdef int go_back(frontend *f, rewind_history *past, uint64_t frames, uint64_t *gone) noexcept nogil:
    cdef uint64_t now = past.now, target = now - min(frames, frames_to_go_back(past))
    cdef bint popped = False
    cdef int outcome
    gone[0] = 0
    if target == now:
        return STATE_DONE
    while past.frame + 1 > target and past.ring.records:
        if not pop_moment(past):
            forget_all(past)
            return STATE_REFUSED
        popped = True
    if past.frame + 1 > target:
        outcome = go_back_to_begin(f, past)
        if outcome == STATE_DONE:
            gone[0] = now
        return outcome
    outcome = run_again(f, past)
    past.now = past.frame + 1
    if outcome == STATE_DONE and popped and past.frame_of_other == past.now:
        outcome = load_own(f, &past.states, &past.other, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)
        note_call(f)
    if outcome == STATE_DONE:
        gone[0] = now - past.now
    return outcome


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


cdef void free_time_machine(frontend *f) noexcept nogil:
    free_history(<rewind_history *> f.time_machine.rewind)
    f.time_machine.rewind = NULL
    free_run_ahead(ahead_of(f))
    f.time_machine.run_ahead = NULL


cdef object rewind_from(wanted):
    if wanted is not None and not isinstance(wanted, Rewind):
        raise TypeError(f"rewind is {wanted!r}; a Rewind is needed, or None")
    return wanted


cdef int use_rewind(Core core, wanted) except -1:
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


cdef object step_core_back(Core core, uint64_t frames):
    cdef rewind_history *past = <rewind_history *> core.f.time_machine.rewind
    cdef uint64_t gone = 0
    cdef int outcome
    if past is NULL:
        raise LibretroError(f"this Core ({core.name}) remembers no past; open it with rewind=Rewind(), or set its "
                            f"attribute rewind")
    empty_audio(core.f)
    with nogil:
        outcome = go_back(core.f, past, frames, &gone)
    deliver_messages(core)
    if outcome == STATE_CRASHED:
        core.raise_crash(past.states.guard_outcome)
    if outcome != STATE_DONE:
        raise StateError(f"{core.name} refused a state of its own past{last_words(core)}")
    core.report()
    return gone

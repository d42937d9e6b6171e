# States that stay here: in blocks that grow as they need, with the picture of their moment.


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
        f.video.trust.may_repeat = state_moment(parts).may_repeat != 0  # as far as was known then
    swap_states(&f.states, states)
    return outcome


cdef bint go_back_to_own(frontend *f, frontend_states *states, state_parts *parts) noexcept nogil:
    """Load a state of this very machine; False, with the rule of libretro that it broke, where the core refuses."""
    if load_own(f, states, parts, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE) == STATE_DONE:
        return True
    frontend_violation(f, "it refused the state by which it was to go back to the beginning of a step")
    return False


cdef bint describe_picture(const frontend_video *video, growing_bytes *described) noexcept nogil:
    cdef rewind_picture *head
    cdef size_t size = 0
    if not video.picture.exists:
        described.size = 0
        return True
    size = <size_t> video.picture.width * video.picture.height * bytes_per_pixel(video.picture.format)
    if not grow_bytes(described, sizeof(rewind_picture) + size):
        return False
    head = <rewind_picture *> described.data
    head.width = video.picture.width
    head.height = video.picture.height
    head.format = video.picture.format
    head.rotation = video.picture.rotation
    memcpy(described.data + sizeof(rewind_picture), video.picture.pixels, size)
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
        f.video.picture.exists = False
        f.video.last.data = NULL
        return
    put_picture(f, <const uint8_t *> described.data + sizeof(rewind_picture), described.size - sizeof(rewind_picture),
                head.width, head.height, head.format, head.rotation)

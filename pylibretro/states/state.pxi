# States as handles: the core's bytes together with what the frontend has to remember for them.
#
# A thread that saves or loads many machines does so in three steps:
#   1. with the GIL, ahead: `new_state` for each machine to save (`machine_of`, `state_room`, `state_picture_size`), and
#      `state.whole()` for each to load, kept alive while its parts are used
#   2. without it, on any thread that may call this core: `save_machine(f, &state.parts)` and
#      `load_machine(f, &whole.parts)`; bytes of the caller's own are at `state_extra(&state.parts)`
#   3. with it, afterwards: for an outcome other than STATE_DONE `Core.raise_for_state`; STATE_LARGER wants a new handle
#      with more room, STATE_OF_OTHER_SIZE wants `Core.restore`, which knows how to ask the core about that
# Before loading, `machine.check_fits` says whether the state is this machine's.


cdef enum:
    STATE_BYTES_NOT_WORTH_LEARNING = 4096
    STATE_LESSONS = 4
    STATE_FRAMES_FIRST = 2
    STATE_CHAIN = 8
    STATE_PICKLE_VERSION = 2
    STATE_PAGE = 4096
    STATE_ZEROS_WATCHED = 64


cdef uint64_t STATE_UNTOUCHED = 0x9E3779B97F4A7C15u


# ---- saving and loading, without the GIL -----------------------------------------------------------------------------

cdef struct state_request:
    frontend *f
    state_parts *parts
    int outcome
    int context  # retro_savestate_context
    bint of_any_size  # this instance made it, whatever it says of sizes now


cdef int serialize_guarded(frontend *f, char *data, size_t size) noexcept nogil:
    cdef bint done
    cdef unsigned i
    memset(data + size, STATE_GUARD, STATE_GUARD_BYTES)
    done = f.core.serialize(data, size)
    for i in range(<unsigned> STATE_GUARD_BYTES):
        if <uint8_t> data[size + i] != STATE_GUARD:
            return STATE_OVERRUN
    return STATE_DONE if done else STATE_REFUSED


cdef void note_written(state_parts *parts, size_t written, int outcome) noexcept nogil:
    """After the core has been there; the guard lies where the bytes of a larger state would."""
    memset(state_data(parts) + parts.size, 0, min(<size_t> STATE_GUARD_BYTES, parts.room - parts.size))
    parts.written = written if outcome != STATE_OVERRUN else parts.room


cdef int serialize_onto_zeros(frontend *f, state_parts *parts) noexcept nogil:
    cdef int outcome
    clear_behind(parts, 0)
    outcome = serialize_guarded(f, state_data(parts), parts.size)
    note_written(parts, parts.size, outcome)
    return outcome


cdef bint learn_layout(frontend_states *states, const uint8_t *onto_zeros, const uint8_t *onto_ones,
                       size_t size) noexcept nogil:
    """Find what a core does not write: what was left zero in one state and 0xFF in another of the same moment."""
    cdef size_t i, end = size
    cdef bint hole, inside = False
    states.hole_count = 0
    while end and onto_zeros[end - 1] == 0 and onto_ones[end - 1] == 0xFF:
        end -= 1
    if end == 0:
        return False
    for i in range(end):
        hole = onto_zeros[i] != onto_ones[i]
        if hole and (onto_zeros[i] != 0 or onto_ones[i] != 0xFF):
            return False  # no two states of this core are equal
        if hole and not inside:
            if states.hole_count == STATE_HOLES:
                return False
            states.holes[states.hole_count][0] = i
            states.hole_count += 1
        if hole:
            states.holes[states.hole_count - 1][1] = i + 1 - states.holes[states.hole_count - 1][0]
        inside = hole
    states.written = end
    states.last_byte = onto_zeros[end - 1]
    return True


cdef int serialize_and_learn(frontend *f, state_parts *parts) noexcept nogil:
    cdef size_t size = parts.size
    cdef uint8_t *onto_ones = <uint8_t *> block_allocate(size + STATE_GUARD_BYTES)
    cdef int outcome
    if onto_ones is NULL:
        return serialize_onto_zeros(f, parts)
    memset(onto_ones, 0xFF, size)
    outcome = serialize_guarded(f, <char *> onto_ones, size)
    if outcome == STATE_DONE:
        outcome = serialize_onto_zeros(f, parts)
    if outcome == STATE_DONE:
        f.states.lessons += 1
        f.states.learned_size = size
        f.states.written = 0
        if learn_layout(&f.states, <uint8_t *> state_data(parts), onto_ones, size):
            parts.written = f.states.written
    block_free(onto_ones, size + STATE_GUARD_BYTES)
    return outcome


cdef int serialize_as_learned(frontend *f, state_parts *parts) noexcept nogil:
    """Clear nothing that the core writes, and notice when it writes less or more than it did.

    Less leaves the last byte as it is here. More shows in the zeros behind, or behind them in a word that no core
    writes by chance.
    """
    cdef size_t end = f.states.written, cleared = end
    cdef uint8_t *data = <uint8_t *> state_data(parts)
    cdef uint8_t *behind = data + end
    cdef uint8_t untouched = ~f.states.last_byte
    cdef uint64_t word = STATE_UNTOUCHED
    cdef bint watched = parts.size - end >= STATE_ZEROS_WATCHED + sizeof(word), surprised
    cdef unsigned i
    cdef int outcome
    if not watched:
        cleared = parts.size
        memset(behind, 0, parts.size - end)
    clear_behind(parts, min(parts.written, cleared))
    for i in range(f.states.hole_count):
        memset(data + f.states.holes[i][0], 0, f.states.holes[i][1])
    data[end - 1] = untouched
    if watched:
        memcpy(behind + STATE_ZEROS_WATCHED, &word, sizeof(word))
    outcome = serialize_guarded(f, <char *> data, parts.size)
    surprised = data[end - 1] == untouched
    if watched:
        surprised |= memcmp(behind + STATE_ZEROS_WATCHED, &word, sizeof(word)) != 0
        memset(behind + STATE_ZEROS_WATCHED, 0, sizeof(word))
        for i in range(<unsigned> STATE_ZEROS_WATCHED):
            surprised |= behind[i] != 0
    note_written(parts, cleared, outcome)
    if outcome == STATE_DONE and surprised:
        f.states.learned_size = 0
        parts.written = parts.room
        return serialize_onto_zeros(f, parts)
    f.states.last_byte = data[end - 1]
    return outcome


cdef void request_save(void *argument) noexcept nogil:
    cdef state_request *request = <state_request *> argument
    cdef frontend *f = request.f
    cdef state_parts *parts = request.parts
    cdef size_t size
    f.states.size = 0
    if awaits_frame(f):
        request.outcome = STATE_TOO_EARLY
        return
    size = f.core.serialize_size()
    if size == 0:
        request.outcome = STATE_NONE
        return
    f.states.size = size
    if size > <size_t> STATE_BYTES_LIMIT:
        f.states.size = 0
        request.outcome = STATE_IMPOSSIBLE
        return
    if size > parts.room:
        request.outcome = STATE_LARGER
        return
    parts.size = size
    note_disk(f)
    if size <= STATE_BYTES_NOT_WORTH_LEARNING:
        request.outcome = serialize_onto_zeros(f, parts)
    elif f.states.learned_size != size:
        request.outcome = (serialize_and_learn(f, parts) if f.states.lessons < STATE_LESSONS else
                           serialize_onto_zeros(f, parts))
    elif f.states.written:
        request.outcome = serialize_as_learned(f, parts)
    else:
        request.outcome = serialize_onto_zeros(f, parts)


name_call(request_save, "retro_serialize")


cdef int call_for_state(state_request *request, void (*function)(void *) noexcept nogil) noexcept nogil:
    # Whatever the run loop has told the core about a frame that nobody will see does not count here, and what the core
    # sends meanwhile is not part of a frame.
    cdef frontend *f = request.f
    cdef int enabled = f.audio_video_enable, context = f.savestate_context
    cdef size_t audio_frames = f.audio.frames
    f.audio_video_enable = RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO
    if request.context != RETRO_SAVESTATE_CONTEXT_NORMAL:
        f.audio_video_enable |= RETRO_AV_ENABLE_FAST_SAVESTATES
    f.savestate_context = request.context
    f.states.guard_outcome = frontend_call(f, function, request)
    f.audio_video_enable = enabled
    f.savestate_context = context
    f.audio.frames = audio_frames
    return request.outcome if f.states.guard_outcome == GUARD_OK else STATE_CRASHED


cdef size_t state_picture_size(const frontend *f) noexcept nogil:
    """Bytes of the last picture, where the next frame may be a repeat of it; 0 where it cannot be."""
    cdef const frontend_video *video = &f.video
    cdef const ahead_slot *slot = real_slot(f)
    if slot is not NULL:
        if not slot.picture_known or slot.picture.size == 0 or not may_repeat_pictures(f):
            return 0
        return slot.picture.size - sizeof(rewind_picture)
    if not video.picture.exists or video.kept != video.sent:
        return 0
    if not may_repeat_pictures(f):
        return 0
    return <size_t> video.picture.width * video.picture.height * bytes_per_pixel(video.picture.format)


cdef void save_picture(const frontend *f, state_parts *parts) noexcept nogil:
    cdef frontend_moment *moment = state_moment(parts)
    cdef const ahead_slot *slot = real_slot(f)
    cdef const rewind_picture *head
    if parts.picture_size == 0 or state_picture_size(f) != parts.picture_size:
        memset(state_picture(parts), 0, parts.picture_size)
        return
    if slot is not NULL:
        head = <const rewind_picture *> slot.picture.data
        moment.picture_width = head.width
        moment.picture_height = head.height
        moment.picture_format = head.format
        moment.picture_rotation = head.rotation
        memcpy(state_picture(parts), slot.picture.data + sizeof(rewind_picture), parts.picture_size)
        return
    moment.picture_width = f.video.picture.width
    moment.picture_height = f.video.picture.height
    moment.picture_format = f.video.picture.format
    moment.picture_rotation = f.video.picture.rotation
    memcpy(state_picture(parts), f.video.picture.pixels, parts.picture_size)


cdef int save_machine(frontend *f, state_parts *parts) noexcept nogil:
    """Fill the parts of a new state: STATE_DONE, or why that was impossible; STATE_LARGER sets f.states.size.

    A handle may go to another process, so it is a state that is good everywhere.
    """
    return save_machine_for(f, parts, RETRO_SAVESTATE_CONTEXT_NORMAL)


cdef int save_machine_for(frontend *f, state_parts *parts, int context) noexcept nogil:
    cdef state_request request
    request.f = f
    request.parts = parts
    request.outcome = STATE_REFUSED
    request.context = context
    cdef int outcome = call_for_state(&request, request_save)
    if outcome == STATE_DONE:
        frontend_moment_save(f, state_moment(parts))
        save_picture(f, parts)
    return outcome


cdef void press_keys_of_moment(frontend *f, const frontend_moment *moment) noexcept nogil:
    # Few cores keep in their states which keys are held; every one can be told.
    if f.keyboard_callback.callback is not NULL:
        f.input_ports = max(f.input_ports, <unsigned> 1)
        frontend_moment_keys(moment, f.input[0].keyboard)
        f.typing.locks = moment.keyboard_locks
        tell_changes(f, f.input[0].keyboard, 0)


cdef void request_load(void *argument) noexcept nogil:
    cdef state_request *request = <state_request *> argument
    cdef frontend *f = request.f
    cdef const state_parts *parts = request.parts
    cdef bint done
    if f.frame_count == 0:
        run_hidden_frames(f, f.states.frames_first)
    if parts.size != f.states.size and not request.of_any_size:
        f.states.size = f.core.serialize_size()
        if parts.size != f.states.size:
            request.outcome = STATE_OF_OTHER_SIZE
            return
    if not insert_disk_of_state(f, state_moment(parts).disk, state_moment(parts).disk_index):
        request.outcome = STATE_OF_OTHER_DISK
        return
    press_keys_of_moment(f, state_moment(parts))
    done = unserialize_at_last(f, state_data(parts), parts.size)
    f.states.awaits_frame = False
    if not done:
        put_disk_back(f)
    request.outcome = STATE_DONE if done else STATE_REFUSED


name_call(request_load, "retro_unserialize")


cdef void request_press_keys(void *argument) noexcept nogil:
    cdef state_request *request = <state_request *> argument
    if not insert_disk_of_state(request.f, state_moment(request.parts).disk, state_moment(request.parts).disk_index):
        request.outcome = STATE_OF_OTHER_DISK
        return
    press_keys_of_moment(request.f, state_moment(request.parts))


name_call(request_press_keys, "keyboard_callback")


cdef void load_picture(frontend *f, const state_parts *parts) noexcept nogil:
    cdef const frontend_moment *moment = state_moment(parts)
    f.video.last.data = NULL  # what the core drew before is not a picture of this machine
    if moment.picture_width:
        put_picture(f, state_picture(parts), parts.picture_size, moment.picture_width, moment.picture_height,
                    moment.picture_format, moment.picture_rotation)


cdef void load_moment(frontend *f, const state_parts *parts) noexcept nogil:
    frontend_moment_load(f, state_moment(parts))
    load_picture(f, parts)


cdef int load_machine(frontend *f, state_parts *parts) noexcept nogil:
    """Put a machine back: STATE_DONE, or why that was impossible."""
    forget_past(f)
    return load_machine_for(f, parts, RETRO_SAVESTATE_CONTEXT_NORMAL, False)


cdef int load_machine_for(frontend *f, state_parts *parts, int context, bint of_any_size) noexcept nogil:
    cdef state_request request
    request.f = f
    request.parts = parts
    request.outcome = STATE_REFUSED
    request.context = context
    request.of_any_size = of_any_size
    cdef int outcome = call_for_state(&request, request_load)
    if outcome == STATE_DONE:
        load_moment(f, parts)
    return outcome


# ---- memory ----------------------------------------------------------------------------------------------------------


@cython.final
cdef class StatePool:
    """Blocks of states that nobody holds any more, for the states to come."""

    def __cinit__(self, size_t limit=STATE_BYTES_KEPT):
        platform_mutex_init(&self.pool_lock)
        self.limit = limit

    def __dealloc__(self):
        self.empty()
        platform_mutex_destroy(&self.pool_lock)

    cdef bint take(self, state_parts *parts) noexcept nogil:
        """Find a block of parts.block_size bytes; False when out of memory."""
        cdef free_state *block = NULL
        cdef unsigned i
        platform_mutex_lock(&self.pool_lock)
        for i in range(<unsigned> STATE_BLOCK_SIZES_KEPT):
            if self.sizes[i] == parts.block_size and self.blocks[i] is not NULL:
                block = self.blocks[i]
                self.blocks[i] = block.next
                self.bytes -= parts.block_size
                break
        platform_mutex_unlock(&self.pool_lock)
        parts.block = <char *> block
        if block is not NULL:
            parts.written = block.written if block.data_offset == state_data_offset(parts) else parts.room
            return True
        parts.block = <char *> block_allocate_zeroed(parts.block_size)
        parts.written = 0
        return parts.block is not NULL

    cdef void give(self, state_parts *parts) noexcept nogil:
        cdef free_state *block = <free_state *> parts.block
        cdef int place = -1
        cdef unsigned i
        platform_mutex_lock(&self.pool_lock)
        if not self.closed and self.bytes + parts.block_size <= self.limit:
            for i in range(<unsigned> STATE_BLOCK_SIZES_KEPT):
                if self.sizes[i] == parts.block_size:
                    place = i
                    break
                if self.blocks[i] is NULL:
                    place = i
        if place >= 0:
            block.next = self.blocks[place]
            block.data_offset = state_data_offset(parts)
            block.written = parts.written
            self.blocks[place] = block
            self.sizes[place] = parts.block_size
            self.bytes += parts.block_size
        platform_mutex_unlock(&self.pool_lock)
        if place < 0:
            block_free(block, parts.block_size)
        parts.block = NULL

    cdef void empty(self) noexcept nogil:
        """Free what is kept, and from now on what comes back."""
        cdef free_state *block
        cdef unsigned i
        platform_mutex_lock(&self.pool_lock)
        self.closed = True
        for i in range(<unsigned> STATE_BLOCK_SIZES_KEPT):
            while self.blocks[i] is not NULL:
                block = self.blocks[i]
                self.blocks[i] = block.next
                block_free(block, self.sizes[i])
        self.bytes = 0
        platform_mutex_unlock(&self.pool_lock)


_unpooled_states = StatePool(0)


cdef object machine_of(CoreBase core):
    """What a state has to know of its machine, which outlives the Core."""
    core.machine.keep()
    return core.machine


cdef size_t state_room(CoreBase core) except 0:
    """How many bytes the core's next state has, as far as that is known."""
    cdef size_t room = core.f.states.size
    if room == 0:
        room = size_of_state(core)
        if room == 0:
            raise StateError(f"{core.name} has no states (its state size is 0)")
    return room


cdef State new_state(StatePool pool, object machine, size_t room, size_t picture_size, size_t extra_size):
    """A handle with memory for these sizes, to be filled before anybody else sees it."""
    cdef State state = State.__new__(State)
    cdef state_parts *parts = &state.parts
    parts.room = parts.size = room
    parts.picture_size = picture_size
    parts.extra_size = extra_size
    parts.block_size = aligned(state_data_offset(parts) + room + STATE_GUARD_BYTES)
    state.pool = pool
    state.machine = machine
    if not pool.take(parts):
        raise MemoryError(f"no memory for a state of {parts.block_size} bytes")
    memset(parts.block, 0, sizeof(frontend_moment))
    memset(state_extra(parts) + extra_size, 0, aligned(extra_size) - extra_size)
    memset(state_picture(parts) + picture_size, 0, aligned(picture_size) - picture_size)
    return state


# ---- the handle ------------------------------------------------------------------------------------------------------

@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class State:
    """The state of a machine, made by `Core.snapshot` and loaded by `Core.restore`.

    It holds what the core saves (`retro_serialize`) and what libretro leaves to the frontend: the sequence of the C
    library's random numbers, the time of day, the count of frames, keys held, lock keys, rumble, LEDs, rotation, frame
    rate, and the last picture where the core may repeat it. So what runs after it is the same wherever it is loaded,
    byte for byte provided that the core saves all that it needs: into the Core that made it, another one with the same
    core, content and options, or one in another process.

    A State never changes, may be used by many threads at once, and does not keep its Core open. It is a bytes-like
    object: its bytes are the core's own, as `Core.save_state` returns them. Two are equal if all that they hold is
    equal. It can be pickled.

    >>> import pickle
    >>> from pylibretro import Core
    >>> with Core("2048") as core:
    ...     core.run(10)
    ...     state = core.snapshot()
    ...     core.run(5)
    ...     core.restore(pickle.loads(pickle.dumps(state)))
    ...     core.frame_count, len(bytes(state)) == state.size
    10
    5
    (10, True)
    """

    def __dealloc__(self):
        if self.parts.block is not NULL:
            self.pool.give(&self.parts)
        free(self.delta)

    cdef State whole(self):
        """This state with all its bytes in memory: itself, or a new one made from the parent."""
        cdef State base, state
        cdef bint sound
        if self.parts.block is not NULL:
            return self
        base = self.base.whole()
        state = new_state(self.pool, self.machine, self.parts.room, self.parts.picture_size, self.parts.extra_size)
        state.parts.size = self.parts.size
        with nogil:
            clear_behind(&state.parts, min(state.parts.written, self.parts.written))
            state.parts.written = self.parts.written
            sound = state_delta_decode(base.parts.block, state_used(&base.parts), self.delta, self.delta_size,
                                       state.parts.block, state_used(&self.parts))
        if not sound or not state.is_sound():
            raise StateError("the state is damaged: it does not come out of its parent")
        return state

    cdef bint is_sound(self) noexcept:
        cdef const frontend_moment *moment = state_moment(&self.parts)
        cdef size_t width = moment.picture_width, height = moment.picture_height
        if not frontend_moment_is_sound(moment) or self.parts.size == 0:
            return False
        if width == 0:
            return True
        return (0 < height <= PICTURE_SIDE_LIMIT and width <= PICTURE_SIDE_LIMIT
                and 0 <= moment.picture_format <= <int> RETRO_PIXEL_FORMAT_RGB565
                and width * height * bytes_per_pixel(moment.picture_format) == self.parts.picture_size)

    def compressed(self, parent):
        """Return this state as its difference from another, which it keeps alive.

        States a few frames apart differ in a few per cent of their bytes. A parent may be compressed itself; where that
        would make a chain of more than 8, the difference is taken from the state at the chain's beginning.

        Args:
            parent: A `State` of the same core and content.

        Returns:
            An equal `State`; this one if the difference would take nearly as much memory.

        Raises:
            StateError: `parent` is a state of another core, another build of it, or other content.

        >>> from pylibretro import Core
        >>> with Core("2048") as core:
        ...     core.run(60)
        ...     start = core.snapshot()
        ...     core.run()
        ...     small = core.snapshot().compressed(start)
        ...     small.nbytes < start.nbytes, small.parent is start
        60
        1
        (True, True)
        """
        cdef State base, state
        if not isinstance(parent, State):
            raise TypeError(f"parent is {type(parent).__name__}; a State is needed")
        base = parent
        self.machine.check_fits(base.machine)
        if base.depth >= STATE_CHAIN:
            while base.base is not None:
                base = base.base
        state = difference(self.whole(), base.whole()) if base is not self else None
        if state is None:
            return self
        state.base = base
        state.depth = base.depth + 1
        return state

    @property
    def parent(self):
        """The state that this one is stored as a difference from, a `State`; None if it is stored whole."""
        return self.base

    @property
    def size(self):
        """Bytes of the core's part (`retro_serialize_size`)."""
        return self.parts.size

    @property
    def nbytes(self):
        """Bytes of memory that this State takes; those of its parent are the parent's."""
        cdef size_t held = self.parts.block_size
        if self.parts.block is NULL:
            held = self.delta_size
        elif held > 16 * STATE_PAGE:  # pages that the core has never written to are not there
            held = min(held, state_data_offset(&self.parts) + self.parts.written + STATE_PAGE)
        return held + object.__sizeof__(self)

    @property
    def core(self):
        """Name and version of the core, as it gives them: a tuple of two str."""
        return self.machine.core, self.machine.version

    @property
    def core_sha1(self):
        """Hexadecimal SHA-1 of the core's file, made when first asked for; None if the file has changed since."""
        return self.machine.core_sha1

    @property
    def content_sha1(self):
        """Hexadecimal SHA-1 of the content, made when first asked for; None without content, or if it has changed."""
        return self.machine.content_sha1

    @property
    def frame_count(self):
        """The `Core.frame_count` of its moment."""
        return state_moment(&self.whole().parts).frame_count

    @property
    def has_picture(self):
        """Whether it holds the last picture; states of cores that never repeat one do not need it."""
        return state_moment(&self.whole().parts).picture_width > 0

    @property
    def heard(self):
        """Whether its machine has made all its sound: a `CoreBatch` whose `sound` is False can leave it out."""
        return not state_moment(&self.whole().parts).unheard

    def __getbuffer__(self, Py_buffer *view, int flags):
        cdef State whole = self.whole()
        PyBuffer_FillInfo(view, whole, state_data(&whole.parts), whole.parts.size, 1, flags)

    def __eq__(self, other):
        cdef State one, another
        cdef size_t used
        if not isinstance(other, State):
            return NotImplemented
        if self is other:
            return True
        one = self.whole()
        another = (<State> other).whole()
        used = state_trimmed(&one.parts)
        return (self.core == other.core and one.parts.size == another.parts.size
                and one.parts.extra_size == another.parts.extra_size
                and one.parts.picture_size == another.parts.picture_size and used == state_trimmed(&another.parts)
                and memcmp(one.parts.block, another.parts.block, used) == 0)

    def __hash__(self):
        cdef State whole
        if self.known_hash == 0:
            whole = self.whole()
            self.known_hash = hash((self.core, whole.parts.block[:state_trimmed(&whole.parts)])) or 1
        return self.known_hash

    def __repr__(self):
        name = f"{self.machine.core} {self.machine.version}"
        if self.parts.block is NULL:
            return f"<pylibretro.State of {name}, {self.delta_size} bytes more than its parent>"
        return f"<pylibretro.State of {name}, frame {self.frame_count}, {self.size} bytes>"

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        cdef const state_parts *parts = &self.parts
        if parts.block is NULL:
            data = self.delta[:self.delta_size]
        else:
            data = parts.block[:state_used(parts)]
        sizes = (parts.size, min(parts.written, parts.size), parts.picture_size, parts.extra_size)
        check = pickle_check(sizes, self.base, data)
        return _unpickle_state, (STATE_PICKLE_VERSION, sys.byteorder, self.machine, sizes, self.base, data, check)


cdef State difference(State child, State parent):
    """The child without a block of its own, or None if a difference would save less than an eighth."""
    cdef size_t size = state_used(&child.parts)
    cdef State state
    cdef state_parts scratch
    memset(&scratch, 0, sizeof(state_parts))
    scratch.room = state_delta_bound(size)
    scratch.block_size = aligned(state_data_offset(&scratch) + scratch.room)
    if not child.pool.take(&scratch):
        raise MemoryError(f"no memory for the difference between states of {size} bytes")
    state = State.__new__(State)
    state.parts = child.parts
    state.parts.block = NULL
    state.parts.room = child.parts.size
    state.parts.written = min(child.parts.written, child.parts.size)
    state.pool = child.pool
    state.machine = child.machine
    with nogil:
        state.delta_size = state_delta_encode(parent.parts.block, state_used(&parent.parts), child.parts.block, size,
                                              scratch.block)
        if state.delta_size <= size - size // 8:
            state.delta = <char *> malloc(state.delta_size)
            if state.delta is not NULL:
                memcpy(state.delta, scratch.block, state.delta_size)
        scratch.written = scratch.room
        child.pool.give(&scratch)
    if state.delta_size > size - size // 8:
        return None
    if state.delta is NULL:
        raise MemoryError(f"no memory for the difference between states of {size} bytes")
    return state


cdef object pickle_check(tuple sizes, State base, bytes data):
    cdef State whole
    check = binascii.crc32(repr(sizes).encode())
    if base is not None:
        whole = base.whole()
        check = binascii.crc32(whole.parts.block[:state_trimmed(&whole.parts)], check)
    return binascii.crc32(data, check)


def _unpickle_state(version, byteorder, machine, sizes, base, data, check):
    """Make the state that `State.__reduce__` took apart."""
    cdef State state
    cdef state_parts parts
    if version != STATE_PICKLE_VERSION:
        raise StateError(f"the pickled state has version {version!r} of its format, and this pylibretro reads version "
                         f"{STATE_PICKLE_VERSION}; unpickle it with the version that made it")
    if byteorder != sys.byteorder:
        raise StateError(f"the pickled state was made on a {byteorder}-endian machine, and this one is "
                         f"{sys.byteorder}-endian")
    damaged = StateError("the pickled state is damaged")
    if (not isinstance(machine, Machine) or not isinstance(data, bytes) or not isinstance(sizes, tuple)
            or not (base is None or isinstance(base, State)) or len(sizes) != 4
            or not all([isinstance(size, int) and size >= 0 for size in sizes]) or sum(sizes) > STATE_BYTES_LIMIT
            or check != pickle_check(sizes, base, data)):
        raise damaged
    memset(&parts, 0, sizeof(state_parts))
    parts.size, parts.written, parts.picture_size, parts.extra_size = sizes
    parts.room = parts.size
    if parts.written > parts.size:
        raise damaged
    if base is None:
        if <size_t> len(data) != state_used(&parts):
            raise damaged
        state = new_state(_unpooled_states, machine, parts.size, parts.picture_size, parts.extra_size)
        memcpy(state.parts.block, PyBytes_AS_STRING(data), len(data))
        state.parts.written = parts.written
        if not state.is_sound():
            raise damaged
        return state
    state = State.__new__(State)
    state.parts = parts
    state.parts.block_size = aligned(state_used(&parts) + STATE_GUARD_BYTES)
    state.pool = _unpooled_states
    state.machine = machine
    state.base = base
    state.depth = (<State> base).depth + 1
    state.delta_size = len(data)
    state.delta = <char *> malloc(len(data) + 1)
    if state.delta is NULL:
        raise MemoryError(f"no memory for a state of {len(data)} bytes")
    memcpy(state.delta, PyBytes_AS_STRING(data), len(data))
    if state.depth > STATE_CHAIN:
        raise damaged
    state.whole()
    return state


cdef State take_snapshot(CoreBase core):
    cdef State state = None
    cdef int outcome = STATE_LARGER
    cdef unsigned questions = 0
    recover_picture(core.f)
    while outcome == STATE_LARGER and questions < STATE_QUESTIONS:
        state = new_state(core.states, machine_of(core), state_room(core), state_picture_size(core.f), 0)
        with nogil:
            outcome = save_machine(core.f, &state.parts)
        deliver_messages(core)
        questions += 1
    if outcome != STATE_DONE:
        raise_for_state(core, outcome, &state.parts)
    core.state_sizes.add(state.parts.size)
    return state


cdef int warn_of_unheard(state, core_name) except -1:
    if isinstance(state, State) and not (<State> state).heard:
        warnings.warn(f"{core_name} goes on from a state of a machine that ran without sound, so that its sound may "
                      f"differ from here on; nothing else does", SoundWarning)
    return 0


cdef int restore_state(CoreBase core, State state) except -1:
    cdef int outcome
    cdef state_request request
    cdef Py_buffer view
    cdef State whole
    state.machine.check_fits(core.machine)
    whole = state.whole()
    with nogil:
        outcome = load_machine(core.f, &whole.parts)
    deliver_messages(core)
    if outcome == STATE_OF_OTHER_SIZE:
        if core.f.frame_count:  # before the first frame the size may be another for all states
            core.state_sizes.add(whole.parts.size)
        request.f = core.f
        request.parts = &whole.parts
        request.outcome = STATE_DONE
        request.context = RETRO_SAVESTATE_CONTEXT_NORMAL
        with nogil:
            outcome = call_for_state(&request, request_press_keys)
        if outcome == STATE_DONE:
            PyObject_GetBuffer(whole, &view, PyBUF_SIMPLE)
            try:
                unserialize(core, &view)
            finally:
                PyBuffer_Release(&view)
            load_moment(core.f, &whole.parts)
    if outcome != STATE_DONE:
        raise_for_state(core, outcome, &whole.parts)
    return 0

# States of a CoreBatch: saved and loaded by its threads, a lane at a time.

cdef list save_lanes(BatchBase batch, numbers):
    """States of these cores, which have been claimed."""
    cdef size_t i
    cdef lane *saved
    cdef CoreBase core
    cdef list states = []
    cdef dict failures = {}
    cdef int tries
    for i in range(batch.engine.count):
        lane_of(batch.engine, i).state = NULL
    for i in numbers:
        try:
            states.append(room_for_state(batch, i))
        except LibretroError as error:
            raise_of_core(i, error)
    with nogil:
        workers_run(batch.team, save_lane, batch.engine)
    for place, i in enumerate(numbers):
        core = batch.cores[i]
        saved = lane_of(batch.engine, i)
        try:
            deliver_messages(core)
            tries = 0
            while saved.state_outcome == STATE_LARGER and tries < STATE_QUESTIONS:
                states[place] = room_for_state(batch, i)
                with nogil:
                    save_lane(batch.engine, saved.index)
                tries += 1
            if saved.state_outcome != STATE_DONE:
                raise_for_state(core, saved.state_outcome, saved.state)
            core.state_sizes.add(saved.state.size)
        except Exception as error:
            failures[i] = error
        saved.state = NULL
    if failures:
        first = min(failures)
        raise_of_core(first, failures[first], failures)
    return states


cdef State room_for_state(BatchBase batch, size_t index):
    cdef CoreBase core = batch.cores[index]
    cdef lane *saved = lane_of(batch.engine, index)
    cdef State state
    cdef size_t picture_size = 0
    if not batch.engine.pictureless:
        if may_repeat_pictures(saved.f):
            recover_picture(saved.f)
        picture_size = state_picture_size(saved.f)
    state = new_state(batch.states, machine_of(core), state_room(core), picture_size, lane_memory_bytes(saved))
    saved.state = &state.parts
    saved.state_outcome = STATE_REFUSED
    return state


cdef int load_lanes(BatchBase batch, list states, bint restarts) except -1:
    """Load a State, bytes or nothing into each core; all have been claimed."""
    cdef size_t i
    cdef lane *loaded
    cdef CoreBase core
    cdef State whole
    cdef dict failures = {}
    cdef dict wholes = {}
    for i in range(batch.engine.count):
        loaded = lane_of(batch.engine, i)
        if loaded.in_flight:
            continue
        loaded.state = NULL
        loaded.restarts = restarts
        loaded.state_outcome = STATE_DONE
        if not isinstance(states[i], State):
            continue
        try:
            core = batch.cores[i]
            (<State> states[i]).machine.check_fits(core.machine)
            whole = wholes.get(id(states[i]))
            if whole is None:
                whole = wholes[id(states[i])] = (<State> states[i]).whole()
            loaded.state = &whole.parts
        except StateError as error:
            failures[i] = error
    load_with_team(batch)
    for i in range(batch.engine.count):
        loaded = lane_of(batch.engine, i)
        if loaded.in_flight:
            continue
        core = batch.cores[i]
        try:
            if loaded.state is not NULL:
                deliver_messages(core)
                if loaded.state_outcome == STATE_OF_OTHER_SIZE:
                    restore_state(core, states[i])
                    after_load(loaded)
                elif loaded.state_outcome != STATE_DONE:
                    raise_for_state(core, loaded.state_outcome, loaded.state)
            elif states[i] is not None and not isinstance(states[i], State):
                load_bytes(core, states[i])
                recall_lane(loaded, NULL, 0)
        except Exception as error:
            failures[i] = error
        loaded.state = NULL
    batch.last.observations = None
    if batch.hears:
        for state in wholes.values():
            warn_of_unheard(state, "the batch")
    if failures:
        first = min(failures)
        raise_of_core(first, failures[first], failures)


cdef void load_with_team(BatchBase batch) noexcept:
    cdef size_t i
    with nogil:
        if batch.in_flight == 0:
            workers_run(batch.team, load_lane, batch.engine)
            return
        for i in range(batch.engine.count):  # the team has other work
            if not lane_of(batch.engine, i).in_flight:
                load_lane(batch.engine, i)


cdef tuple given_states(states, index, Py_ssize_t count):
    """A list of State or bytes, and for each core which of them it gets or -1."""
    if isinstance(states, State):
        given = [states]
        numbers = [0] * count if index is None else None
    else:
        if hasattr(states, "__dlpack__") and not isinstance(states, numpy.ndarray):
            states = array_over(states, "states")
        if isinstance(states, numpy.ndarray) and (states.ndim != 2 or states.dtype != numpy.uint8):
            raise TypeError(f"states is {states.dtype} of shape {states.shape}; (n, size) uint8 is needed")
        if isinstance(states, (bytes, bytearray, memoryview, str)):
            raise TypeError(f"states is {type(states).__name__}; a State, or a sequence of State or bytes, is needed")
        given = list(states)
        numbers = None
    for state in given:
        if not isinstance(state, State) and not PyObject_CheckBuffer(state):
            raise TypeError(f"states holds {type(state).__name__}; a State or bytes is needed")
    if numbers is None and index is None:
        if len(given) != count:
            raise ValueError(f"there are {len(given)} states for {count} cores; say with index= which each core gets")
        numbers = list(range(count))
    elif numbers is None:
        numbers = [operator.index(number) for number in index]
        if len(numbers) != count:
            raise ValueError(f"index has {len(numbers)} entries; one for each of the {count} cores is needed")
        for number in numbers:
            if not -1 <= number < len(given):
                raise IndexError(f"index holds {number}; the states are 0 to {len(given) - 1}, and -1 means none")
    return given, numbers


cdef object state_after_loading(spec):
    """The state of a core that has just been opened; None if it has none before its first frames, or never."""
    with Core(spec) as core:
        try:
            return core.snapshot()
        except StateError:
            return None

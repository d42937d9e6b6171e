# The branches of a CoreBatch: sequences of inputs, each tried from a state on whichever core is free.

cdef list branch_beginnings(BatchBase batch, states, Py_ssize_t branches):
    """A whole State for each branch, all of which fit the batch's cores."""
    cdef size_t core
    cdef list beginnings = [states] * branches if isinstance(states, State) else list(states)
    if len(beginnings) != branches or not all([isinstance(state, State) for state in beginnings]):
        raise ValueError(f"states holds {len(beginnings)} states; one State for all, or one for each of the "
                         f"{branches} branches is needed")
    for state in {id(state): state for state in beginnings}.values():
        for core in range(batch.engine.count):
            try:
                (<State> state).machine.check_fits((<CoreBase> batch.cores[core]).machine)
            except StateError as error:
                raise_of_core(core, error)
    return [(<State> state).whole() for state in beginnings]


cdef StepArrays branch_arrays(BatchBase batch, size_t branches, size_t steps):
    cdef StepArrays arrays = StepArrays()
    arrays.frames_run = numpy.zeros((branches, steps), _INT64)
    if batch.observation is not None:
        arrays.observations = numpy.zeros((branches, *batch.lanes.observation_shape), batch.observation.dtype)
    if batch.audio_window is not None:
        arrays.audio_windows = numpy.zeros((branches, *batch.audio_window.shape), batch.audio_window.dtype)
    if batch.watch_names:
        arrays.watches = numpy.zeros((branches, steps, len(batch.watch_names)),
                                     _FLOAT64 if batch.engine.watch_floats else _INT64)
    if batch.engine.rewards is not NULL:
        arrays.rewards = numpy.zeros((branches, steps, *batch.lanes.reward_shape), _FLOAT64)
    if batch.engine.done is not NULL:
        arrays.done = numpy.zeros((branches, steps), _BOOL)
    return arrays


cdef int run_branches(BatchBase batch, StepArrays arrays) except -1:
    cdef batch_engine *engine = batch.engine
    cdef size_t i
    cdef lane *stepped
    cdef attention watched
    cdef team_work work
    cdef bint again = True
    cdef dict failures = {}
    arrays.receive(engine)
    engine.branches.next = 0
    work.team = batch.team
    work.function = branch_lane
    work.engine = engine
    begin_attention(&watched, True)
    for i in range(engine.count):
        stepped = lane_of(engine, i)
        batch.plan_step(stepped, 0, False)
        stepped.restarts = stepped.in_branch = False
        stepped.state_outcome = STATE_DONE
    try:
        while again:
            for i in range(engine.count):
                attend_to(&lane_of(engine, i).plan, &watched)
            run_attentively(&watched, let_team_work, &work)
            again = False
            for i in range(engine.count):
                stepped = lane_of(engine, i)
                if platform_atomic_load(&engine.stopping):
                    break
                if stepped.reason == STOP_FOR_SOURCES and batch.attend(i) is not None:
                    platform_atomic_store(&engine.stopping, 1)  # what it has to say is said below
                elif stepped.reason == STOP_FOR_ATTENTION or stepped.reason == STOP_FOR_SOURCES:
                    stepped.reason = STOP_WHEN_DONE
                    again = True
    finally:
        platform_atomic_store(&engine.stopping, 0)
        batch.last.observations = None
        for i in range(engine.count):
            stepped = lane_of(engine, i)
            stepped.f.video.demand.enabled = True
            stepped.f.video.demand.observer = NULL
            error = batch.attend(i) if batch.needs_attention(i) else None
            if error is None and stepped.state_outcome != STATE_DONE:
                try:
                    raise_for_state((<CoreBase> batch.cores[i]), stepped.state_outcome, stepped.state)
                except Exception as problem:
                    error = problem
            stepped.state = NULL
            if error is not None:
                failures[i] = error
    if failures:
        first = min(failures)
        raise_of_core(first, failures[first], failures)
    return 0

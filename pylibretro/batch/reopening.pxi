# Cores of a CoreBatch that are opened again: after a crash, and where a state does not bring back all of a machine.

def _core_or_error(job):
    """Return a Core that has just been opened, was put into a State, bytes or nothing, and has run some frames."""
    cdef CoreBase made
    spec, work, hears, old, state, frames = job
    core = None
    try:
        if spec.save_dir is not None:
            old.close()  # writes the save RAM that the next one reads
        core = new_core_with(detours_for(spec, work), spec)
        if isinstance(state, State):
            made = core
            with made.running():
                made.departed = True
                restore_state(core, state)
            if hears:
                warn_of_unheard(state, core.name)
        elif state is not None:
            core.load_state(state)
        core.run(frames)
        return core
    except BaseException as error:
        if core is not None:
            core.close()
        return error


cdef int reopen_lanes(BatchBase batch, list numbers, list states, Py_ssize_t frames, bint restarts) except -1:
    """Open cores again, several at a time, put each into its State, bytes or nothing, and run some frames."""
    cdef size_t i
    for i in numbers:
        if lane_of(batch.engine, i).in_flight:
            raise CoreBusyError(f"core {i} of the batch has a step under way; recv() it first")

    jobs = [(batch.specs[number], batch.works[number], batch.hears, batch.cores[number], state, frames)
            for number, state in zip(numbers, states)]
    executor = ThreadPoolExecutor(batch.threads)
    try:
        outcomes = list(executor.map(_core_or_error, jobs))
    finally:
        executor.shutdown()
    failures = {}
    for place, outcome in enumerate(outcomes):
        if isinstance(outcome, BaseException):
            failures[numbers[place]] = outcome
        else:
            take_over(batch, numbers[place], outcome, states[place] if frames == 0 else None, restarts)
    batch.last.observations = None
    if failures:
        first = min(failures)
        raise_of_core(first, failures[first], failures)
    return 0


cdef int take_over(BatchBase batch, size_t number, CoreBase core, state, bint restarts) except -1:
    """Step this Core from now on instead of the one with that number, as one that is in the state."""
    cdef lane *reopened = lane_of(batch.engine, number)
    cdef State whole
    cores = list(batch.cores)
    cores[number].close()
    cores[number] = core
    batch.cores = tuple(cores)
    reopened.f = core.f
    frontend_compute_faster(core.f, bool(batch.works[number].faster))
    batch.lanes.find_watches(core, number)
    if batch.engine.pictureless:
        core.f.video.picture.exists = False
    if not isinstance(state, State):
        recall_lane(reopened, NULL, 0)
        return 0
    whole = (<State> state).whole()
    reopened.state = &whole.parts
    reopened.restarts = restarts
    after_load(reopened)
    reopened.state = NULL
    return 0


cdef bint opens_again(BatchBase batch, size_t number) except -1:
    """Whether only opening a core again puts it where it began, whatever has run since."""
    if batch.beginnings[number] is None:
        return True
    begins_in = batch.beginnings[number] if batch.begins_in_states else None
    parts = _PARTS if batch.audio_window is not None else _SEEN_PARTS
    return compare_restoring(batch.specs[number], begins_in).opens_again(parts)


cdef int reset_lanes(BatchBase batch, set chosen) except -1:
    cdef list again = [i for i in sorted(chosen) if opens_again(batch, i)]
    loaded = chosen.difference(again)
    if again:
        states = [batch.beginnings[i] if batch.begins_in_states else None for i in again]
        reopen_lanes(batch, again, states, 0, True)
    if loaded:
        with batch.claimed():
            load_lanes(batch, [batch.beginnings[i] if i in loaded else None for i in range(batch.engine.count)], True)
    return 0

# Going back in time: loading a moment that is remembered, and running its frame again.


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
    platform_atomic_store(&f.peripherals.hungry, 0)  # nobody can be asked here: what is known has to suffice
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
        f.time_machine.called = True
    if outcome == STATE_DONE:
        gone[0] = now - past.now
    return outcome


cdef object step_core_back(CoreBase core, uint64_t frames):
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

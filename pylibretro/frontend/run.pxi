# The run loop: frames without the GIL, until something needs Python.


cdef bint keeps_picture(frontend *f, run_plan *plan, bint visible) noexcept nogil:
    cdef size_t until_a_look = plan.frames - 1 - plan.done
    if until_a_look == 0:
        return True
    if visible:
        return False
    if f.frame_count < FRAMES_ON_PROBATION or may_repeat_pictures(f) and not leaves_pictures_alone(&f.video):
        return True
    if plan.every and plan.every - 1 - plan.done % plan.every < until_a_look:
        until_a_look = plan.every - 1 - plan.done % plan.every
    return until_a_look < FRAMES_BEFORE_A_LOOK


cdef int run_frames(frontend *f, run_plan *plan) noexcept nogil:
    cdef int reason = run_in_context(f, plan), outcome
    if f.time_machine.run_ahead is not NULL and not f.crashed:
        outcome = come_back(f)
        if outcome != GUARD_OK:
            plan.outcome = outcome
            return STOP_AFTER_CRASH
    return reason


cdef int run_in_context(frontend *f, run_plan *plan) noexcept nogil:
    """Run the frames of a plan until it is done or something needs Python: a stop_reason."""
    cdef int reason = STOP_FOR_CONTEXT
    cdef bint entered
    while reason == STOP_FOR_CONTEXT:
        if f.hardware.next is not NULL:
            plan.outcome = use_next_context(f)
            if plan.outcome != GUARD_OK:
                return STOP_AFTER_CRASH
        entered = f.hardware.context is not NULL and hardware_enter(&f.hardware)  # once for all frames
        reason = run_planned_frames(f, plan)
        if entered:
            hardware_leave(&f.hardware)
    return reason


cdef int run_planned_frames(frontend *f, run_plan *plan) noexcept nogil:
    cdef frontend_video *video = &f.video
    cdef rewind_history *past = <rewind_history *> f.time_machine.rewind
    cdef run_ahead *ahead = ahead_of(f)
    cdef bint visible, looked_into
    cdef int reason
    cdef size_t row
    if past is not NULL and past.paused:
        past = NULL
    while plan.done < plan.frames:
        if f.shutdown:
            return STOP_AFTER_SHUTDOWN
        if platform_atomic_load(&f.peripherals.hungry):
            return STOP_FOR_SOURCES
        latch_input(f, plan)
        visible = plan.every and (plan.done + 1) % plan.every == 0
        video.demand.keep = keeps_picture(f, plan, visible)
        if plan.before_frame is not NULL:
            plan.before_frame(f, plan)
        if past is not NULL and remember_moment(f, past) == STATE_CRASHED:
            plan.outcome = past.states.guard_outcome
            return STOP_AFTER_CRASH
        video.demand.written = video.demand.misfit = False
        video.pictures_in_run = 0
        video.demand.observed_in_run = False
        if visible:
            video.demand.rgb = plan.rgb + plan.kept * <size_t> plan.width * plan.height * 3
            video.demand.width = plan.width
            video.demand.height = plan.height
            video.demand.pitch = <size_t> plan.width * 3
        if ahead is NULL:
            plan.outcome = frontend_call(f, run_one_frame, f)
        else:
            looked_into = past is not NULL or plan.watches is not NULL or plan.after_frame is not NULL \
                or plan.done + 1 == plan.frames
            plan.outcome = run_frame_ahead(f, ahead, looked_into)
        video.demand.rgb = NULL
        if plan.outcome != GUARD_OK:
            return STOP_AFTER_CRASH
        frontend_count_frame(f)
        plan.done += 1
        advance_clock(f)
        if ahead is not NULL:
            if past is not NULL and ahead.known and ahead.slots[0].repeated:
                note_frame_without_picture(f, past)
        elif video.pictures_in_run == 0 and video.demand.enabled:
            watch_repeat(f)
            if video.demand.keep:
                recover_picture(f)
            if past is not NULL:
                note_frame_without_picture(f, past)
        if visible:
            row = plan.kept
            if plan.watches is not NULL:
                reason = read_watches(f, plan.watches, &plan.outcome)
                if reason != STOP_WHEN_DONE:
                    return reason
                if plan.watch_doubles is NULL:
                    watches_as_integers(plan.watches, plan.watches.count,
                                        plan.watch_integers + row * plan.watches.count)
                else:
                    watches_as_doubles(plan.watches, plan.watches.count, plan.watch_doubles + row * plan.watches.count)
            if plan.audio_offsets is not NULL:
                plan.audio_offsets[row + 1] = f.audio.frames
            if not complete_capture(f, plan):
                return STOP_FOR_LARGER_PICTURE
        if plan.after_frame is not NULL:
            reason = plan.after_frame(f, plan)
            if reason != STOP_WHEN_DONE:
                return reason
        if f.hardware.next is not NULL:
            return STOP_FOR_CONTEXT
        if f.violation[0] or f.out_of_memory or frontend_unheard(f) == FRONTEND_MUCH_UNHEARD:
            return STOP_FOR_ATTENTION
        if plan.watch_interrupt and plan.done < plan.frames and (
                platform_interrupted() or platform_time_nsec() > plan.attention_at):
            return STOP_FOR_ATTENTION
    return STOP_WHEN_DONE


cdef int use_inputs(CoreBase core, run_plan *plan, FrameInputs given) except -1:
    if given is not None:
        plan.masks = given.masks
        plan.records = given.records
        plan.input_ports = plan.input_stride = given.ports
    return 0


cdef struct core_step:
    frontend *f
    run_plan *plan
    int reason  # a stop_reason


cdef void run_core_step(void *context) noexcept nogil:
    cdef core_step *step = <core_step *> context
    if step.plan.watch_interrupt:
        step.plan.attention_at = platform_time_nsec() + step.plan.attention_interval
    step.reason = run_frames(step.f, step.plan)


cdef int step_core(CoreBase core, run_plan *plan, CaptureSink sink) except -1:
    cdef frontend *f = core.f
    cdef core_step step
    cdef attention watched
    if core.port is not None:
        core.opened_with.netpacket.exchange(core.port)
    free_retired(f)
    empty_audio(f)
    ready_to_run(core)
    f.video.demand.rgb = NULL
    latch_live_input(f)
    if core.tape is not None:
        core.tape.attach(plan)
    step.f = f
    step.plan = plan
    begin_attention(&watched, plan.frames > 1)
    while True:
        attend_to(plan, &watched)
        run_attentively(&watched, run_core_step, &step)
        deliver_messages(core)
        hush_second(core)
        if step.reason == STOP_AFTER_CRASH:
            core.raise_crash(plan.outcome)
        core.report()
        if core.tape is not None:
            core.tape.listen()
        if step.reason == STOP_FOR_SOURCES:
            core.sources.ask(core)
        elif step.reason == STOP_FOR_LARGER_PICTURE:
            sink.grow(plan)
        elif step.reason == STOP_FOR_UNMAPPED:
            raise AddressError(f"{core.name} no longer maps a watched address")
        elif step.reason != STOP_FOR_ATTENTION:
            break
    if core.tape is not None:
        core.tape.finish()
    if core.f.display_is_old:
        update_option_display(core)
    if core.flush_at and platform_time_nsec() > core.flush_at:
        flush_while_playing(core)
    if core.port is not None:
        core.opened_with.netpacket.exchange(core.port)
    return 0

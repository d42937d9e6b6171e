# Run-ahead: the picture that is shown is from a few frames later, run with the present input, while the machine
# itself stays where it is.
#
# After each frame the machine is at the real moment; slots[0] is its state, and slots[i] that of i frames ahead. One
# instance runs the frames ahead and loads slots[0] again. Preemptive frames keep the other slots: as long as the input
# does not change, each is the real moment in its turn, and only one new frame has to be run, from the last of them. A
# second instance runs on by itself, and gets the state of the first one when the input changes.
#
# The clock goes on between two frames: a state ahead has been saved before it did so.


# ---- single frames ---------------------------------------------------------------------------------------------------

cdef int run_unseen(frontend *f, int bits) noexcept nogil:
    """Run a frame whose picture nobody sees, except as the one that a later frame repeats."""
    cdef frontend_video *video = &f.video
    cdef uint8_t *rgb = video.demand.rgb
    cdef picture_observer *looking = video.demand.observer
    cdef bint keep = video.demand.keep, enabled = video.demand.enabled, matters = may_repeat_pictures(f)
    cdef int bits_before = f.audio_video_enable, outcome
    if matters:
        bits |= RETRO_AV_ENABLE_VIDEO
    video.demand.rgb = NULL
    video.demand.observer = NULL
    video.demand.keep = matters
    video.demand.enabled = bits & RETRO_AV_ENABLE_VIDEO
    video.pictures_in_run = 0
    f.audio_video_enable = bits
    outcome = frontend_call(f, run_one_frame, f)
    note_repeat(f)
    f.audio_video_enable = bits_before
    video.demand.rgb = rgb
    video.demand.observer = looking
    video.demand.keep = keep
    video.demand.enabled = enabled
    return outcome


cdef int run_hidden(frontend *f, run_ahead *ahead) noexcept nogil:
    """Run a frame that nobody sees or hears."""
    cdef size_t audio_frames = f.audio.frames
    cdef int outcome = run_unseen(f, (RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO) & ~ahead.proven_bits)
    f.audio.frames = audio_frames
    return outcome


cdef int run_shown(frontend *f) noexcept nogil:
    cdef int outcome
    f.video.demand.keep = True
    f.video.pictures_in_run = 0
    outcome = frontend_call(f, run_one_frame, f)
    note_repeat(f)
    return outcome


cdef void note_repeat(frontend *f) noexcept nogil:
    if f.video.pictures_in_run == 0 and f.video.demand.enabled:
        f.video.trust.may_repeat = True
        recover_picture(f)  # before another state is loaded, when it need not be there any more


cdef void keep_slot_picture(frontend *f, ahead_slot *slot) noexcept nogil:
    slot.picture_known = may_repeat_pictures(f)
    slot.repeated = f.video.pictures_in_run == 0 and slot.picture_known
    if slot.picture_known:
        recover_picture(f)
        if not describe_picture(&f.video, &slot.picture):
            f.out_of_memory = True
            slot.picture_known = False


cdef int save_slot(frontend *f, run_ahead *ahead, ahead_slot *slot) noexcept nogil:
    """GUARD_OK also for a refusal, after which nothing ahead is known."""
    cdef int context = (RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_BINARY if ahead.mode == AHEAD_TWO_INSTANCES else
                        RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)
    cdef int outcome = save_own(f, &ahead.states, &slot.parts, context)
    if outcome == STATE_CRASHED:
        return ahead.states.guard_outcome
    if outcome != STATE_DONE:
        ahead.known = ahead.kept = False
        frontend_violation(f, "it refused to save the state by which it runs ahead")
    return GUARD_OK


cdef int load_slot(frontend *f, run_ahead *ahead, ahead_slot *slot) noexcept nogil:
    cdef uint64_t frames = f.frame_count
    cdef int outcome = load_own(f, &ahead.states, &slot.parts, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)
    frontend_set_frames(f, frames)  # a frame ahead has not been counted
    if outcome == STATE_CRASHED:
        return ahead.states.guard_outcome
    if outcome != STATE_DONE:
        ahead.known = ahead.kept = False
        frontend_violation(f, "it refused the state from which it ran ahead")
    return GUARD_OK


cdef void show_real_picture(frontend *f, run_ahead *ahead) noexcept nogil:
    """Make the machine's own picture the last one again, for a frame that may repeat it."""
    if ahead.known and ahead.slots[0].picture_known:
        show_described(f, &ahead.slots[0].picture)


# ---- one instance ----------------------------------------------------------------------------------------------------

cdef int run_real_frame(frontend *f, run_ahead *ahead) noexcept nogil:
    """Run the frame that the machine is at, and keep its state; ahead.known says whether that was possible."""
    cdef int outcome
    show_real_picture(f, ahead)
    outcome = run_hidden(f, ahead)
    if outcome != GUARD_OK:
        return outcome
    ahead.known = not f.shutdown
    keep_slot_picture(f, &ahead.slots[0])
    if f.shutdown:
        recover_picture(f)  # there is nothing to show after it
        return GUARD_OK
    return save_slot(f, ahead, &ahead.slots[0])


cdef int run_with_one_instance(frontend *f, run_ahead *ahead) noexcept nogil:
    cdef unsigned i
    cdef int outcome = run_real_frame(f, ahead)
    f.time_machine.silent = True
    if outcome != GUARD_OK or not ahead.known:
        recover_picture(f)
        return outcome
    for i in range(1, ahead.frames + 1):
        advance_clock(f)
        outcome = run_shown(f) if i == ahead.frames else run_hidden(f, ahead)
        if outcome != GUARD_OK:
            return outcome
        if f.shutdown:
            break
    return load_slot(f, ahead, &ahead.slots[0])


# ---- preemptive frames -----------------------------------------------------------------------------------------------

cdef int look_whether_touched(frontend *f, run_ahead *ahead) noexcept nogil:
    """Whatever was done to the machine since the last frame shows in its state."""
    cdef const state_parts *known = &ahead.slots[0].parts
    cdef const state_parts *now = &ahead.looked_at
    cdef int outcome = save_own(f, &ahead.states, &ahead.looked_at, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE)
    if outcome == STATE_CRASHED:
        return ahead.states.guard_outcome
    if outcome != STATE_DONE or now.size != known.size or memcmp(state_data(now), state_data(known), now.size) != 0:
        ahead.kept = False
    return GUARD_OK


cdef int run_one_further(frontend *f, run_ahead *ahead) noexcept nogil:
    cdef ahead_slot first = ahead.slots[0]
    cdef unsigned i
    cdef int outcome
    if not ahead.is_ahead:
        outcome = load_slot(f, ahead, &ahead.slots[ahead.frames])
        if outcome != GUARD_OK or not ahead.known:
            return outcome
        advance_clock(f)
    ahead.is_ahead = True
    outcome = run_shown(f)
    if outcome != GUARD_OK:
        return outcome
    for i in range(ahead.frames):
        ahead.slots[i] = ahead.slots[i + 1]
    ahead.slots[ahead.frames] = first
    keep_slot_picture(f, &ahead.slots[ahead.frames])
    return save_slot(f, ahead, &ahead.slots[ahead.frames])


cdef int run_all_again(frontend *f, run_ahead *ahead) noexcept nogil:
    cdef bint heard = ahead.known
    cdef unsigned i
    cdef int outcome = come_back(f)
    if outcome != GUARD_OK:
        return outcome
    f.time_machine.silent = heard
    outcome = run_real_frame(f, ahead)
    if outcome != GUARD_OK or not ahead.known:
        recover_picture(f)
        return outcome
    for i in range(1, ahead.frames + 1):
        advance_clock(f)
        ahead.is_ahead = True
        f.time_machine.silent = heard and i < ahead.frames
        outcome = run_shown(f) if i == ahead.frames else run_hidden(f, ahead)
        if outcome != GUARD_OK or f.shutdown:
            return outcome
        keep_slot_picture(f, &ahead.slots[i])
        outcome = save_slot(f, ahead, &ahead.slots[i])
        if outcome != GUARD_OK or not ahead.known:
            return outcome
    ahead.kept = True
    return GUARD_OK


cdef int run_preemptively(frontend *f, run_ahead *ahead, bint same_input) noexcept nogil:
    cdef int outcome = GUARD_OK
    if ahead.kept and same_input and f.time_machine.touched and not ahead.is_ahead:
        outcome = look_whether_touched(f, ahead)
    if outcome != GUARD_OK:
        return outcome
    if ahead.kept and same_input:
        return run_one_further(f, ahead)
    return run_all_again(f, ahead)


cdef int go_to_real_moment(frontend *f, run_ahead *ahead) noexcept nogil:
    if not ahead.is_ahead:
        return GUARD_OK
    ahead.is_ahead = False
    return load_slot(f, ahead, &ahead.slots[0])


cdef int come_back(frontend *f) noexcept nogil:
    """Between two frames: let the machine be where it is for everybody else."""
    cdef run_ahead *ahead = ahead_of(f)
    cdef int outcome = GUARD_OK
    if ahead is not NULL and ahead.is_ahead:
        outcome = go_to_real_moment(f, ahead)
        advance_clock(f)
    return outcome


# ---- two instances ---------------------------------------------------------------------------------------------------

cdef int send_state_to_second(frontend *f, run_ahead *ahead) noexcept nogil:
    cdef frontend *second = ahead.second
    cdef int outcome = save_slot(f, ahead, &ahead.slots[0])
    if outcome != GUARD_OK or not ahead.known:
        return outcome
    outcome = load_machine_for(second, &ahead.slots[0].parts, RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_BINARY, True)
    if outcome == STATE_CRASHED:
        return second_crashed(f, ahead)
    if outcome != STATE_DONE:
        ahead.known = ahead.kept = False
        frontend_violation(f, "its second instance refused the state of the first")
    elif ahead.slots[0].picture_known:
        show_described(second, &ahead.slots[0].picture)
    return GUARD_OK


cdef int second_crashed(frontend *f, run_ahead *ahead) noexcept nogil:
    frontend_violation(f, "its second instance crashed: %s", ahead.second.guard.message)
    ahead.kept = False
    return GUARD_OK


cdef void show_picture_of_second(frontend *f, frontend *second) noexcept nogil:
    """Let the first instance have sent it, whatever its own picture is like."""
    cdef frontend_video *video = &f.video
    cdef const frontend_video *other = &second.video
    cdef int pixel_format = video.pixel_format
    cdef unsigned rotation = video.rotation
    if not other.picture.exists:
        return
    video.pixel_format = other.picture.format
    video.rotation = other.picture.rotation
    video.demand.keep = True
    take_picture(f, other.picture.pixels, other.picture.width, other.picture.height, picture_pitch(&other.picture))
    video.pixel_format = pixel_format
    video.rotation = rotation


cdef int run_with_two_instances(frontend *f, run_ahead *ahead, bint same_input) noexcept nogil:
    cdef frontend *second = ahead.second
    cdef unsigned i, frames = 1
    cdef int outcome
    show_real_picture(f, ahead)
    outcome = run_unseen(f, RETRO_AV_ENABLE_AUDIO | (RETRO_AV_ENABLE_VIDEO & ~ahead.proven_bits))
    if outcome != GUARD_OK:
        return outcome
    ahead.known = True
    keep_slot_picture(f, &ahead.slots[0])
    if f.shutdown or second.crashed or second.shutdown:
        recover_picture(f)
        return GUARD_OK
    if not (ahead.kept and same_input and not f.time_machine.touched):
        frames = ahead.frames
        ahead.kept = True
        outcome = send_state_to_second(f, ahead)
        if outcome != GUARD_OK or not ahead.kept:
            recover_picture(f)
            return outcome
    memcpy(second.input, f.input, sizeof(f.input))
    second.input_ports = f.input_ports
    for i in range(frames):
        advance_clock(second)
        outcome = run_shown(second) if i == frames - 1 else run_hidden(second, ahead)
        second.audio.frames = 0
        if outcome != GUARD_OK:
            return second_crashed(f, ahead)
        if second.shutdown:
            break
    show_picture_of_second(f, second)
    return GUARD_OK


# ---- for the run loop ------------------------------------------------------------------------------------------------

cdef int run_frame_ahead(frontend *f, run_ahead *ahead, bint is_looked_into) noexcept nogil:
    """Run a frame whose input is latched, and show the one that it leads to; a GUARD_OK or what guard found.

    Args:
        is_looked_into: Whether somebody will look into the machine before the next frame runs.
    """
    cdef bint same_input = memcmp(f.input, ahead.inputs, sizeof(f.input)) == 0
    cdef int outcome
    if not same_input:
        memcpy(ahead.inputs, f.input, sizeof(f.input))
    if f.options_changed or f.time_machine.called:
        ahead.kept = False
    f.time_machine.called = False
    f.time_machine.silent = False
    if ahead.mode == AHEAD_ONE_INSTANCE:
        outcome = run_with_one_instance(f, ahead)
    elif ahead.mode == AHEAD_TWO_INSTANCES:
        outcome = run_with_two_instances(f, ahead, same_input)
    else:
        outcome = run_preemptively(f, ahead, same_input)
        if outcome == GUARD_OK and (is_looked_into or f.shutdown or not ahead.kept):
            outcome = go_to_real_moment(f, ahead)
    f.time_machine.silent = False
    f.time_machine.touched = False
    f.video.last.data = NULL  # what the core drew there may have been drawn over
    return outcome


# ---- for Core --------------------------------------------------------------------------------------------------------

cdef void free_run_ahead(run_ahead *ahead) noexcept nogil:
    cdef unsigned i
    if ahead is NULL:
        return
    for i in range(<unsigned> AHEAD_LIMIT + 1):
        free_parts(&ahead.slots[i].parts)
        free(ahead.slots[i].picture.data)
    free_parts(&ahead.looked_at)
    free(ahead)


cdef object run_ahead_from(wanted):
    if wanted is None or isinstance(wanted, RunAhead):
        return wanted
    try:
        frames = operator.index(wanted)
    except TypeError:
        raise TypeError(f"run_ahead is {wanted!r}; a number of frames is needed, a RunAhead, or None") from None
    return RunAhead(frames) if frames else None


cdef int use_run_ahead(CoreBase core, wanted) except -1:
    """Inside enter() and leave(); a Core without content keeps the wish until it has some."""
    cdef run_ahead *ahead = NULL
    cdef CoreBase second = None
    if wanted is not None and core.f.phase == FRONTEND_LOADED:
        if core.f.frame_count or not core.f.serialization_quirks & RETRO_SERIALIZATION_QUIRK_MUST_INITIALIZE:
            if size_of_state(core) == 0:
                raise StateError(f"{core.name} has no states (its state size is 0), so that it cannot run ahead")
        ahead = <run_ahead *> calloc(1, sizeof(run_ahead))
        if ahead is NULL:
            raise MemoryError("no memory to run ahead")
        ahead.frames = wanted.frames
        skips = proven_skips(core.system_info.name, core.system_info.version)
        ahead.proven_bits = RETRO_AV_ENABLE_VIDEO if skips.video else 0
        ahead.proven_bits |= RETRO_AV_ENABLE_AUDIO if skips.audio else 0
        if wanted.preemptive:
            ahead.mode = AHEAD_PREEMPTIVE
        elif wanted.instances == 2:
            ahead.mode = AHEAD_TWO_INSTANCES
            try:
                second = second_instance(core)
            except BaseException:
                free_run_ahead(ahead)
                raise
            ahead.second = second.f
    close_second(core)
    if ahead_of(core.f) is not NULL:
        show_real_picture(core.f, ahead_of(core.f))
    free_run_ahead(ahead_of(core.f))
    core.f.time_machine.run_ahead = ahead
    core.second = second
    core.run_ahead_settings = wanted
    return 0


cdef CoreBase second_instance(CoreBase core):
    """A hidden instance, like the first one in everything, which gets its states."""
    cdef CoreBase second
    save_dir = core.scratch.path("ahead")
    shutil.copytree(os.fsdecode(core.f.save_directory), save_dir, dirs_exist_ok=True)
    second = type(core)(replace(
        core.opened_with, path=core.path, options=dict(Options(core)), controllers=dict(core.plugged),
        system_dir=os.fsdecode(core.f.system_directory), save_dir=save_dir,
        assets_dir=os.fsdecode(core.f.assets_directory), rewind=None, run_ahead=None, netpacket=None, on_message=None,
        record_calls=False))
    if core.cheat_list:
        second.cheat_list = dict(core.cheat_list)
        apply_cheats(second)
    return second


cdef int close_second(CoreBase core) except -1:
    second = core.second
    core.second = None
    if second is not None:
        second.close()
    return 0


cdef int ready_to_run(CoreBase core) except -1:
    """Before frames run, tell the second instance what it cannot see by itself."""
    if core.loans:
        core.f.time_machine.touched = True
    return 0


cdef int hush_second(CoreBase core) except -1:
    """After frames have run: what the second instance said, the first will say."""
    cdef CoreBase second = core.second
    if second is not None and frontend_unheard(second.f) != FRONTEND_NOTHING_UNHEARD:
        take_log_lines(second.f)
        take_messages(second.f)
    return 0

# Many cores stepped together: lanes in C that a team of threads runs without Python.

cdef enum:
    CACHE_LINES = 128


cdef struct lane_observer:
    picture_observer face  # what the frontend sees of it
    observer observer


cdef cbool observe_lane(picture_observer *face, cbool last, int pixel_format, const void *data, size_t pitch,
                        unsigned width, unsigned height, unsigned rotation) noexcept nogil:
    return observer_picture(&(<lane_observer *> face).observer, last, pixel_format, data, pitch, width, height,
                            rotation)


cdef void observe_lane_again(picture_observer *face, cbool last) noexcept nogil:
    observer_repeat(&(<lane_observer *> face).observer, last)


cdef void take_observation_back(picture_observer *face) noexcept nogil:
    observer_take_back(&(<lane_observer *> face).observer)


cdef struct lane:
    # One core of a batch, and what its thread must know to step it
    frontend *f
    batch_engine *engine
    run_plan plan
    size_t index
    size_t row  # of the results
    int reason
    bint begun
    bint finished
    bint in_flight
    bint begins  # the step leads to the beginning of a game

    # input of a step that was sent
    char *sent
    size_t sent_capacity

    # the observation, when this step has not made it yet
    lane_observer observer
    bint to_observe
    bint skips_pictures
    bint skips_sound
    bint leaves_out_unseen
    bint leaves_out_unheard
    bint unseen  # the frame that runs, or has just run

    # where the step began, by which the picture of a frame that was not drawn can be had after all
    bint knows_beginning
    state_parts beginning
    frontend_states beginning_states  # they have a context of their own, and so perhaps other sizes
    audio_window sound

    # watches, and what rules make of them
    watch_reader watches
    uint64_t *bits_before
    double *numbers  # the memory of the three below, which change places
    size_t room  # for how many numbers there is memory
    double *values
    double *previous
    double *initial
    double frames_since_reset
    bint watches_known
    double *reward_sums
    bint done
    bint matched

    # the branch under way
    bint in_branch
    bint over  # its later steps run no frames
    size_t branch
    size_t step

    # the state to save or to load, and whether that is the beginning of a game
    state_parts *state
    int state_outcome
    bint restarts


cdef struct step_results:
    # Where the results of a step go: a row for each lane, or NULL
    uint8_t *observations
    uint8_t *sound
    int64_t *watch_integers
    double *watch_doubles
    int64_t *delta_integers
    double *delta_doubles
    double *reward_sums
    uint8_t *done_flags
    uint8_t *matched_flags
    int64_t *frames_run


cdef struct branch_job:
    # The branches that are tried: the next that nobody has begun, and the input of each step
    volatile uint32_t next
    size_t count
    size_t steps
    size_t frames
    state_parts **states
    state_parts **ends
    const char *inputs
    size_t input_bytes
    size_t ports
    bint records


cdef struct picture_job:
    # The pictures of all lanes
    uint8_t *rgb
    unsigned width
    unsigned height
    int32_t *sizes


cdef struct batch_engine:
    # What a batch is set to do, the same for all its lanes
    char *lanes
    size_t lane_bytes
    size_t count

    bint observing
    observation_settings settings
    size_t observation_bytes
    size_t sound_bytes
    size_t watch_count  # those that the results have
    size_t value_count  # and, behind them, the elements of ranges that rules name
    size_t extra_count  # and those that only the rule of this run names
    bint watch_floats
    rule *rewards
    size_t reward_count
    rule *done
    bint stop_when_done
    bint pictureless  # nobody wants to see any picture
    rule *until
    bint follows_rules

    # of the call that is under way
    step_results results
    branch_job branches
    picture_job pictures
    volatile int stopping  # the batch is being closed: steps end after the frame that runs


cdef inline lane *lane_of(batch_engine *engine, size_t index) noexcept nogil:
    return <lane *> (engine.lanes + index * engine.lane_bytes)


# ---- around each frame -----------------------------------------------------------------------------------------------

cdef void before_lane_frame(frontend *f, run_plan *plan) noexcept nogil:
    cdef lane *stepped = <lane *> plan.context
    cdef batch_engine *engine = stepped.engine
    cdef frontend_video *video = &f.video
    cdef size_t frames_left = plan.frames - 1 - plan.done
    cdef size_t looks = engine.settings.pool if engine.observing else 1
    # Whether a frame is the last one is only known beforehand when no rule can end the step.
    cdef bint looked_at = frames_left < looks and engine.until is NULL and not engine.pictureless
    video.demand.observer = &stepped.observer.face if engine.observing and looked_at else NULL
    video.demand.observe_last = frames_left == 0
    cdef bint seen = looked_at or (engine.until is not NULL and not engine.pictureless)
    stepped.unseen = not seen and stepped.leaves_out_unseen \
        and (stepped.knows_beginning or not engine.stop_when_done or engine.pictureless)
    video.demand.enabled = not stepped.unseen and (seen or not stepped.skips_pictures)
    if engine.pictureless or keeps_pictures_itself(video):
        video.demand.keep = False
    elif engine.until is not NULL or engine.stop_when_done:
        video.demand.keep = True
    f.audio_video_enable = (0 if stepped.skips_sound else RETRO_AV_ENABLE_AUDIO) \
        | (RETRO_AV_ENABLE_VIDEO if seen or not stepped.skips_pictures else 0)
    frontend_skip(f, stepped.unseen, stepped.leaves_out_unheard)


cdef int after_lane_frame(frontend *f, run_plan *plan) noexcept nogil:
    cdef lane *stepped = <lane *> plan.context
    cdef frontend_video *video = &f.video
    frontend_skip(f, False, False)
    if video.demand.observer is not NULL:
        if video.pictures_in_run == 0:
            observe_repeat(f)
        if video.demand.observe_last:
            stepped.to_observe = False
        video.demand.observer = NULL
    if video.demand.enabled:
        watch_afterwards(f)
    if platform_atomic_load(&stepped.engine.stopping):
        return STOP_FOR_ATTENTION
    if stepped.watches.count or stepped.engine.follows_rules:
        return follow_rules(stepped)
    stepped.frames_since_reset += 1
    return STOP_WHEN_DONE


cdef int read_first_watches(lane *stepped) noexcept nogil:
    """What the rules find before the first frame, where the core has mapped it by then."""
    cdef int outcome = GUARD_OK
    cdef size_t i
    cdef int reason = read_watches(stepped.f, &stepped.watches, &outcome)
    if reason == STOP_WHEN_DONE:
        for i in range(stepped.watches.count):
            stepped.values[i] = stepped.initial[i] = watch_as_double(&stepped.watches, i)
        stepped.watches_known = True
    elif reason == STOP_AFTER_CRASH:
        stepped.plan.outcome = outcome
        return reason
    return STOP_WHEN_DONE


cdef int read_extra_watches(lane *stepped) noexcept nogil:
    """What the elements of ranges that only this run watches are before its first frame."""
    cdef int outcome = GUARD_OK
    cdef size_t i
    cdef int reason = read_watches(stepped.f, &stepped.watches, &outcome)
    if reason == STOP_WHEN_DONE:
        for i in range(stepped.engine.value_count, stepped.watches.count):
            stepped.values[i] = watch_as_double(&stepped.watches, i)
    elif reason == STOP_AFTER_CRASH:
        stepped.plan.outcome = outcome
        return reason
    return STOP_WHEN_DONE


cdef int follow_rules(lane *stepped) noexcept nogil:
    cdef batch_engine *engine = stepped.engine
    cdef watch_reader *watches = &stepped.watches
    cdef double *values = stepped.previous
    cdef rule_frame frame
    cdef size_t i
    cdef int reason
    memcpy(stepped.bits_before, watches.bits, watches.count * sizeof(uint64_t))
    reason = read_watches(stepped.f, watches, &stepped.plan.outcome)
    if reason != STOP_WHEN_DONE:
        return reason
    stepped.previous = stepped.values
    stepped.values = values
    for i in range(watches.count):
        values[i] = watch_as_double(watches, i)
    if not stepped.watches_known:
        memcpy(stepped.bits_before, watches.bits, watches.count * sizeof(uint64_t))
        memcpy(stepped.previous, values, watches.count * sizeof(double))
        memcpy(stepped.initial, values, watches.count * sizeof(double))
        stepped.watches_known = True
    stepped.frames_since_reset += 1
    write_deltas(stepped)
    if stepped.begins:
        return STOP_WHEN_DONE
    frame.values = values
    frame.previous = stepped.previous
    frame.initial = stepped.initial
    frame.frames = stepped.frames_since_reset
    for i in range(engine.reward_count):
        stepped.reward_sums[i] += rule_evaluate(&engine.rewards[i], &frame)
    if engine.done is not NULL and rule_evaluate(engine.done, &frame) != 0:
        stepped.done = True
        if engine.stop_when_done:
            stepped.plan.frames = stepped.plan.done
    if engine.until is not NULL and rule_evaluate(engine.until, &frame) != 0:
        stepped.matched = True
        stepped.plan.frames = stepped.plan.done
    return STOP_WHEN_DONE


cdef void write_deltas(lane *stepped) noexcept nogil:
    cdef batch_engine *engine = stepped.engine
    cdef watch_reader *watches = &stepped.watches
    cdef size_t i, row
    if engine.results.delta_integers is NULL and engine.results.delta_doubles is NULL:
        return
    row = ((stepped.plan.done - 1) * engine.count + stepped.row) * engine.watch_count
    for i in range(engine.watch_count):
        if engine.results.delta_doubles is not NULL:
            engine.results.delta_doubles[row + i] = stepped.values[i] - stepped.previous[i]
        else:
            engine.results.delta_integers[row + i] = <int64_t> (
                <uint64_t> bits_as_integer(&watches.watches[i].kind, watches.bits[i])
                - <uint64_t> bits_as_integer(&watches.watches[i].kind, stepped.bits_before[i]))


# ---- a step of one lane ----------------------------------------------------------------------------------------------

cdef void run_lane(void *context, size_t index) noexcept nogil:
    cdef batch_engine *engine = <batch_engine *> context
    cdef lane *stepped = lane_of(engine, index)
    if stepped.finished or platform_atomic_load(&engine.stopping):
        return
    if not stepped.begun:
        stepped.begun = True
        begin_step(stepped)
    if stepped.reason == STOP_WHEN_DONE:
        if stepped.plan.watch_interrupt:
            stepped.plan.attention_at = platform_time_nsec() + stepped.plan.attention_interval
        stepped.reason = run_frames(stepped.f, &stepped.plan)
    if stepped.reason == STOP_WHEN_DONE and stepped.done and stepped.unseen:
        show_last_frame(stepped)
    if stepped.reason == STOP_WHEN_DONE or stepped.reason == STOP_AFTER_SHUTDOWN:
        finish_step(stepped)
        write_senses(stepped, stepped.row)
        stepped.finished = True


cdef void begin_step(lane *stepped) noexcept nogil:
    cdef frontend *f = stepped.f
    cdef size_t i
    empty_audio(f)
    f.video.demand.rgb = NULL
    latch_live_input(f)
    stepped.to_observe = stepped.engine.observing and stepped.plan.frames > 0
    stepped.done = stepped.matched = False
    stepped.reason = STOP_WHEN_DONE
    stepped.unseen = False
    remember_beginning(stepped)
    for i in range(stepped.engine.reward_count):
        stepped.reward_sums[i] = 0
    if stepped.watches.count and not stepped.watches_known:
        stepped.reason = read_first_watches(stepped)
    elif stepped.engine.extra_count:
        stepped.reason = read_extra_watches(stepped)


cdef bint has_fault(const frontend *f) noexcept nogil:
    return f.violation[0] != 0 or f.out_of_memory


cdef void remember_beginning(lane *stepped) noexcept nogil:
    """Where a rule can end the step in a frame that was not drawn, keep what it takes to draw it after all."""
    cdef batch_engine *engine = stepped.engine
    cdef size_t looks = engine.settings.pool if engine.observing else 1
    stepped.knows_beginning = stepped.leaves_out_unseen and engine.stop_when_done and not engine.pictureless \
        and stepped.plan.frames > looks \
        and save_own(stepped.f, &stepped.beginning_states, &stepped.beginning,
                     RETRO_SAVESTATE_CONTEXT_RUNAHEAD_SAME_INSTANCE) == STATE_DONE


cdef void before_frame_again(frontend *f, run_plan *plan) noexcept nogil:
    cdef lane *stepped = <lane *> plan.context
    cdef bint seen = plan.done + 1 == plan.frames
    f.video.demand.observer = NULL
    f.video.demand.enabled = seen
    f.video.demand.keep = seen
    frontend_skip(f, not seen, stepped.leaves_out_unheard)


cdef void show_last_frame(lane *stepped) noexcept nogil:
    """Run the frames of this step again, and have the last one drawn, for it was the last of the game."""
    cdef frontend *f = stepped.f
    cdef run_plan again = stepped.plan
    if stepped.plan.done == 0:
        return
    if not go_back_to_own(f, &stepped.beginning_states, &stepped.beginning):
        stepped.reason = STOP_FOR_ATTENTION
        return
    empty_audio(f)
    again.done = 0
    again.frames = stepped.plan.done
    again.watch_interrupt = False
    again.before_frame = before_frame_again
    again.after_frame = NULL
    f.time_machine.silent = True
    stepped.reason = STOP_FOR_ATTENTION
    while stepped.reason == STOP_FOR_ATTENTION and not has_fault(f):
        stepped.reason = run_frames(f, &again)
    f.time_machine.silent = False
    frontend_skip(f, False, False)
    stepped.plan.outcome = again.outcome
    stepped.unseen = False


cdef void finish_step(lane *stepped) noexcept nogil:
    cdef batch_engine *engine = stepped.engine
    cdef frontend *f = stepped.f
    cdef size_t row = stepped.row
    f.video.demand.enabled = True
    f.audio_video_enable = RETRO_AV_ENABLE_VIDEO | RETRO_AV_ENABLE_AUDIO
    if engine.pictureless:
        f.video.picture.exists = False  # what is here is older than the machine
    if stepped.to_observe and stepped.plan.done:
        # The step has ended before the frame that was to be looked at: its last picture stands for it.
        observe_last_picture(stepped)
    if stepped.leaves_out_unheard:
        empty_audio(f)  # what is there of the sound is not the sound
    if engine.sound_bytes:
        if not audio_window_set_source_rate(&stepped.sound, f.av_info.timing.sample_rate):
            f.out_of_memory = True
        audio_window_feed(&stepped.sound, f.audio.samples, f.audio.frames)
    if stepped.begins:
        begin_game(stepped)
    engine.results.frames_run[row] = stepped.plan.done
    if engine.results.watch_integers is not NULL:
        watches_as_integers(&stepped.watches, engine.watch_count,
                            engine.results.watch_integers + row * engine.watch_count)
    elif engine.results.watch_doubles is not NULL:
        watches_as_doubles(&stepped.watches, engine.watch_count,
                           engine.results.watch_doubles + row * engine.watch_count)
    if engine.reward_count:
        memcpy(engine.results.reward_sums + row * engine.reward_count, stepped.reward_sums,
               engine.reward_count * sizeof(double))
    if engine.results.done_flags is not NULL:
        engine.results.done_flags[row] = stepped.done
    if engine.results.matched_flags is not NULL:
        engine.results.matched_flags[row] = stepped.matched


cdef void observe_last_picture(lane *stepped) noexcept nogil:
    cdef frontend *f = stepped.f
    f.video.demand.observer = &stepped.observer.face
    f.video.demand.observe_last = True
    f.video.demand.observed_in_run = False
    observe_repeat(f)
    f.video.demand.observer = NULL


cdef void write_senses(lane *stepped, size_t row) noexcept nogil:
    cdef batch_engine *engine = stepped.engine
    if engine.results.observations is not NULL:
        observer_write(&stepped.observer.observer, engine.results.observations + row * engine.observation_bytes)
    if engine.results.sound is not NULL:
        audio_window_write(&stepped.sound, engine.results.sound + row * engine.sound_bytes)


cdef void prepare_convert_lane(void *context, size_t index) noexcept nogil:
    """Make sure that the frontend has a lane's last picture, and say how large it is."""
    cdef batch_engine *engine = <batch_engine *> context
    cdef frontend *f = lane_of(engine, index).f
    cdef frontend_video *video = &f.video
    cdef bint turned
    recover_picture(f)
    turned = video.picture.rotation & 1
    engine.pictures.sizes[2 * index] = engine.pictures.sizes[2 * index + 1] = 0
    if video.picture.exists:
        engine.pictures.sizes[2 * index] = video.picture.width if turned else video.picture.height
        engine.pictures.sizes[2 * index + 1] = video.picture.height if turned else video.picture.width


cdef void convert_lane(void *context, size_t index) noexcept nogil:
    """Write a lane's last picture into its row of the batch's pictures."""
    cdef batch_engine *engine = <batch_engine *> context
    cdef frontend_video *video = &lane_of(engine, index).f.video
    cdef size_t pitch = <size_t> engine.pictures.width * 3
    cdef uint8_t *rgb = engine.pictures.rgb + index * engine.pictures.height * pitch
    cdef const int32_t *size = engine.pictures.sizes + 2 * index
    if size[0] < <int32_t> engine.pictures.height or size[1] < <int32_t> engine.pictures.width:
        memset(rgb, 0, engine.pictures.height * pitch)
    if video.picture.exists:
        write_picture(lane_of(engine, index).f, rgb, pitch)


# ---- states ----------------------------------------------------------------------------------------------------------

cdef struct lane_memory:
    # What a State of a batch has besides the machine: this, the watches, the observations and the sound
    uint64_t watch_count
    uint64_t watches_known
    double frames_since_reset
    uint64_t history_bytes
    uint64_t sound_bytes


cdef size_t lane_memory_bytes(lane *remembered) noexcept nogil:
    cdef batch_engine *engine = remembered.engine
    cdef size_t bytes = sizeof(lane_memory) + 3 * engine.value_count * sizeof(double)
    if engine.observing:
        bytes += observer_history_bytes(&remembered.observer.observer.settings)
    if engine.sound_bytes:
        bytes += audio_window_state_bytes(&remembered.sound)
    return bytes


cdef void remember_lane(lane *remembered, char *extra, size_t size) noexcept nogil:
    cdef batch_engine *engine = remembered.engine
    cdef lane_memory head
    cdef size_t numbers = engine.value_count * sizeof(double)
    cdef char *place = extra + sizeof(lane_memory)
    memset(extra, 0, size)
    head.watch_count = engine.value_count
    head.watches_known = remembered.watches_known
    head.frames_since_reset = remembered.frames_since_reset
    head.history_bytes = head.sound_bytes = 0
    memcpy(place, remembered.initial, numbers)
    memcpy(place + numbers, remembered.values, numbers)
    memcpy(place + 2 * numbers, remembered.watches.bits, numbers)
    place += 3 * numbers
    if engine.observing:
        head.history_bytes = observer_save_history(&remembered.observer.observer, place, size - (place - extra))
        place += head.history_bytes
    if engine.sound_bytes:
        head.sound_bytes = audio_window_state_bytes(&remembered.sound)
        audio_window_save(&remembered.sound, place)
    memcpy(extra, &head, sizeof(lane_memory))


cdef void recall_lane(lane *recalled, const char *extra, size_t size) noexcept nogil:
    """Go on where remember_lane() was called, as far as the state is of a batch that looks at the same things."""
    cdef batch_engine *engine = recalled.engine
    cdef lane_memory head
    cdef size_t numbers = engine.value_count * sizeof(double)
    cdef const char *place = extra + sizeof(lane_memory)
    cdef bint known = size >= sizeof(lane_memory)
    if known:
        memcpy(&head, extra, sizeof(lane_memory))
        known = head.watch_count == engine.value_count and head.history_bytes <= size and head.sound_bytes <= size \
            and sizeof(lane_memory) + 3 * numbers + head.history_bytes + head.sound_bytes <= size
    recalled.frames_since_reset = head.frames_since_reset if known else 0
    recalled.watches_known = known and head.watches_known
    if known:
        memcpy(recalled.initial, place, numbers)
        memcpy(recalled.values, place + numbers, numbers)
        memcpy(recalled.watches.bits, place + 2 * numbers, numbers)
        place += 3 * numbers
    if engine.observing and not (known and head.history_bytes
                                 and observer_load_history(&recalled.observer.observer, place, head.history_bytes)):
        observer_clear(&recalled.observer.observer)
    if engine.sound_bytes and not (known and head.sound_bytes
                                   and audio_window_load(&recalled.sound, place + head.history_bytes,
                                                         head.sound_bytes)):
        audio_window_clear(&recalled.sound)
    recalled.f.video.demand.observed = recalled.f.video.sent if engine.observing and known else <uint64_t> -1


cdef void restart_lane(lane *restarted) noexcept nogil:
    """The state that has been loaded is the beginning of a game."""
    restarted.frames_since_reset = 0
    restarted.watches_known = False
    if restarted.engine.observing:
        observer_forget_older(&restarted.observer.observer)
    if restarted.engine.sound_bytes:
        audio_window_clear(&restarted.sound)


cdef void begin_game(lane *stepped) noexcept nogil:
    """The frames of the step led to the beginning of a game."""
    cdef int reason
    if stepped.engine.observing and not stepped.plan.done and stepped.f.video.demand.observed != stepped.f.video.sent:
        observe_last_picture(stepped)
    restart_lane(stepped)
    if stepped.watches.count:
        reason = read_first_watches(stepped)
        if reason != STOP_WHEN_DONE:
            stepped.reason = reason


cdef void save_lane(void *context, size_t index) noexcept nogil:
    cdef lane *saved = lane_of(<batch_engine *> context, index)
    if saved.state is NULL:
        return
    saved.state_outcome = save_machine(saved.f, saved.state)
    if saved.state_outcome == STATE_DONE:
        remember_lane(saved, state_extra(saved.state), saved.state.extra_size)


cdef void load_lane(void *context, size_t index) noexcept nogil:
    cdef lane *loaded = lane_of(<batch_engine *> context, index)
    if loaded.state is NULL:
        return
    loaded.state_outcome = load_machine(loaded.f, loaded.state)
    if loaded.state_outcome == STATE_DONE:
        after_load(loaded)


cdef void after_load(lane *loaded) noexcept nogil:
    recall_lane(loaded, state_extra(loaded.state), loaded.state.extra_size)
    if loaded.restarts:
        restart_lane(loaded)
    if loaded.watches.count and not loaded.watches_known:
        read_first_watches(loaded)


# ---- branches --------------------------------------------------------------------------------------------------------

cdef void branch_lane(void *context, size_t index) noexcept nogil:
    """Run branches, each from its state through all its steps, until there are no more."""
    cdef batch_engine *engine = <batch_engine *> context
    cdef lane *stepped = lane_of(engine, index)
    while stepped.reason == STOP_WHEN_DONE and stepped.state_outcome == STATE_DONE \
            and not platform_atomic_load(&engine.stopping):
        if not stepped.in_branch and not enter_branch(stepped):
            return
        if stepped.state_outcome == STATE_DONE:
            run_branch(stepped)
        if stepped.reason == STOP_WHEN_DONE and stepped.state_outcome == STATE_DONE:
            stepped.in_branch = False
            if engine.branches.ends is not NULL:
                stepped.state = engine.branches.ends[stepped.branch]
                save_lane(context, index)


cdef bint enter_branch(lane *stepped) noexcept nogil:
    """Load the state of the next branch, if there is one."""
    cdef batch_engine *engine = stepped.engine
    stepped.branch = platform_atomic_add(&engine.branches.next, 1)
    if stepped.branch >= engine.branches.count:
        return False
    stepped.in_branch = True
    stepped.step = 0
    stepped.over = stepped.begun = False
    stepped.state = engine.branches.states[stepped.branch]
    load_lane(engine, stepped.index)
    return True


cdef void begin_branch_step(lane *stepped) noexcept nogil:
    cdef batch_engine *engine = stepped.engine
    cdef run_plan *plan = &stepped.plan
    cdef size_t row = stepped.branch * engine.branches.steps + stepped.step
    cdef const char *input = engine.branches.inputs + row * engine.branches.input_bytes
    stepped.begun = True
    stepped.row = row
    plan.frames = 0 if stepped.over else engine.branches.frames
    plan.done = 0
    plan.masks = NULL
    plan.records = NULL
    if engine.branches.records:
        plan.records = <const port_input *> input
    else:
        plan.masks = <const uint16_t *> input
    plan.input_ports = engine.branches.ports
    plan.input_stride = 0
    begin_step(stepped)
    stepped.done = stepped.over


cdef void run_branch(lane *stepped) noexcept nogil:
    """Run the steps of a branch; a signal ends it for now, so that the next call goes on."""
    cdef batch_engine *engine = stepped.engine
    cdef run_plan *plan = &stepped.plan
    while stepped.step < engine.branches.steps:
        if not stepped.begun:
            begin_branch_step(stepped)
        # run_frames() looks for a signal only between frames, and there may be one frame in a step.
        if stepped.reason == STOP_WHEN_DONE and plan.watch_interrupt and interrupted():
            stepped.reason = STOP_FOR_ATTENTION
        while stepped.reason == STOP_WHEN_DONE and plan.done < plan.frames:
            plan.attention_at = platform_time_nsec() + plan.attention_interval
            stepped.reason = run_frames(stepped.f, plan)
            # A log that has grown long can wait for the end, a signal or a fault cannot.
            if stepped.reason != STOP_FOR_ATTENTION or has_fault(stepped.f) or interrupted() \
                    or platform_atomic_load(&engine.stopping):
                break
            stepped.reason = STOP_WHEN_DONE
        if stepped.reason == STOP_AFTER_SHUTDOWN:
            stepped.over = True
            stepped.reason = STOP_WHEN_DONE
        if stepped.reason != STOP_WHEN_DONE:
            if stepped.reason != STOP_FOR_SOURCES and (stepped.reason != STOP_FOR_ATTENTION or has_fault(stepped.f)):
                platform_atomic_store(&engine.stopping, 1)
            return
        if stepped.done and stepped.unseen:
            show_last_frame(stepped)
            if stepped.reason != STOP_WHEN_DONE:
                return
        finish_step(stepped)
        stepped.over = stepped.over or (stepped.done and engine.stop_when_done)
        stepped.begun = False
        stepped.step += 1
    write_senses(stepped, stepped.branch)


# ---- the team --------------------------------------------------------------------------------------------------------

cdef struct team_work:
    workers *team
    workers_function function
    batch_engine *engine


cdef void let_team_work(void *context) noexcept nogil:
    cdef team_work *work = <team_work *> context
    workers_run_longest_first(work.team, work.function, work.engine)

# Signals while C runs without the GIL: one way to run, look for Ctrl-C, and run on.

cdef enum:
    NANOSECONDS_BETWEEN_SIGNAL_CHECKS = 50_000_000
    NANOSECONDS_BETWEEN_RARE_SIGNAL_CHECKS = 1_000_000_000
    NANOSECONDS_OF_A_DEAR_GIL = 500_000


cdef int begin_attention(attention *watched, bint many_frames) except -1:
    """Before C runs: only the main thread hears signals, and a single frame is over before anybody waits."""
    watched.signals = many_frames and threading.current_thread() is threading.main_thread()
    watched.interval = NANOSECONDS_BETWEEN_SIGNAL_CHECKS
    if watched.signals:
        platform_watch_interrupt()
    return 0


cdef int run_attentively(attention *watched, void (*work)(void *) noexcept nogil, void *context) except -1:
    """Run C without the GIL, once, and let signal handlers run after it; KeyboardInterrupt comes from here."""
    cdef uint64_t before
    with nogil:
        work(context)
        before = platform_time_nsec()
    if watched.signals:
        # With another thread busy the GIL costs up to 5 ms; Ctrl-C is seen without it.
        watched.interval = (NANOSECONDS_BETWEEN_RARE_SIGNAL_CHECKS
                            if platform_time_nsec() - before > <uint64_t> NANOSECONDS_OF_A_DEAR_GIL
                            else NANOSECONDS_BETWEEN_SIGNAL_CHECKS)
        platform_clear_interrupted()
        PyErr_CheckSignals()
    return 0


cdef void attend_to(run_plan *plan, const attention *watched) noexcept nogil:
    """Let the frames of a plan stop for a signal, or when it is time to look for one."""
    plan.watch_interrupt = watched.signals
    plan.attention_interval = watched.interval

# A Core as every subject knows it: who may enter it when, and calls into the core.

cdef enum:
    LINES_OF_A_CRASH = 20


_CRASHES = {GUARD_EXCEPTION: "threw a C++ exception", GUARD_ABORTED: "aborted", GUARD_EXITED: "exited",
            GUARD_FAULTED: "crashed"}


cdef object crash_of(CoreBase core, int outcome):
    """The exception that says how a core ended."""
    cdef frontend *f = core.f
    call = called(f)
    message = (<char *> f.guard.message).decode("utf-8", "replace")
    if outcome == GUARD_INTERRUPTED and f.stopped_for == STUCK_AND_INTERRUPTED:
        PyErr_CheckSignals()  # KeyboardInterrupt says it
    if outcome == GUARD_INTERRUPTED:
        limit = f.time_limit_nsec / 1e9
        kind = CoreTimeoutError if f.stopped_for == STUCK_FOR_TOO_LONG else CoreCrashedError
        late = f" within {limit:g} seconds" if f.stopped_for == STUCK_FOR_TOO_LONG else " and was interrupted"
        error = kind(f"{core.name} did not come back from {call or 'a call'}{late}: {message}{last_words(core)}")
    else:
        function = function_at(core.path, f.fault.offset) if outcome == GUARD_FAULTED and f.fault.offset else None
        named = f" ({function})" if function else ""
        error = CoreCrashedError(f"{core.name} {_CRASHES[outcome]}: {message}{named}"
                                 f"{', in ' + call if call else ''}{last_words(core)}")
        if outcome == GUARD_FAULTED:
            error.signal = signal.Signals(f.fault.number)
            error.address = f.fault.address if error.signal in (signal.SIGSEGV, signal.SIGBUS) else None
            error.function = function
    error.call = call
    error.command = (command_name(f.last_command) or f.last_command) if f.last_command else None
    error.log = tuple([line.text for line in core.log_lines][-LINES_OF_A_CRASH:])
    return error


@cython.final
@cython.freelist(16)
cdef class Entry:
    """`with core.entered():` the Core is this thread's until the block ends.

    It takes 0.15 microseconds: what is called once a frame enters and leaves without it.
    """
    def __enter__(self):
        pass

    def __exit__(self, kind, error, traceback):
        self.core.leave()


@cython.no_gc_clear
cdef class CoreBase:
    """What `Core` is built on: a frontend with its core, which belongs to one thread at a time."""

    def __cinit__(self, *args, **kwargs):
        self.f = <frontend *> calloc(1, sizeof(frontend))
        if self.f is NULL:
            raise MemoryError("no memory for a Core")
        self.f.fork_generation = platform_fork_generation()
        platform_mutex_init(&self.f.lock)
        platform_mutex_init(&self.f.host.lock)
        self.log_lines = deque(maxlen=_LOG_LINES_KEPT)
        self.message_list = deque(maxlen=_MESSAGES_KEPT)
        self.closing = True

    cdef int check(self) except -1:
        if self.closing or self.torn_down:
            raise ClosedError(f"this Core ({self.name}) has been closed; open a new one")
        if self.f.fork_generation != platform_fork_generation():
            raise CoreForkedError(f"this Core ({self.name}) was opened before fork() and belongs to the parent "
                                  f"process; open one in the child")
        return 0

    cdef int check_loaded(self) except -1:
        self.check()
        if self.f.phase < FRONTEND_LOADED:
            raise ContentError(f"{self.name} has no content yet; open it with content, or call load_game "
                               f"(it takes: {', '.join(self.system_info.extensions) or 'anything'})")
        return self.check_not_crashed()

    cdef int check_not_crashed(self) except -1:
        if self.f.crashed:
            raise CoreCrashedError(f"{self.name} crashed before and can only be closed: "
                                   f"{(<char *> self.f.guard.message).decode('utf-8', 'replace')}")
        return 0

    cdef int check_running(self) except -1:
        self.check_loaded()
        if self.f.shutdown:
            raise CoreShutdownError(f"{self.name} asked to shut down and cannot run any more; close it")
        return 0

    cdef int enter(self) except -1:
        self.check()
        if platform_atomic_exchange(&self.f.busy, 1):
            if self.f.busy_thread == platform_thread_id():
                raise CoreBusyError(f"this Core ({self.name}) was called from inside one of its own calls, such as a "
                                    f"log handler or on_message; call it after run() has returned")
            raise CoreBusyError(f"another thread is inside this Core ({self.name}); one Core is one thread's at a time")
        self.f.busy_thread = platform_thread_id()
        if self.closing:  # while this thread was on its way in
            self.leave()
            self.check()
        return 0

    cdef int enter_alive(self) except -1:
        self.check()
        self.check_not_crashed()
        return self.enter()

    cdef int enter_loaded(self) except -1:
        self.check_loaded()
        return self.enter()

    cdef int enter_running(self) except -1:
        self.check_running()
        return self.enter()

    cdef void leave(self) noexcept:
        self.f.busy_thread = 0
        platform_atomic_store(&self.f.busy, 0)

    cdef void lock(self) noexcept:
        with nogil:  # whoever holds it may be waiting for the GIL
            platform_mutex_lock(&self.f.lock)

    cdef void unlock(self) noexcept:
        platform_mutex_unlock(&self.f.lock)

    cdef int call(self, void (*function)(void *) noexcept nogil, core_request *request) except -1:
        cdef int outcome
        request.f = self.f
        if function != request_memory:
            self.f.time_machine.called = True
        with nogil:
            outcome = frontend_call(self.f, function, request)
        deliver_messages(self)
        if outcome != GUARD_OK:
            self.raise_crash(outcome)
        return 0

    cdef int call_alone(self, void (*function)(void *) noexcept nogil, core_request *request) except -1:
        cdef int outcome
        request.f = self.f
        with nogil:
            platform_mutex_lock(&lifecycle_lock)
            outcome = frontend_call(self.f, function, request)
            platform_mutex_unlock(&lifecycle_lock)
        deliver_messages(self)
        if outcome != GUARD_OK:
            self.raise_crash(outcome)
        return 0

    cdef int raise_crash(self, int outcome) except -1:
        if outcome == FRONTEND_NO_CONTEXT:
            failure = (<char *> self.f.hardware.failure).decode("utf-8", "replace")
            raise LibretroError(f"{self.name} cannot draw: {failure}")
        raise crash_of(self, outcome)

    cdef int report(self) except -1:
        """Raise what went wrong in the frames that have just run."""
        if self.f.out_of_memory:
            self.f.out_of_memory = False
            raise MemoryError(f"no memory for what {self.name} sent: {self.f.audio.frames} audio frames are kept")
        if self.f.violation[0]:
            violation = (<char *> self.f.violation).decode("utf-8", "replace")
            self.f.violation[0] = 0
            raise ProtocolError(f"{self.name} broke a rule of libretro: {violation}")
        return 0

    cdef Entry entered(self):
        """Let this thread in, for a `with` block."""
        cdef Entry entry = Entry.__new__(Entry)
        self.enter()
        entry.core = self
        return entry

    cdef Entry alive(self):
        """As entered(), for a Core that has not crashed."""
        self.check()
        self.check_not_crashed()
        return self.entered()

    cdef Entry loaded(self):
        """As entered(), for a Core that has its content."""
        self.check_loaded()
        return self.entered()

    cdef Entry running(self):
        """As entered(), for a Core that can run frames."""
        self.check_running()
        return self.entered()

    cdef void end_loan(self) noexcept:
        """A view of the core's memory is gone; with the last one a closed Core is torn down."""
        self.loans -= 1

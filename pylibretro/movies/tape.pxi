# The tape of a movie: the input of every frame, taken down where it is latched, what else was done to the machine, and
# checksums of what came out of it.

cdef extern from "Python.h":
    object memory_of "PyMemoryView_FromMemory"(char *, Py_ssize_t, int)
    enum:
        PyBUF_READ

cdef enum:
    TAPE_CHANGES_AT_FIRST = 256
    TAPE_CHANGES_BEFORE_HAND_OVER = 1 << 16
    TAPE_FRAMES_BEFORE_HAND_OVER = 3600


cdef void *tape_room(void *items, size_t count, size_t *room, size_t size) noexcept nogil:
    """Room for one more item, or NULL: doubled when it is full."""
    cdef void *larger = items
    if count == room[0]:
        larger = realloc(items, max(2 * room[0], <size_t> TAPE_CHANGES_AT_FIRST) * size)
        if larger is not NULL:
            room[0] = max(2 * room[0], <size_t> TAPE_CHANGES_AT_FIRST)
    return larger


cdef bint note_joypad(tape_reel *reel, unsigned port, uint16_t joypad) noexcept nogil:
    cdef void *items = tape_room(reel.joypads, reel.joypad_count, &reel.joypad_room, sizeof(tape_joypad))
    cdef tape_joypad *change
    if items is NULL:
        return False
    reel.joypads = <tape_joypad *> items
    change = &reel.joypads[reel.joypad_count]
    change.frame = reel.frame
    change.port = port
    change.joypad = joypad
    change.unused = 0
    reel.joypad_count += 1
    return True


cdef bint note_record(tape_reel *reel, unsigned port, const port_input *record) noexcept nogil:
    cdef void *items = tape_room(reel.records, reel.record_count, &reel.record_room, sizeof(tape_record))
    cdef tape_record *change
    if items is NULL:
        return False
    reel.records = <tape_record *> items
    change = &reel.records[reel.record_count]
    change.frame = reel.frame
    change.port = port
    change.input = record[0]
    reel.record_count += 1
    return True


cdef void tape_before_frame(frontend *f, run_plan *plan) noexcept nogil:
    cdef tape_reel *reel = <tape_reel *> plan.context
    cdef unsigned port, ports = max(f.input_ports, reel.ports)
    cdef port_input changed
    cdef bint noted = True
    for port in range(ports):
        if memcmp(&f.input[port], &reel.last[port], sizeof(port_input)) == 0:
            continue
        changed = f.input[port]
        changed.joypad = reel.last[port].joypad
        if memcmp(&changed, &reel.last[port], sizeof(port_input)) == 0:
            noted &= note_joypad(reel, port, f.input[port].joypad)
        else:
            noted &= note_record(reel, port, &f.input[port])
        reel.last[port] = f.input[port]
    if not noted:
        f.out_of_memory = True
    reel.ports = f.input_ports
    reel.frame += 1
    reel.frame_count = f.frame_count + 1
    if reel.check_every and reel.frame % reel.check_every == 0:
        f.video.demand.keep = True


cdef int tape_after_frame(frontend *f, run_plan *plan) noexcept nogil:
    cdef tape_reel *reel = <tape_reel *> plan.context
    if reel.check_every and reel.frame % reel.check_every == 0:
        return STOP_FOR_ATTENTION
    return STOP_WHEN_DONE


@cython.final
cdef class Tape:
    """What `pylibretro.movies` needs to record a Core, and to check a replay of it."""

    def __cinit__(self, CoreBase core not None, check_every, hand_over=None):
        self.core = core
        self.reel.check_every = check_every
        self.hand_over = hand_over
        self.checks = []
        self.events = []

    def __init__(self, CoreBase core not None, check_every, hand_over=None):
        core.check_running()
        if core.tape is not None:
            raise LibretroError(f"{core.name} is already being recorded; stop that movie first")
        self.reel.frame_count = core.f.frame_count
        core.tape = self

    def __dealloc__(self):
        free(self.reel.joypads)
        free(self.reel.records)

    cdef int attach(self, run_plan *plan) except -1:
        if self.core.f.frame_count != self.reel.frame_count:
            raise LibretroError(f"{self.core.name} is being recorded, and it is in frame {self.core.f.frame_count}, "
                                f"where the movie has frame {self.reel.frame_count}: go back in time with "
                                f"MovieRecorder.step_back, and tell of what a batch runs with MovieRecorder.append")
        plan.before_frame = tape_before_frame
        plan.after_frame = tape_after_frame
        plan.context = &self.reel
        self.audio_from = 0
        return 0

    cdef int listen(self) except -1:
        """After frames, note what they sounded like, and the checksums where they are due."""
        cdef frontend *f = self.core.f
        cdef size_t length = f.audio.frames - self.audio_from
        cdef uint64_t frame = self.reel.frame
        if length:
            self.audio_check = binascii.crc32(memory_of(<char *> (f.audio.samples + 2 * self.audio_from),
                                                        length * AUDIO_FRAME_BYTES, PyBUF_READ), self.audio_check)
            self.audio_from = f.audio.frames
        if (self.reel.check_every and frame and frame % self.reel.check_every == 0 and frame != self.checked
                and f.frame_count == self.reel.frame_count):
            self.check()
        return 0

    cdef int check(self) except -1:
        cdef frontend *f = self.core.f
        cdef core_request request
        cdef uint32_t ram = 0, video = 0
        memset(&request, 0, sizeof(core_request))
        request.number = RETRO_MEMORY_SYSTEM_RAM
        self.core.call(request_memory, &request)
        if request.size and request.pointer is not NULL:
            ram = binascii.crc32(memory_of(<char *> request.pointer, request.size, PyBUF_READ))
        recover_picture(f)
        if f.video.picture.exists:
            picture = picture_as_rgb(f, self.core.pool)
            video = binascii.crc32(picture, binascii.crc32(repr(picture.shape).encode()))
        self.checked = self.reel.frame
        self.checks.append((self.reel.frame, ram, video, self.audio_check))
        self.audio_check = 0
        return 0

    cdef int finish(self) except -1:
        """After a call that ran frames."""
        if self.hand_over is not None and (
                self.reel.joypad_count + self.reel.record_count >= <size_t> TAPE_CHANGES_BEFORE_HAND_OVER
                or self.reel.frame - self.handed_over >= <uint64_t> TAPE_FRAMES_BEFORE_HAND_OVER):
            self.hand_over()
        return 0

    cdef int note(self, kind, value) except -1:
        """Between two frames the machine was changed by something other than input."""
        self.events.append((self.reel.frame, kind, value))
        self.reel.frame_count = self.core.f.frame_count
        return 0

    @property
    def frame(self):
        """Frames on the tape."""
        return self.reel.frame

    @property
    def frames_unseen(self):
        """Frames that the Core has run by other calls than its own since the last frame on the tape."""
        if self.core.f is NULL or self.core.f.frame_count < self.reel.frame_count:
            return 0
        return self.core.f.frame_count - self.reel.frame_count

    @property
    def machine(self):
        """Which core with which content: name, version, SHA-1, content's SHA-1 and file name."""
        cdef CoreBase core = self.core
        machine = core.machine
        content = core.content.display_name if core.content is not None else None
        return machine.core, machine.version, machine.core_sha1, machine.content_sha1, content

    @property
    def clock(self):
        """The time of day that the core sees, in whole seconds since 1970."""
        return self.core.f.libc.clock_usec // 1_000_000

    @property
    def at_power_on(self):
        """Whether the machine is as loading the content has made it."""
        return self.core.f.frame_count == 0 and not self.core.departed

    @property
    def plugged(self):
        """The devices that have been plugged in: a mapping from port to device."""
        return dict(self.core.plugged)

    def take(self):
        """What has come onto the tape since the last time: frames on it, changes (two kinds), events and checks."""
        self.handed_over = self.reel.frame
        joypads = (<char *> self.reel.joypads)[:self.reel.joypad_count * sizeof(tape_joypad)]
        records = (<char *> self.reel.records)[:self.reel.record_count * sizeof(tape_record)]
        self.reel.joypad_count = self.reel.record_count = 0
        events, self.events = self.events, []
        checks, self.checks = self.checks, []
        return self.reel.frame, joypads, records, events, checks

    def stop(self):
        """Let the Core run on without this tape."""
        if self.core.tape is self:
            self.core.tape = None

"""What other compiled parts may know of the core: a Core as subjects see it, states, blocks of memory, the run loop."""

from cpython.buffer cimport Py_buffer
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from pylibretro.frontend.frontend cimport *
from pylibretro.frontend.guard cimport *
from pylibretro.skips.skips cimport *
from pylibretro.frontend.run_plan cimport *
from pylibretro.libretro cimport *
from pylibretro.memory.watch cimport *
from pylibretro.states.parts cimport *


cdef enum:
    BLOCKS_KEPT_AT_MOST = 32

cdef enum:
    STATE_BYTES_KEPT = 64 << 20
    STATE_QUESTIONS = 4

cdef enum:
    STATE_BLOCK_SIZES_KEPT = 16


cdef class BlockPool:
    cdef platform_mutex pool_lock
    cdef void *memory[BLOCKS_KEPT_AT_MOST]
    cdef size_t sizes[BLOCKS_KEPT_AT_MOST]
    cdef unsigned count
    cdef unsigned kept
    cdef size_t bytes
    cdef bint closed
    cdef void remove(self, unsigned index) noexcept nogil
    cdef void *take(self, size_t size) noexcept nogil
    cdef void give(self, void *memory, size_t size) noexcept nogil
    cdef void empty(self) noexcept nogil
    cdef object array(self, shape, dtype)


cdef struct free_state:
    free_state *next
    size_t data_offset
    size_t written


cdef class StatePool:
    cdef platform_mutex pool_lock
    cdef free_state *blocks[STATE_BLOCK_SIZES_KEPT]
    cdef size_t sizes[STATE_BLOCK_SIZES_KEPT]
    cdef size_t bytes
    cdef readonly size_t limit
    cdef bint closed
    cdef bint take(self, state_parts *parts) noexcept nogil
    cdef void give(self, state_parts *parts) noexcept nogil
    cdef void empty(self) noexcept nogil


cdef class State:
    cdef state_parts parts
    cdef StatePool pool
    cdef object machine
    cdef State base
    cdef char *delta
    cdef size_t delta_size
    cdef int depth
    cdef Py_hash_t known_hash
    cdef object __weakref__
    cdef State whole(self)
    cdef bint is_sound(self) noexcept


cdef class Sources:
    cdef list microphones
    cdef list samples
    cdef object camera
    cdef object pictures
    cdef void count_askers(self, frontend *f) noexcept
    cdef int ask(self, CoreBase core) except -1


cdef struct core_request:
    # One call into the core, with what it is given and what it returns
    frontend *f
    unsigned number
    unsigned device
    void *pointer
    const void *data
    size_t size
    bint flag
    bint has_game
    retro_game_info game
    retro_system_info system_info


cdef struct tape_joypad:
    uint64_t frame
    uint16_t port
    uint16_t joypad
    uint32_t unused


cdef struct tape_record:
    uint64_t frame
    uint64_t port
    port_input input


cdef struct tape_reel:
    uint64_t frame  # frames on the tape
    uint64_t frame_count  # of the core after the last of them
    uint64_t check_every
    port_input last[16]
    unsigned ports
    tape_joypad *joypads  # changes of joypads alone, which is most of them
    size_t joypad_count
    size_t joypad_room
    tape_record *records  # changes of any other device
    size_t record_count
    size_t record_room


cdef class Tape:
    cdef CoreBase core
    cdef tape_reel reel
    cdef object hand_over  # called when there is much to take
    cdef list checks
    cdef list events
    cdef uint64_t checked
    cdef uint64_t handed_over
    cdef uint32_t audio_check
    cdef size_t audio_from
    cdef int attach(self, run_plan *plan) except -1
    cdef int listen(self) except -1
    cdef int check(self) except -1
    cdef int finish(self) except -1
    cdef int note(self, kind, value) except -1


cdef class Entry:
    cdef CoreBase core


cdef class Detours:
    # What Cores of one library are opened with, so that they can leave something out of frames
    cdef detours *made
    cdef skip_variable *variables
    cdef size_t variable_count
    cdef object __weakref__
    cdef int use(self, frontend *f) except -1


cdef class CoreBase:
    # A Core as every subject knows it: its frontend, what it keeps, and the way into it.
    cdef frontend *f
    cdef readonly object path
    cdef readonly str name
    cdef object system_info, content, scratch, logger, log_lines, message_list, subsystem
    cdef object save_files, save_places, flush_problem
    cdef uint64_t flush_at  # when save RAM is to be written next; 0 for never
    cdef object wanted_options, port
    cdef list kept_contents, contents, more_disks
    cdef dict cheat_list
    cdef tuple initial_disk
    cdef object rewind_settings, run_ahead_settings
    cdef object opened_with  # a CoreSpec
    cdef dict plugged
    cdef CoreBase second
    cdef bint begun
    cdef bint closing
    cdef bint torn_down
    cdef bint keeps_file_operations
    cdef Py_ssize_t loans
    cdef set state_sizes
    cdef BlockPool pool
    cdef StatePool states
    cdef object machine
    cdef Sources sources
    cdef Tape tape
    cdef Detours detours  # or None
    cdef bint departed  # from what loading the content made of the machine, by something other than frames
    cdef object __weakref__
    cdef int check(self) except -1
    cdef int check_loaded(self) except -1
    cdef int check_not_crashed(self) except -1
    cdef int check_running(self) except -1
    cdef int enter(self) except -1
    cdef int enter_alive(self) except -1
    cdef int enter_loaded(self) except -1
    cdef int enter_running(self) except -1
    cdef void leave(self) noexcept
    cdef void lock(self) noexcept
    cdef void unlock(self) noexcept
    cdef int call(self, void (*function)(void *) noexcept nogil, core_request *request) except -1
    cdef int call_alone(self, void (*function)(void *) noexcept nogil, core_request *request) except -1
    cdef int raise_crash(self, int outcome) except -1
    cdef int report(self) except -1
    cdef Entry entered(self)
    cdef Entry alive(self)
    cdef Entry loaded(self)
    cdef Entry running(self)
    cdef void end_loan(self) noexcept


cdef class CoreFacts(CoreBase):
    pass


cdef class CoreDevices(CoreFacts):
    cdef port_input *live_port(self, unsigned port) noexcept


cdef class CoreTimeMachine(CoreDevices):
    pass


cdef class Core(CoreTimeMachine):
    pass


# ---- for those that step many Cores

cdef Detours make_detours(path, build)
cdef Core new_core_with(Detours detours, spec)

cdef int chosen_simd_level() noexcept nogil
cdef int fork_generation() noexcept nogil
cdef bint interrupted() noexcept nogil
cdef Py_ssize_t frame_count_from(frames) except -1
cdef object checked_inputs(inputs)
cdef int deliver_messages(CoreBase core) except -1

cdef int begin_attention(attention *watched, bint many_frames) except -1
cdef void attend_to(run_plan *plan, const attention *watched) noexcept nogil
cdef int run_attentively(attention *watched, void (*work)(void *) noexcept nogil, void *context) except -1

cdef void latch_live_input(frontend *f) noexcept nogil
cdef int run_frames(frontend *f, run_plan *plan) noexcept nogil
cdef void empty_audio(frontend *f) noexcept nogil

cdef bint may_repeat_pictures(const frontend *f) noexcept nogil
cdef bint keeps_pictures_itself(const frontend_video *video) noexcept nogil
cdef void watch_afterwards(frontend *f) noexcept nogil
cdef void observe_repeat(frontend *f) noexcept nogil
cdef void recover_picture(frontend *f) noexcept nogil
cdef void write_picture(const frontend *f, uint8_t *rgb, size_t pitch) noexcept nogil

cdef tuple watch_triple(value)
cdef int prepare_watches(watch_reader *reader, list watches) except -1
cdef void free_watches(watch_reader *reader) noexcept nogil
cdef bint watches_hold_floats(const watch_reader *reader) noexcept nogil
cdef int find_bus(CoreBase core, memory_bus *bus) except -1
cdef int read_watches(frontend *f, watch_reader *reader, int *outcome) noexcept nogil
cdef void watches_as_integers(const watch_reader *reader, size_t count, int64_t *row) noexcept nogil
cdef void watches_as_doubles(const watch_reader *reader, size_t count, double *row) noexcept nogil

cdef object machine_of(CoreBase core)
cdef size_t state_room(CoreBase core) except 0
cdef size_t state_picture_size(const frontend *f) noexcept nogil
cdef State new_state(StatePool pool, object machine, size_t room, size_t picture_size, size_t extra_size)
cdef int save_machine(frontend *f, state_parts *parts) noexcept nogil
cdef int load_machine(frontend *f, state_parts *parts) noexcept nogil
cdef int save_own(frontend *f, frontend_states *states, state_parts *parts, int context) noexcept nogil
cdef bint go_back_to_own(frontend *f, frontend_states *states, state_parts *parts) noexcept nogil
cdef void free_parts(state_parts *parts) noexcept nogil
cdef int restore_state(CoreBase core, State state) except -1
cdef int warn_of_unheard(state, core_name) except -1
cdef int load_bytes(CoreBase core, state) except -1
cdef int raise_for_state(CoreBase core, int outcome, const state_parts *parts) except -1

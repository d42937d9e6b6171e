# What Cores that rewind or run ahead remember, and what makes it worthless.

cdef extern from "rewind.h" nogil:
    cdef struct rewind_ring:
        size_t used
        size_t records
    cdef struct rewind_moment:
        uint64_t frame
        uint32_t input_ports
        uint32_t input_bytes
        uint32_t picture_bytes
        uint32_t state_size
        uint32_t state_written
    cdef struct rewind_picture:
        uint32_t width
        uint32_t height
        int32_t format
        uint32_t rotation
    bint rewind_ring_init(rewind_ring *, size_t capacity)
    void rewind_ring_free(rewind_ring *)
    void rewind_ring_clear(rewind_ring *)
    bint rewind_ring_push(rewind_ring *, const void *record, size_t size)
    size_t rewind_ring_newest_size(const rewind_ring *)
    void rewind_ring_pop(rewind_ring *, void *record)
    void rewind_ring_peek_oldest(const rewind_ring *, void *head, size_t size)


cdef struct growing_bytes:
    char *data
    size_t size
    size_t capacity


cdef struct rewind_history:
    rewind_ring ring
    frontend_states states  # they have a different context from other states, which may have other sizes
    uint64_t granularity
    uint64_t now  # frames that have run since the past began
    bint paused

    # the newest moment, and room for the next one or what came after this one
    bint known
    state_parts newest
    state_parts other
    uint64_t frame
    uint64_t frame_of_other
    port_input inputs[FRONTEND_PORTS]
    unsigned input_ports
    bint repeats  # the frame showed repeated_picture, and undo is how that becomes the one repeated before
    growing_bytes undo

    growing_bytes repeated_picture
    growing_bytes picture_at_begin
    bint begin_known
    growing_bytes scratch


cdef bint grow_bytes(growing_bytes *bytes_, size_t size) noexcept nogil:
    cdef char *larger
    if size > bytes_.capacity:
        larger = <char *> realloc(bytes_.data, size)
        if larger is NULL:
            return False
        bytes_.data = larger
        bytes_.capacity = size
    bytes_.size = size
    return True


cdef enum:
    AHEAD_LIMIT = 12

cdef enum:
    AHEAD_ONE_INSTANCE
    AHEAD_TWO_INSTANCES
    AHEAD_PREEMPTIVE


cdef struct ahead_slot:
    state_parts parts
    growing_bytes picture  # the last one at this moment, where a frame may repeat it
    bint picture_known
    bint repeated  # the frame that led here sent no picture


cdef struct run_ahead:
    int mode
    unsigned frames
    frontend_states states
    ahead_slot slots[AHEAD_LIMIT + 1]
    state_parts looked_at
    bint known  # slots[0] is the real moment
    bint kept  # what is ahead of it is known, too: the other slots, or the second instance
    bint is_ahead  # the core is at the last slot and not at the first
    port_input inputs[FRONTEND_PORTS]
    frontend *second
    int guard_outcome
    int proven_bits  # what the core may leave out of frames that nobody sees and hears


cdef inline run_ahead *ahead_of(const frontend *f) noexcept nogil:
    return <run_ahead *> f.time_machine.run_ahead


cdef void forget_ahead(frontend *f) noexcept nogil:
    """To be called when the machine is no longer what the last frame left."""
    cdef run_ahead *ahead = ahead_of(f)
    if ahead is not NULL:
        ahead.known = ahead.kept = False


cdef const ahead_slot *real_slot(const frontend *f) noexcept nogil:
    """What is kept of the machine's own picture, where the last picture is one ahead of it; or NULL."""
    cdef run_ahead *ahead = ahead_of(f)
    return &ahead.slots[0] if ahead is not NULL and ahead.known else NULL


cdef void forget_all(rewind_history *past) noexcept nogil:
    rewind_ring_clear(&past.ring)
    past.now = 0
    past.known = past.begin_known = past.repeats = False
    past.repeated_picture.size = past.undo.size = 0


cdef void forget_past(frontend *f) noexcept nogil:
    """To be called when the machine is no longer what the last frame left."""
    forget_ahead(f)
    if f.time_machine.rewind is not NULL:
        forget_all(<rewind_history *> f.time_machine.rewind)

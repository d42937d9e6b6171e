"""What a run of frames is asked for, and why it stops: known to all that run frames."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint64_t

from pylibretro.frontend.frontend cimport frontend, port_input
from pylibretro.memory.watch cimport watch_reader


cdef enum stop_reason:
    STOP_WHEN_DONE
    STOP_AFTER_SHUTDOWN
    STOP_AFTER_CRASH
    STOP_FOR_ATTENTION
    STOP_FOR_LARGER_PICTURE
    STOP_FOR_UNMAPPED
    STOP_FOR_CONTEXT
    STOP_FOR_SOURCES


cdef struct run_plan:
    size_t frames
    size_t done
    int outcome
    uint64_t attention_at
    uint64_t attention_interval
    bint watch_interrupt

    # input of each frame instead of the live input
    const uint16_t *masks
    const port_input *records
    size_t input_ports
    size_t input_stride  # from the input of one frame to that of the next

    # what else is to be done around each frame, by whoever made the plan
    void (*before_frame)(frontend *, run_plan *) noexcept nogil
    int (*after_frame)(frontend *, run_plan *) noexcept nogil
    void *context

    # pictures to keep: kept of them are complete
    size_t every
    size_t kept
    uint8_t *rgb
    unsigned width
    unsigned height
    int32_t *sizes
    int64_t *audio_offsets
    uint64_t rgb_serial
    watch_reader *watches
    int64_t *watch_integers
    double *watch_doubles


cdef struct attention:
    # To signals, while C runs without the GIL
    bint signals
    uint64_t interval  # nanoseconds

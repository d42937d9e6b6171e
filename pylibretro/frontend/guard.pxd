# How a call into a core can end: guard.h, faults.h and stuck.h.

from libc.stdint cimport uintptr_t


cdef extern from "guard.h" nogil:
    cdef struct guard:
        char message[1]
    enum:
        GUARD_OK
        GUARD_EXCEPTION
        GUARD_ABORTED
        GUARD_EXITED
        GUARD_FAULTED
        GUARD_INTERRUPTED


cdef extern from "faults.h" nogil:
    cdef struct fault:
        int number
        uintptr_t address
        uintptr_t offset


cdef extern from "stuck.h" nogil:
    enum:
        STUCK_FOR_TOO_LONG
        STUCK_AND_INTERRUPTED
    cdef struct call_watch:
        volatile long thread
    void stuck_forget(call_watch *)

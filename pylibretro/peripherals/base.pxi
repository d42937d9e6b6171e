# What all peripherals share.


cdef bint offers(const frontend *f, unsigned peripheral) noexcept nogil:
    return f.slot is not NULL and f.peripherals.offered & peripheral != 0

# What all Cores of a process share, and what becomes of it in a fork.

cdef platform_mutex lifecycle_lock  # cores share libc and the loader: one at a time is opened, initialised or closed
platform_mutex_init(&lifecycle_lock)
platform_watch_fork()
hardware_start()
cdef int _simd_level = simd_select()  # of all kernels, those of other modules, too


cdef int chosen_simd_level() noexcept nogil:
    """The `enum simd_level` of the kernels of this process."""
    return _simd_level


cdef int fork_generation() noexcept nogil:
    """How many forks this process comes after: threads of an earlier one are not here."""
    return platform_fork_generation()


cdef bint interrupted() noexcept nogil:
    """Whether Ctrl-C waits to be heard."""
    return platform_interrupted()


def _before_fork():
    with nogil:  # it may take a core's whole start until the lock is free
        platform_mutex_lock(&lifecycle_lock)
        hardware_before_fork()


def _after_fork():
    hardware_after_fork()
    platform_mutex_unlock(&lifecycle_lock)


# A child has only the thread that forked: a lock that another one holds would stay taken there, and what it guards half
# done. Not by pthread_atfork: that would wait with the GIL, and before glibc 2.36 with a lock that unloading needs.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)

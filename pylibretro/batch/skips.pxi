# What the cores of a batch leave out of frames, and the Cores that are opened so that they can.

_made_detours = weakref.WeakValueDictionary()
_making_detours = threading.Lock()


cdef Detours detours_for(spec, work):
    """The changed code of a core's library, which all its copies in the process share; None without any."""
    cdef Detours made = None
    if not work:
        return None
    path = os.fspath(find_core(spec.path))
    status = os.stat(path)
    key = (path, status.st_ino, status.st_size, status.st_mtime_ns, work.build.digest)
    with _making_detours:
        made = _made_detours.get(key)
        if made is None:
            made = make_detours(path, work.build)
            _made_detours[key] = made
    return made


cdef object found_work(spec, given, bint unseen, bint unheard):
    if isinstance(given, _Proven):
        return given.work
    work = skipped_work(spec, given, unseen=unseen, unheard=unheard)
    if work:
        try:
            detours_for(spec, work)
        except ValueError as error:
            if given is True:
                raise
            return SkippedWork(work.build, reason=str(error))
    return work


cdef tuple works_of(list specs, given, bint unseen, bint unheard):
    """What each core leaves out, a SkippedWork."""
    found = {}
    for spec in specs:
        if id(spec) not in found:
            found[id(spec)] = found_work(spec, given, unseen, unheard)
    return tuple([found[id(spec)] for spec in specs])

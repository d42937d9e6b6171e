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


cdef object found_work(spec, given, bint unseen, bint unheard, bint goes_back, open_batch):
    if isinstance(given, _Proven):
        return given.work
    try:
        work = allowed_work(spec, given, unseen=unseen, unheard=unheard)
    except CoreNotFoundError as error:
        return SkippedWork(reason=str(error))  # opening it says so, and of which core of the batch
    if work:
        try:
            detours_for(spec, work)
        except ValueError as error:
            if given is not None:
                raise
            return SkippedWork(work.build, reason=str(error))
        work = proven_work(spec, work, open_batch)
    if work.unseen and goes_back:
        work = work_with_going_back(spec, work, open_batch)
    if given is True and not work:
        raise ValueError(f"skips is True, but {work.reason}")
    return work


cdef tuple works_from(list specs, tuple works, state, open_batch):
    """What each core still leaves out when it has been compared from a state, too."""
    proven = {}
    for spec, work in zip(specs, works):
        if id(spec) not in proven:
            proven[id(spec)] = proven_work(spec, work, open_batch, state) if work else work
    return tuple([proven[id(spec)] for spec in specs])


cdef tuple works_of(list specs, given, bint unseen, bint unheard, bint goes_back, open_batch):
    """What each core leaves out, a SkippedWork."""
    found = {}
    for spec in specs:
        if id(spec) not in found:
            found[id(spec)] = found_work(spec, given, unseen, unheard, goes_back, open_batch)
    return tuple([found[id(spec)] for spec in specs])

# What a CoreBatch is asked for, and the Cores that are opened for it, several at a time.

cdef object raise_of_core(index, error, errors=None):
    """Raise an exception of one core of a batch, with the number of that core."""
    if error.args and isinstance(error.args[0], str) and not hasattr(error, "index"):
        error.args = (f"core {index} of the batch: {error.args[0]}", *error.args[1:])
    error.index = index
    error.errors = errors if errors is not None else {index: error}
    raise error


cdef Py_ssize_t positive(number, name) except -1:
    value = operator.index(number)
    if value < 1:
        raise ValueError(f"{name} is {value}; at least 1 is needed")
    return value


cdef object core_numbers(ids, size_t count):
    """Which cores `ids` means, each at most once, as an int64 array."""
    if ids is None:
        return numpy.arange(count, dtype=numpy.int64)
    numbers = numpy.asarray(ids)
    if numbers.ndim != 1 or numbers.dtype.kind not in "ui":
        if numbers.size == 0 and numbers.ndim == 1:
            return numpy.empty(0, dtype=numpy.int64)
        raise TypeError(f"ids has shape {numbers.shape} and dtype {numbers.dtype}; a row of core numbers is needed")
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < count:
        raise IndexError(f"ids holds numbers from {numbers.min()} to {numbers.max()}; the cores are 0 to {count - 1}")
    if len(set(numbers.tolist())) < len(numbers):
        raise ValueError("ids names a core twice")
    return numpy.require(numbers, dtype=numpy.int64, requirements="CA")


cdef dict named_watches(watches):
    if watches is None:
        return {}
    if not hasattr(watches, "items"):
        raise TypeError(f"watches is {watches!r}; a mapping from name to Watch or (address, type) is needed")
    named = {}
    for name, value in watches.items():
        if not isinstance(name, str):
            raise TypeError(f"watches has the name {name!r}; names are text")
        named[name] = watch_triple(value)
    return named


cdef list batch_specs(path, content, count, dict arguments):
    """What the arguments of CoreBatch ask for, one CoreSpec for each core."""
    if isinstance(path, (str, bytes, os.PathLike, CoreSpec)):
        copies = positive(count, "count") if count is not None else 1
        spec = core_spec_from(path, content, arguments)
        if copies > 1 and spec.save_dir is not None:
            raise ValueError("save_dir would be written by all copies; give a sequence of CoreSpec, each with a "
                             "save_dir of its own")
        return checked_batch_specs([spec] * copies)
    specs = list(path)
    if count is not None or content is not None or arguments:
        given = ["content"] * (content is not None) + ["count"] * (count is not None) + list(arguments)
        raise TypeError(f"{', '.join(given)}: with a sequence of specs, each of them says it for its core")
    if not specs:
        raise ValueError("a CoreBatch needs at least one core")
    for spec in specs:
        if not isinstance(spec, CoreSpec):
            raise TypeError(f"{spec!r} is no CoreSpec")
    return checked_batch_specs(specs)


cdef list checked_batch_specs(list specs):
    for spec in specs:
        for name in OF_A_CORE_ALONE:
            if getattr(spec, name):
                raise TypeError(f"{name}= is for a Core that runs by itself, and not for those of a CoreBatch")
    return specs


cdef object opened_from(spec):
    """What may be unpacked when a core opens it."""
    content = spec.content
    return str(spec.path), str(content) if isinstance(content, (str, os.PathLike)) else id(content)


cdef tuple open_cores(list specs, tuple works, size_t threads):
    """Open a Core for each spec, several at a time; if one fails, close all and raise what it raised.

    Of those with the same content, one is opened before the others: it may write what they all read, such as the files
    that are packed in it. Where it wrote any, the others may write them again, and come one after the other.
    """
    failures = {}
    cores = [None] * len(specs)
    first = {}
    for index, spec in enumerate(specs):
        first.setdefault(opened_from(spec), index)

    def open_one(index):
        if failures:
            return
        try:
            cores[index] = new_core_with(detours_for(specs[index], works[index]), specs[index])
        except BaseException as error:
            failures[index] = error

    def wrote(index):
        core = cores[first[opened_from(specs[index])]]
        return core is None or (<CoreBase> core).f.files_written > 0

    others = sorted(set(range(len(specs))) - set(first.values()))
    executor = ThreadPoolExecutor(threads)
    try:
        list(executor.map(open_one, first.values()))
        list(executor.map(open_one, [index for index in others if not wrote(index)]))
    finally:
        executor.shutdown()
    for index in others:
        if cores[index] is None:
            open_one(index)
    if failures:
        for core in cores:
            if core is not None:
                core.close()
        index = min(failures)
        raise_of_core(index, failures[index], failures)
    return tuple(cores)


cdef object observed_size(observation, list specs):
    """Height and width of an observation: as chosen, or those of the first picture that the cores show."""
    if observation.size is not None:
        return observation.size
    distinct = list({id(spec): spec for spec in specs}.values())
    different = {observation.size_for(*first_picture_size(spec)) for spec in distinct}
    if len(different) > 1:
        raise ValueError(f"the cores show pictures of different sizes, {sorted(different)}: give "
                         f"Observation(size=...)")
    return different.pop()


cdef tuple first_picture_size(spec):
    """Height and width of the first picture that a core shows, found with a Core of its own."""
    with Core(spec) as core:
        for _ in range(_FRAMES_BEFORE_THE_FIRST_PICTURE):
            core.run()
            picture = core.frame
            if picture is not None:
                return picture.shape[:2]
        return core.geometry.base_height, core.geometry.base_width


_FRAMES_BEFORE_THE_FIRST_PICTURE = 600

# The places at which one build of a core leaves something out, made ready for its copies.

@cython.final
cdef class Detours:
    """What `Core`s of one library are opened with, so that they can leave something out."""

    def __dealloc__(self):
        detours_free(self.made)
        free(self.variables)

    cdef int use(self, frontend *f) except -1:
        f.skips.detours = self.made
        f.skips.variables = self.variables
        f.skips.variable_count = self.variable_count
        return 0


cdef int fill_detour_code(detour_code *code, given) except -1:
    cdef bytes data = given.data
    if len(data) > <Py_ssize_t> DETOUR_CODE_SIZE or len(given.places) > <Py_ssize_t> DETOUR_FIXUPS:
        raise ValueError(f"{len(data)} bytes of machine code are too many")
    memcpy(code.bytes, PyBytes_AS_STRING(data), len(data))
    code.size = len(data)
    code.fixup_count = len(given.places)
    for number, place in enumerate(given.places):
        code.places[number] = place
    for number, target in enumerate(given.targets):
        code.targets[number] = target
    return 0


cdef int skip_condition(when) except -1:
    return {"unseen": SKIP_UNSEEN, "unheard": SKIP_UNHEARD, "always": SKIP_ALWAYS}[when]


cdef Detours make_detours(path, build):
    """Prepare a library's file for what `build`, a `BuildSkips`, says; a ValueError says why that cannot be done."""
    cdef Detours made = Detours.__new__(Detours)
    cdef char message[1024]
    cdef bytes name = os.fsencode(path)
    cdef const char *c_name = name
    cdef size_t count = len(build.places), number
    cdef detour *places = <detour *> calloc(count + 1, sizeof(detour))
    made.variables = <skip_variable *> calloc(len(build.variables) + 1, sizeof(skip_variable))
    message[0] = 0
    try:
        if places is NULL or made.variables is NULL:
            raise MemoryError("no memory for skips")
        for number, place in enumerate(build.places):
            places[number].address = place.address
            places[number].switch_number = skip_condition(place.when)
            places[number].to = place.to
            fill_detour_code(&places[number].original, place.original)
            fill_detour_code(&places[number].instead, place.instead)
        for number, variable in enumerate(build.variables):
            made.variables[number].address = variable.address
            made.variables[number].size = variable.size
            made.variables[number].condition = skip_condition(variable.when)
            made.variables[number].value = variable.value
            made.variables[number].has_otherwise = variable.otherwise is not None
            made.variables[number].otherwise = variable.otherwise or 0
        made.variable_count = len(build.variables)
        with nogil:
            made.made = detours_make(c_name, places, count, message, sizeof(message))
        if made.made is NULL:
            raise ValueError(message.decode("utf-8", "replace"))
    finally:
        free(places)
    return made

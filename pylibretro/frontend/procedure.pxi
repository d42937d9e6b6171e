# Functions that a core offers besides libretro's: SET_PROC_ADDRESS_CALLBACK, and calling what it finds.

cdef extern from "procedure.h" nogil:
    enum:
        PROCEDURE_ARGUMENTS
    cdef struct procedure_call:
        void *address
        uint64_t arguments[6]
        cbool is_float[6]
        unsigned count
        int result_kind
        uint64_t result
    bint procedure_takes_floats()
    void procedure_invoke(procedure_call *)


cdef bint set_proc_address_callback(frontend *f, const retro_get_proc_address_interface *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.proc_address = callback[0]
    return True


cdef void request_proc_address(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.pointer = <void *> request.f.proc_address.get_proc_address(<const char *> request.data)


name_call(request_proc_address, "get_proc_address")


cdef void request_procedure(void *argument) noexcept nogil:
    procedure_invoke(<procedure_call *> (<core_request *> argument).pointer)


name_call(request_procedure, "a function of the core's own")


cdef size_t find_procedure(CoreBase core, name) except? 0:
    """The address of the core's function of this name, or 0."""
    cdef core_request request
    cdef bytes text
    if not isinstance(name, str):
        raise TypeError(f"name is {name!r}; the name of a function is text")
    text = plain_text(name)
    if text is None or not text:
        raise ValueError(f"name is {name!r}; text for a core cannot be empty or hold a NUL or half a surrogate pair")
    memset(&request, 0, sizeof(core_request))
    request.data = <const char *> text
    with core.alive():
        if core.f.proc_address.get_proc_address is NULL:
            return 0
        core.call(request_proc_address, &request)
    return <size_t> request.pointer


@cython.final
cdef class Procedure:
    """A function that a core offers besides libretro's own, made by `Core.procedure`.

    Calling it runs the core's code as `Core.run` does: without the GIL, by one thread at a time, and what the core
    throws or aborts on becomes a `CoreCrashedError`. Arguments and results are converted as `ctypes` does. It can be
    called until its Core is closed.
    """
    cdef CoreBase core
    cdef readonly str name
    """Its name."""
    cdef readonly size_t address
    """Where it lies in memory."""
    cdef tuple argument_types
    cdef object result_type
    cdef int result_kind

    def __call__(self, *arguments):
        cdef core_request request
        cdef procedure_call call
        cdef Py_ssize_t i
        from pylibretro.frontend.procedure import passed, returned
        if len(arguments) != len(self.argument_types):
            raise TypeError(f"{self.name} takes {len(self.argument_types)} arguments, but {len(arguments)} were given")
        memset(&request, 0, sizeof(core_request))
        memset(&call, 0, sizeof(procedure_call))
        owners = []
        for i in range(len(arguments)):
            bits, is_float, owner = passed(self.argument_types[i], arguments[i])
            call.arguments[i] = bits
            call.is_float[i] = is_float
            owners.append(owner)
        call.address = <void *> self.address
        call.count = len(arguments)
        call.result_kind = self.result_kind
        request.pointer = &call
        with self.core.alive():
            self.core.call(request_procedure, &request)
        return returned(self.result_type, call.result)

    def __repr__(self):
        return f"<pylibretro.Procedure {self.name} of {self.core.name}>"


cdef Procedure new_procedure(CoreBase core, name, prototype):
    cdef Procedure procedure
    cdef size_t address
    from pylibretro.frontend.procedure import argument_class
    types = getattr(prototype, "_argtypes_", None)
    if not isinstance(prototype, type) or types is None:
        raise TypeError(f"prototype is {prototype!r}; a type is needed that ctypes.CFUNCTYPE returned")
    if len(types) > PROCEDURE_ARGUMENTS:
        raise TypeError(f"prototype has {len(types)} arguments; functions of cores can be called with "
                        f"{PROCEDURE_ARGUMENTS} at most")
    classes = [argument_class(kind, f"argument {i}") for i, kind in enumerate(types)]
    result = prototype._restype_
    result_kind = 0 if result is None else argument_class(result, "the result")
    if not procedure_takes_floats() and (result_kind or any(classes)):
        raise LibretroError("on this kind of processor functions of cores cannot be called with floating-point numbers")
    address = find_procedure(core, name)
    if address == 0:
        raise LibretroError(f"{core.name} offers no function {name!r}" + (
            "" if core.f.proc_address.get_proc_address is not NULL else
            ": it offers none at all (RETRO_ENVIRONMENT_SET_PROC_ADDRESS_CALLBACK)"))
    procedure = Procedure.__new__(Procedure)
    procedure.core = core
    procedure.name = name
    procedure.address = address
    procedure.argument_types = tuple(types)
    procedure.result_type = result
    procedure.result_kind = result_kind
    return procedure

# Input and lengths of the steps of a batch.

_UINT8 = numpy.dtype(numpy.uint8)
_INT64 = numpy.dtype(numpy.int64)
_FLOAT64 = numpy.dtype(numpy.float64)
_BOOL = numpy.dtype(numpy.bool_)


cdef class BatchInputs:
    """What `inputs` of a batch means: one input for each core, held for all frames or given for each."""
    cdef object array
    cdef char *data
    cdef size_t item_bytes
    cdef size_t ports
    cdef size_t core_stride   # in masks or records, from one core's input to the next one's
    cdef size_t frame_stride  # the same from one frame's input to the next one's; 0 when it is held
    cdef bint records

    def __cinit__(self, inputs, Py_ssize_t frames, Py_ssize_t cores):
        array = checked_inputs(inputs)
        if array.ndim == 3:
            fits = array.shape[0] == frames and array.shape[1] == cores
        else:
            fits = array.ndim in (1, 2) and array.shape[0] == cores
        if not fits:
            raise ValueError(f"inputs has shape {array.shape}; {cores} cores and {frames} frames need ({cores},), "
                             f"({cores}, ports) or ({frames}, {cores}, ports)")
        self.array = array
        self.data = <char *> array_data(array)
        self.item_bytes = array.dtype.itemsize
        self.records = array.dtype.names is not None
        self.ports = array.shape[array.ndim - 1] if array.ndim > 1 else 1
        self.core_stride = self.ports
        self.frame_stride = self.ports * cores if array.ndim == 3 else 0

    cdef void give(self, run_plan *plan, size_t row) noexcept nogil:
        """Let a plan read the input of one core where it lies."""
        cdef char *data = self.data + row * self.core_stride * self.item_bytes
        plan.masks = NULL
        plan.records = NULL
        if self.records:
            plan.records = <const port_input *> data
        else:
            plan.masks = <const uint16_t *> data
        plan.input_ports = self.ports
        plan.input_stride = self.frame_stride


@cython.final
cdef class StepFrames:
    """How many frames each core of a step runs, and whose game begins after them."""
    cdef readonly Py_ssize_t most
    cdef object counts, beginning  # keep the memory of those below
    cdef const int64_t *count_of
    cdef const uint8_t *begins_of

    def __cinit__(self, frames, begins, Py_ssize_t cores):
        if isinstance(frames, (list, tuple)) or getattr(frames, "ndim", 0):
            given = numpy.asarray(frames)
            if given.dtype.kind not in "ui" or given.shape != (cores,):
                raise ValueError(f"frames is {given.dtype} of shape {given.shape}; a number, or ({cores},) integers "
                                 f"are needed")
            if given.size and given.min() < 0:
                raise ValueError(f"frames holds {given.min()}; it counts frames from 0 up")
            self.counts = numpy.require(given, dtype=numpy.int64, requirements="CA")
            self.count_of = <const int64_t *> array_data(self.counts)
            self.most = frame_count_from(given.max() if given.size else 0)
        else:
            self.most = frame_count_from(frames)
        if begins is not None:
            given = numpy.asarray(begins)
            if given.dtype != numpy.bool_ or given.shape != (cores,):
                raise ValueError(f"begins is {given.dtype} of shape {given.shape}; ({cores},) bool is needed")
            self.beginning = numpy.require(given, requirements="CA")
            self.begins_of = <const uint8_t *> array_data(self.beginning)

    cdef Py_ssize_t of(self, size_t row) noexcept nogil:
        return self.most if self.count_of is NULL else self.count_of[row]

    cdef bint begins(self, size_t row) noexcept nogil:
        return self.begins_of is not NULL and self.begins_of[row] != 0

"""NumPy arrays as C sees them."""

from cpython.buffer cimport PyBUF_SIMPLE, Py_buffer, PyBuffer_Release, PyObject_GetBuffer


cdef inline void *array_data(object array) except? NULL:
    """Where the data of a contiguous array lies."""
    cdef Py_buffer view
    PyObject_GetBuffer(array, &view, PyBUF_SIMPLE)
    PyBuffer_Release(&view)  # the caller holds the array, which keeps its data where it is
    return view.buf

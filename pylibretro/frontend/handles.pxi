# Handles that lead to a Core or to memory are made here and nowhere else: one without what it leads to would crash.

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        void *tp_new
        void *tp_vectorcall


_WHERE_HANDLES_COME_FROM = {
    State: "a State is made by Core.snapshot",
    Camera: "a Camera is got from Core.camera",
    Microphone: "a Microphone is got from Core.microphones",
    Location: "a Location is got from Core.location",
    NetpacketPort: "a NetpacketPort is made by the Core that it belongs to",
    Procedure: "a Procedure is made by Core.procedure",
    CoreBuffer: "a CoreBuffer is made by Core.memory",
    Entry: "an Entry is made by the Core that is entered",
    Block: "a Block is made by the Core whose arrays it holds",
    Detours: "Detours are made when a Core is opened",
}


cdef refuse_new(PyTypeObject *kind, PyObject *args, PyObject *kwargs):
    raise TypeError(_WHERE_HANDLES_COME_FROM[<object> <PyObject *> kind])


for _kind in _WHERE_HANDLES_COME_FROM:
    # What Cython compiles calls its own function and not this, which is what `kind()` and `kind.__new__` find.
    (<PyTypeObject *> <PyObject *> _kind).tp_new = <void *> refuse_new
    (<PyTypeObject *> <PyObject *> _kind).tp_vectorcall = NULL  # with which `kind()` would go past tp_new
del _kind

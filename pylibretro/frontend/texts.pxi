# Text between Python and cores.


cdef tuple split_extensions(const char *text):
    if text is NULL:
        return ()
    parts = [part.strip().lower().lstrip(".") for part in text.decode("utf-8", "replace").split("|")]
    return tuple([part for part in parts if part])


cdef const char *c_text(bytes text) noexcept:
    if text is None:
        return NULL
    return text


cdef char *copied_text(bytes text) except NULL:
    cdef size_t size = len(text) + 1
    cdef char *copy = <char *> malloc(size)
    if copy is NULL:
        raise MemoryError("no memory for a path")
    memcpy(copy, <const char *> text, size)
    return copy


cdef str text_or_none(const char *text):
    return None if text is NULL else text.decode("utf-8", "replace")


cdef bytes plain_text(text):
    """Text in UTF-8, or None for what is no such text or holds a NUL."""
    if not isinstance(text, str) or "\0" in text:
        return None
    try:
        return (<str> text).encode()
    except UnicodeEncodeError:
        return None


cdef bytes option_text(text):
    """Text as cores keep it, or None for what no core can have declared."""
    if not isinstance(text, str) or "\0" in text:
        return None
    try:
        return (<str> text).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None


cdef str option_name(const char *text):
    """A key or value of an option, which need not be UTF-8 and can be given back as it is."""
    return None if text is NULL else text.decode("utf-8", "surrogateescape")

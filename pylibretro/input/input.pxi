# Input: one record per port, latched before a frame and constant through it.

cdef object port_input_dtype():
    cdef port_input record
    cdef char *start = <char *> &record
    fields = [
        ("joypad", "=u2", <char *> &record.joypad - start),
        ("analog", ("=i2", (2, 2)), <char *> &record.analog - start),
        ("analog_buttons", ("=i2", (16,)), <char *> &record.analog_buttons - start),
        ("mouse", ("=i2", (2,)), <char *> &record.mouse - start),
        ("mouse_buttons", "=u2", <char *> &record.mouse_buttons - start),
        ("lightgun", ("=i2", (2,)), <char *> &record.lightgun - start),
        ("lightgun_relative", ("=i2", (2,)), <char *> &record.lightgun_relative - start),
        ("lightgun_buttons", "=u4", <char *> &record.lightgun_buttons - start),
        ("pointer", ("=i2", (FRONTEND_TOUCHES, 2)), <char *> &record.pointer - start),
        ("pointer_pressed", ("?", (FRONTEND_TOUCHES,)), <char *> &record.pointer_pressed - start),
        ("pointer_offscreen", ("?", (FRONTEND_TOUCHES,)), <char *> &record.pointer_offscreen - start),
        ("keyboard", ("?", (FRONTEND_KEYS,)), <char *> &record.keyboard - start),
        ("accelerometer", ("=f4", (3,)), <char *> &record.accelerometer - start),
        ("gyroscope", ("=f4", (3,)), <char *> &record.gyroscope - start),
        ("illuminance", "=f4", <char *> &record.illuminance - start),
    ]
    names, formats, offsets = zip(*fields)
    return numpy.dtype({"names": list(names), "formats": list(formats), "offsets": list(offsets),
                        "itemsize": sizeof(port_input)})


PORT_INPUT = port_input_dtype()


cdef int16_t pointer_state(const port_input *record, unsigned index, unsigned identifier) noexcept nogil:
    cdef int16_t touches = 0
    cdef unsigned touch
    if identifier == RETRO_DEVICE_ID_POINTER_COUNT:
        for touch in range(<unsigned> FRONTEND_TOUCHES):
            touches += record.pointer_pressed[touch] != 0
        return touches
    if index >= FRONTEND_TOUCHES:
        return 0
    if identifier == RETRO_DEVICE_ID_POINTER_X:
        return record.pointer[index][0]
    if identifier == RETRO_DEVICE_ID_POINTER_Y:
        return record.pointer[index][1]
    if identifier == RETRO_DEVICE_ID_POINTER_PRESSED:
        return record.pointer_pressed[index] != 0
    if identifier == RETRO_DEVICE_ID_POINTER_IS_OFFSCREEN:
        return record.pointer_offscreen[index] != 0
    return 0


cdef int16_t lightgun_state(const port_input *record, unsigned identifier) noexcept nogil:
    if identifier == RETRO_DEVICE_ID_LIGHTGUN_SCREEN_X:
        return record.lightgun[0]
    if identifier == RETRO_DEVICE_ID_LIGHTGUN_SCREEN_Y:
        return record.lightgun[1]
    if identifier == RETRO_DEVICE_ID_LIGHTGUN_X:
        return record.lightgun_relative[0]
    if identifier == RETRO_DEVICE_ID_LIGHTGUN_Y:
        return record.lightgun_relative[1]
    return identifier <= RETRO_DEVICE_ID_LIGHTGUN_RELOAD and (record.lightgun_buttons >> identifier) & 1


cdef int16_t analog_state(const port_input *record, unsigned index, unsigned identifier) noexcept nogil:
    if index == RETRO_DEVICE_INDEX_ANALOG_BUTTON:
        if identifier >= 16:
            return 0
        if record.analog_buttons[identifier]:
            return record.analog_buttons[identifier]
        return 0x7FFF if (record.joypad >> identifier) & 1 else 0
    if index <= RETRO_DEVICE_INDEX_ANALOG_RIGHT and identifier <= RETRO_DEVICE_ID_ANALOG_Y:
        return record.analog[index][identifier]
    return 0


cdef int16_t input_state(frontend *f, unsigned port, unsigned device, unsigned index,
                         unsigned identifier) noexcept nogil:
    cdef const port_input *record
    if f is NULL or port >= FRONTEND_PORTS:
        return 0
    record = &f.input[port]
    device &= RETRO_DEVICE_MASK
    if device == RETRO_DEVICE_JOYPAD:
        if identifier < 16:
            return (record.joypad >> identifier) & 1
        return <int16_t> record.joypad if identifier == RETRO_DEVICE_ID_JOYPAD_MASK else 0
    if device == RETRO_DEVICE_ANALOG:
        return analog_state(record, index, identifier)
    if device == RETRO_DEVICE_MOUSE:
        if identifier == RETRO_DEVICE_ID_MOUSE_X:
            return record.mouse[0]
        if identifier == RETRO_DEVICE_ID_MOUSE_Y:
            return record.mouse[1]
        return identifier <= RETRO_DEVICE_ID_MOUSE_BUTTON_5 and (record.mouse_buttons >> identifier) & 1
    if device == RETRO_DEVICE_KEYBOARD:
        return identifier < <unsigned> RETROK_LAST and record.keyboard[identifier] != 0
    if device == RETRO_DEVICE_LIGHTGUN:
        return lightgun_state(record, identifier)
    if device == RETRO_DEVICE_POINTER:
        return pointer_state(record, index, identifier)
    return 0


cdef bint answer_device_capabilities(uint64_t *devices) noexcept nogil:
    if devices is NULL:
        return False
    devices[0] = (1 << RETRO_DEVICE_JOYPAD | 1 << RETRO_DEVICE_MOUSE | 1 << RETRO_DEVICE_KEYBOARD |
                  1 << RETRO_DEVICE_LIGHTGUN | 1 << RETRO_DEVICE_ANALOG | 1 << RETRO_DEVICE_POINTER)
    return True


cdef object checked_inputs(inputs):
    """Joypad masks as uint16, or whole records: what `inputs` of run() may hold."""
    array = numpy.asarray(inputs)
    if array.size == 0 and array.dtype == numpy.float64:  # what NumPy makes of an empty list
        array = array.astype(numpy.uint16)
    if array.dtype.names is not None:
        if array.dtype != PORT_INPUT:
            raise TypeError(f"inputs has the fields {array.dtype.names}; a structured array must have the dtype "
                            f"pylibretro.PORT_INPUT")
    elif array.dtype.kind not in "ui":
        raise TypeError(f"inputs has dtype {array.dtype}; joypad masks are uint16, whole records have the dtype "
                        f"pylibretro.PORT_INPUT")
    elif array.dtype != numpy.uint16:
        if array.size and (array.min() < 0 or array.max() > 0xFFFF):
            raise ValueError(f"inputs holds values from {array.min()} to {array.max()}; a joypad mask is "
                             f"0..65535")
        array = array.astype(numpy.uint16)
    if array.ndim > 1 and array.shape[array.ndim - 1] > FRONTEND_PORTS:
        raise ValueError(f"inputs has {array.shape[array.ndim - 1]} ports; there are {FRONTEND_PORTS}")
    return numpy.require(array, requirements="CA")


cdef class FrameInputs:
    """What `inputs` of run() and capture() means: joypad masks or whole records, for each frame and port."""
    cdef object array
    cdef const uint16_t *masks
    cdef const port_input *records
    cdef size_t ports

    def __cinit__(self, inputs, Py_ssize_t frames):
        array = checked_inputs(inputs)
        if array.ndim not in (1, 2) or array.shape[0] != frames:
            raise ValueError(f"inputs has shape {array.shape}; {frames} frames need ({frames},) or ({frames}, ports)")
        self.array = array
        self.ports = array.shape[1] if array.ndim == 2 else 1
        if array.dtype.names is None:
            self.masks = <const uint16_t *> array_data(self.array)
        else:
            self.records = <const port_input *> array_data(self.array)

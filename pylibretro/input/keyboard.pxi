# Keyboard events, made from which keys are held: what changed since the core was last told, in the order in which
# fingers would do it. A held modifier counts for the keys of the same frame.

# The keys of an American keyboard that type something else with Shift, and what that is.
cdef const char *KEYBOARD_PLAIN = b"`1234567890-=[]\\;',./"
cdef const char *KEYBOARD_SHIFTED = b"~!@#$%^&*()_+{}|:\"<>?"
cdef const char *KEYPAD = b"0123456789./*-+\r="  # from RETROK_KP0 on


cdef bint set_keyboard_callback(frontend *f, const retro_keyboard_callback *callback) noexcept nogil:
    if callback is NULL:
        return False
    f.keyboard_callback = callback[0]
    return True


cdef bint is_modifier(unsigned key) noexcept nogil:
    return RETROK_RSHIFT <= key <= RETROK_RSUPER


cdef uint16_t lock_of(unsigned key) noexcept nogil:
    if key == RETROK_NUMLOCK:
        return RETROKMOD_NUMLOCK
    if key == RETROK_CAPSLOCK:
        return RETROKMOD_CAPSLOCK
    return RETROKMOD_SCROLLOCK if key == RETROK_SCROLLOCK else 0


cdef uint16_t keyboard_modifiers(const uint8_t *keyboard, uint16_t locks) noexcept nogil:
    cdef uint16_t modifiers = locks
    if keyboard[<size_t> RETROK_LSHIFT] or keyboard[<size_t> RETROK_RSHIFT]:
        modifiers |= RETROKMOD_SHIFT
    if keyboard[<size_t> RETROK_LCTRL] or keyboard[<size_t> RETROK_RCTRL]:
        modifiers |= RETROKMOD_CTRL
    if keyboard[<size_t> RETROK_LALT] or keyboard[<size_t> RETROK_RALT]:
        modifiers |= RETROKMOD_ALT
    if (keyboard[<size_t> RETROK_LMETA] or keyboard[<size_t> RETROK_RMETA] or keyboard[<size_t> RETROK_LSUPER]
            or keyboard[<size_t> RETROK_RSUPER]):
        modifiers |= RETROKMOD_META
    return modifiers


cdef uint32_t character_of(unsigned key, uint16_t modifiers) noexcept nogil:
    """What a key types on an American keyboard, or 0."""
    cdef const char *place
    cdef bint shouted
    if modifiers & (RETROKMOD_CTRL | RETROKMOD_ALT | RETROKMOD_META):
        return 0
    if key in (RETROK_BACKSPACE, RETROK_TAB, RETROK_RETURN, RETROK_ESCAPE, RETROK_DELETE):
        return key
    if c"a" <= key <= c"z":
        shouted = ((modifiers & RETROKMOD_SHIFT) != 0) != ((modifiers & RETROKMOD_CAPSLOCK) != 0)
        return key - 32 if shouted else key
    if RETROK_KP0 <= key <= RETROK_KP_EQUALS:
        if key < <unsigned> RETROK_KP_DIVIDE and not modifiers & RETROKMOD_NUMLOCK:
            return 0
        return KEYPAD[key - <unsigned> RETROK_KP0]
    if not 32 <= key < 127:
        return 0
    place = strchr(KEYBOARD_PLAIN, key) if modifiers & RETROKMOD_SHIFT else NULL
    return key if place is NULL else KEYBOARD_SHIFTED[place - KEYBOARD_PLAIN]


cdef void tell_key(frontend *f, unsigned key, bint down, uint16_t locking) noexcept nogil:
    cdef uint16_t modifiers
    f.keyboard[key] = down
    if down:
        f.typing.locks ^= lock_of(key) & locking
    modifiers = keyboard_modifiers(f.keyboard, f.typing.locks)
    f.keyboard_callback.callback(down, key, character_of(key, modifiers) if down else 0, modifiers)


cdef void tell_keys(frontend *f, const uint8_t *keyboard, bint down, bint modifiers, uint16_t locking) noexcept nogil:
    cdef unsigned key
    for key in range(<unsigned> RETROK_LAST):
        if (keyboard[key] != 0) == down and (f.keyboard[key] != 0) != down and is_modifier(key) == modifiers:
            tell_key(f, key, down, locking)


cdef void tell_changes(frontend *f, const uint8_t *keyboard, uint16_t locking) noexcept nogil:
    """Tell the core which keys went up and down; those of the lock keys that are `locking` change their lock."""
    if memcmp(keyboard, f.keyboard, RETROK_LAST) == 0:
        return
    tell_keys(f, keyboard, False, False, locking)
    tell_keys(f, keyboard, False, True, locking)
    tell_keys(f, keyboard, True, True, locking)
    tell_keys(f, keyboard, True, False, locking)


cdef void tell_text(frontend *f) noexcept nogil:
    cdef uint16_t modifiers = keyboard_modifiers(f.keyboard, f.typing.locks)
    cdef unsigned i
    for i in range(f.typing.text_length):
        f.keyboard_callback.callback(True, RETROK_UNKNOWN, f.typing.text[i], modifiers)
    f.typing.text_length = 0


cdef void send_keyboard_events(frontend *f) noexcept nogil:
    # Only the keyboard of port 0 speaks: libretro's event has no port.
    if f.keyboard_callback.callback is NULL:
        return
    tell_changes(f, f.input[0].keyboard, 0xFFFF)
    if f.typing.text_length:
        tell_text(f)


cdef int queue_text(CoreBase core, text) except -1:
    """Take characters to be sent as events before the next frame."""
    cdef frontend *f = core.f
    if not isinstance(text, str):
        raise TypeError(f"text is {type(text).__name__}; a str is needed")
    if not text:
        return 0
    if f.keyboard_callback.callback is NULL:
        raise LibretroError(f"{core.name} takes no text: it has not asked for keyboard events "
                            f"(RETRO_ENVIRONMENT_SET_KEYBOARD_CALLBACK); hold keys with inputs['keyboard'] instead")
    codes = [ord(character) for character in text]
    for code in codes:
        if code == 0 or 0xD800 <= code < 0xE000:
            raise ValueError(f"text is {text!r}; it cannot hold a NUL or half a surrogate pair")
    if f.typing.text_length + len(codes) > FRONTEND_TEXT:
        raise ValueError(f"text has {len(codes)} characters, and {f.typing.text_length} are waiting for the next "
                         f"frame, which takes {FRONTEND_TEXT}; run a frame in between")
    for code in codes:
        f.typing.text[f.typing.text_length] = code
        f.typing.text_length += 1
    return 0

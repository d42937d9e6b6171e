# What a core says: log lines and messages wait in C and reach Python between frames.

_LOGGING_LEVELS = {
    RETRO_LOG_DEBUG: logging.DEBUG,
    RETRO_LOG_INFO: logging.INFO,
    RETRO_LOG_WARN: logging.WARNING,
    RETRO_LOG_ERROR: logging.ERROR,
}

_LOG_LINES_KEPT = 1000
_MESSAGES_KEPT = 256

cdef enum:
    MESSAGES_LIMIT = 4096
    MESSAGE_BYTES_LIMIT = 64 << 10


cdef size_t whole_characters(const char *text, size_t limit) noexcept nogil:
    """How long a text is, of which no more than `limit` bytes are kept, and no part of a character in UTF-8."""
    cdef size_t length = strlen(text)
    cdef unsigned steps = 0
    if length <= limit:
        return length
    length = limit
    while steps < 3 and length and (<uint8_t> text[length]) & 0xC0 == 0x80:
        length -= 1
        steps += 1
    return length


cdef bint queue_message(frontend *f, const char *text, unsigned duration, unsigned priority, int level, int target,
                        int kind, int8_t progress, bint extended) noexcept nogil:
    cdef size_t length
    cdef message *entry
    if text is NULL:
        return False
    if f.time_machine.silent:
        return True
    length = whole_characters(text, MESSAGE_BYTES_LIMIT)
    entry = <message *> malloc(sizeof(message) + length)
    if entry is NULL:
        return False
    entry.next = NULL
    entry.duration = duration
    entry.priority = priority
    entry.level = level
    entry.target = target
    entry.type = kind
    entry.progress = progress
    entry.extended = extended
    memcpy(entry.text, text, length)
    entry.text[length] = 0
    platform_mutex_lock(&f.lock)
    if f.message_count >= MESSAGES_LIMIT:
        free(entry)
    else:
        if f.message_last is not NULL:
            f.message_last.next = entry
        else:
            f.message_first = entry
        f.message_last = entry
        f.message_count += 1
        frontend_note_unheard(f)
    platform_mutex_unlock(&f.lock)
    return True


cdef bint set_message(frontend *f, const retro_message *said) noexcept nogil:
    return said is not NULL and queue_message(f, said.msg, said.frames, 0, RETRO_LOG_INFO, RETRO_MESSAGE_TARGET_ALL,
                                              RETRO_MESSAGE_TYPE_NOTIFICATION, -1, False)


cdef bint set_message_ext(frontend *f, const retro_message_ext *said) noexcept nogil:
    return said is not NULL and queue_message(f, said.msg, said.duration, said.priority, said.level, said.target,
                                              said.type, said.progress, True)


cdef bint answer_log_interface(frontend *f, retro_log_callback *log) noexcept nogil:
    if log is NULL or f.slot is NULL:
        return False
    log.log = f.callbacks.log
    return True


cdef list take_log_lines(frontend *f):
    """Everything the core has logged since the last call, as (level, text)."""
    cdef log_line *line
    cdef log_line *following
    cdef uint64_t dropped
    with nogil:
        platform_mutex_lock(&f.lock)
        line = f.log_first
        f.log_first = f.log_last = NULL
        f.log_bytes = 0
        dropped = f.log_dropped
        f.log_dropped = 0
        frontend_note_unheard(f)
        platform_mutex_unlock(&f.lock)
    lines = []
    while line is not NULL:
        following = line.next
        text = line.text[:line.length].decode("utf-8", "replace").rstrip("\r\n")
        if text:
            lines.append(LogLine(_LOGGING_LEVELS.get(line.level, logging.INFO), text))
        free(line)
        line = following
    if dropped:
        lines.append(LogLine(logging.WARNING, f"{dropped} lines of the core's log were dropped: it logged more within "
                             f"one frame than is kept"))
    return lines


cdef list take_messages(frontend *f):
    cdef message *entry
    cdef message *following
    with nogil:
        platform_mutex_lock(&f.lock)
        entry = f.message_first
        f.message_first = f.message_last = NULL
        f.message_count = 0
        frontend_note_unheard(f)
        platform_mutex_unlock(&f.lock)
    messages = []
    while entry is not NULL:
        following = entry.next
        messages.append(Message(
            text=entry.text.decode("utf-8", "replace"),
            duration=entry.duration,
            unit="milliseconds" if entry.extended else "frames",
            priority=entry.priority,
            level=_LOGGING_LEVELS.get(entry.level, logging.INFO),
            target=entry.target,
            type=entry.type,
            progress=entry.progress,
        ))
        free(entry)
        entry = following
    return messages


cdef object last_words(CoreBase core):
    lines = list(core.log_lines)
    words = [line.text for line in lines if line.level >= logging.WARNING] or [line.text for line in lines]
    if not words:
        return "; it logged nothing"
    return "; the core said: " + " | ".join(words[-3:])


cdef int deliver_messages(CoreBase core) except -1:
    """Hand on what the core said; an exception of a handler is raised when all has been handed on."""
    failure = None
    if frontend_unheard(core.f) == FRONTEND_NOTHING_UNHEARD:
        return 0
    for line in take_log_lines(core.f):
        core.log_lines.append(line)
        try:
            core.logger.log(line.level, "%s", line.text)
        except BaseException as error:
            failure = failure or error
    for said in take_messages(core.f):
        core.message_list.append(said)
        if said.unit == "milliseconds" and said.target != MessageTarget.OSD:
            core.log_lines.append(LogLine(said.level, said.text))
            try:
                core.logger.log(said.level, "%s", said.text)
            except BaseException as error:
                failure = failure or error
        if core.opened_with.on_message is not None:
            try:
                core.opened_with.on_message(said)
            except BaseException as error:
                failure = failure or error
    if failure is not None:
        raise failure
    return 0

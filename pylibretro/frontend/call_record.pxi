# The record of the calls between a core and its frontend, for a Core with record_calls=True.

_PICTURE_KINDS = {CALL_PICTURE_DATA: "data", CALL_PICTURE_REPEATED: "repeated", CALL_PICTURE_HARDWARE: "hardware"}


cdef int begin_call_record(frontend *f) except -1:
    """Have the calls of a core that is bound recorded."""
    f.calls = <call_record *> calloc(1, sizeof(call_record))
    if f.calls is NULL:
        raise MemoryError("no memory for the record of a core's calls")
    platform_mutex_init(&f.calls.lock)
    call_record_begin(f.calls, f)
    return 0


cdef object recorded_calls(frontend *f):
    cdef call_record *copy = <call_record *> malloc(sizeof(call_record))
    cdef size_t i
    cdef int kind, entry
    if copy is NULL:
        raise MemoryError("no memory for the record of a core's calls")
    try:
        platform_mutex_lock(&f.calls.lock)
        memcpy(copy, f.calls, sizeof(call_record))
        platform_mutex_unlock(&f.calls.lock)
        names = [call_entry_names[entry].decode() for entry in range(CALL_ENTRIES)]
        commands = []
        for i in range(copy.command_count):
            commands.append(RecordedCommand(
                copy.commands[i].command, names[copy.commands[i].entry], copy.commands[i].foreign,
                copy.commands[i].answer, copy.commands[i].null, copy.commands[i].withdrawn, copy.commands[i].count,
                copy.commands[i].order, copy.commands[i].frame))
        pictures = []
        for i in range(copy.picture_count):
            pictures.append(RecordedPicture(
                _PICTURE_KINDS[copy.pictures[i].kind], copy.pictures[i].width, copy.pictures[i].height,
                copy.pictures[i].pitch, copy.pictures[i].format, copy.pictures[i].max_width,
                copy.pictures[i].max_height, names[copy.pictures[i].entry], copy.pictures[i].foreign,
                copy.pictures[i].count, copy.pictures[i].frame))
        queries = []
        for i in range(copy.query_count):
            queries.append(RecordedQuery(copy.queries[i].port, copy.queries[i].device, copy.queries[i].index,
                                         copy.queries[i].id, copy.queries[i].count, copy.queries[i].frame))
        sizes = []
        for i in range(copy.state_size_count):
            sizes.append(RecordedStateSize(copy.state_sizes[i].size, copy.state_sizes[i].count,
                                           copy.state_sizes[i].frame))
        faults = []
        for i in range(copy.option_fault_count):
            faults.append((call_option_fault_names[copy.option_faults[i].kind].decode(),
                           (<char *> copy.option_faults[i].key).decode("utf-8", "replace")))
        entries = {}
        callbacks = {}
        for entry in range(CALL_ENTRIES):
            if copy.calls[entry]:
                entries[names[entry]] = RecordedEntry(
                    copy.calls[entry], copy.nanoseconds[entry] / 1e9, copy.longest[entry] / 1e9,
                    copy.returned[entry], copy.float_modes_changed[entry])
            for kind in range(CALL_KINDS):
                for foreign in (False, True):
                    if copy.callbacks[kind][entry][<int> foreign]:
                        callbacks[call_kind_names[kind].decode(), names[entry], foreign] = \
                            copy.callbacks[kind][entry][<int> foreign]
        return RecordedCalls(
            commands=tuple(sorted(commands, key=operator.attrgetter("order"))), pictures=tuple(pictures),
            queries=tuple(queries), entries=entries, callbacks=callbacks, audio_frames=copy.audio_frames,
            audio_null=copy.audio_null, largest_batch=copy.largest_batch, unpolled=copy.unpolled,
            state_sizes=tuple(sizes), option_faults=tuple(faults), left_out=copy.left_out,
            unload_failed=copy.unload_failed)
    finally:
        free(copy)

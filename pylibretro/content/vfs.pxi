# libretro's virtual file system: the policy that it is given, the answer to the core, the record of what was done.

cdef bint answer_vfs_interface(frontend *f, retro_vfs_interface_info *info) noexcept nogil:
    cdef vfs_paths paths
    if f.slot is NULL:
        return False
    paths.open = f.callbacks.vfs_open
    paths.remove = f.callbacks.vfs_remove
    paths.rename = f.callbacks.vfs_rename
    paths.stat = f.callbacks.vfs_stat
    paths.mkdir = f.callbacks.vfs_mkdir
    paths.opendir = f.callbacks.vfs_opendir
    paths.stat_64 = f.callbacks.vfs_stat_64
    return vfs_interface(f.files, &paths, info)


cdef void log_refusal(void *context, const char *operation, const char *path) noexcept nogil:
    cdef frontend *f = <frontend *> context
    if f.slot is not NULL:
        f.callbacks.log(
            RETRO_LOG_WARN, b"refused to %s %s: the files= of this Core do not allow it", operation, path)


cdef object file_policy_from(files):
    """The FilePolicy of a Core's `files`, or None for a core that is offered no VFS."""
    if files is True:
        return FilePolicy()
    if files is None or files is False:
        return None
    if not isinstance(files, FilePolicy):
        raise TypeError(f"files is {files!r}; a FilePolicy is needed, True for FilePolicy(), or None for no VFS")
    return files


cdef vfs *new_files(frontend *f, policy) except? NULL:
    """A file system under a FilePolicy, for the directories of a frontend; NULL to offer none."""
    cdef vfs *files
    if policy is None:
        return NULL
    files = vfs_new(&f.frame_count)
    if files is NULL:
        raise MemoryError("no memory for a core's files")
    vfs_on_refusal(files, log_refusal, f)
    try:
        if policy.read is not None:
            vfs_restrict_reading(files)
        if f.playlist_directory is not NULL:
            allow_directory(files, f.playlist_directory, False)
        if f.browser_directory is not NULL:
            allow_directory(files, f.browser_directory, False)
        for own in (f.system_directory, f.save_directory, f.assets_directory):
            if os.fsdecode(own).startswith(_NOWHERE):
                continue
            allow_directory(files, own, policy.write is None)
        for directory in policy.read or ():
            allow_named_directory(files, "read", directory, False)
        for directory in policy.write or ():
            allow_named_directory(files, "write", directory, True)
        if policy.record:
            vfs_record(files)
    except BaseException:
        vfs_free(files)
        raise
    return files


cdef int allow_named_directory(vfs *files, argument, directory, bint write) except -1:
    cdef bytes path = os.fsencode(directory)
    cdef bytes label = os.path.basename(path) or path
    if not os.path.isdir(directory):
        raise LibretroError(f"{argument} of this Core's FilePolicy has {directory}, which is no directory; make it "
                            f"before the Core is opened")
    if not vfs_allow(files, path, write, label):
        raise MemoryError(f"no memory for {argument} of a FilePolicy")
    return 0


cdef int allow_directory(vfs *files, bytes directory, bint write) except -1:
    if not vfs_allow(files, directory, write, NULL):
        raise LibretroError(f"{os.fsdecode(directory)} cannot be opened to the core: it is no directory any more")
    return 0


cdef int allow_content(vfs *files, resolved) except -1:
    """Let the core read what lies beside its content, also where a link to the content leads."""
    for directory in {os.path.dirname(resolved.path), os.path.dirname(os.path.realpath(resolved.path)),
                      resolved.directory}:
        allow_directory(files, os.fsencode(directory), False)
    return 0


cdef list take_file_operations(frontend *f):
    cdef vfs_recorded *recorded
    cdef vfs_recorded *following
    cdef uint64_t left_out = 0
    with nogil:
        recorded = vfs_take_recorded(f.files, &left_out)
    operations = []
    while recorded is not NULL:
        following = recorded.next
        operations.append(FileOperation(
            frame=recorded.frame,
            operation=vfs_operation_name(recorded.operation).decode(),
            path=os.fsdecode(<bytes> recorded.path),
            new_path=os.fsdecode(<bytes> recorded.new_path) if recorded.new_path is not NULL else None,
            mode=recorded.mode,
            argument=recorded.argument,
            result=recorded.result,
            size=recorded.size,
            refused=recorded.refused,
        ))
        free(recorded)
        recorded = following
    if left_out:
        operations.append(FileOperation(frontend_frames(f), "left out", "", None, 0, 0, left_out, 0, False))
    return operations

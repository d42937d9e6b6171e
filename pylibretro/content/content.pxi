# Content as a core is told about it: paths and bytes that stay where they are until the core has ended.

cdef bint set_content_info_override(frontend *f, const retro_system_content_info_override *declared) noexcept nogil:
    cdef arena memory
    cdef size_t count = 0, i
    cdef content_override *copies
    if declared is NULL:
        return True  # a question: is this command understood?
    while declared[count].extensions is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    copies = <content_override *> begin_declaration(&memory, count, sizeof(content_override))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].extensions = arena_string(&memory, declared[i].extensions)
        copies[i].need_fullpath = declared[i].need_fullpath
        copies[i].persistent_data = declared[i].persistent_data
    return publish_declaration(f, &f.overrides_arena, &memory, <void **> &f.content_overrides,
                               copies, &f.content_override_count, count)


cdef bint answer_game_info_ext(frontend *f, const retro_game_info_ext **game) noexcept nogil:
    if game is NULL or f.content.infos is NULL:
        return False
    game[0] = f.content.infos
    return True


@cython.final
@cython.no_gc  # or a cycle's end would take the view's owner away before the view is released
cdef class LoadedContent:
    """A `Content` with the C strings and the memory that the core was given."""
    cdef readonly object content
    cdef list texts
    cdef Py_buffer view

    def __cinit__(self, content):
        self.content = content
        self.texts = [None if text is None else os.fsencode(text) for text in (
            content.path, content.archive_path, content.archive_file, content.directory, content.name,
            content.extension)]
        if content.data is not None:
            PyObject_GetBuffer(content.data, &self.view, PyBUF_SIMPLE)

    def __dealloc__(self):
        PyBuffer_Release(&self.view)

    cdef void describe(self, retro_game_info *game) noexcept:
        game.path = c_text(self.texts[0])
        game.data = self.view.buf
        game.size = self.view.len
        game.meta = NULL

    cdef void describe_extended(self, retro_game_info_ext *game) noexcept:
        game.full_path = c_text(self.texts[0])
        game.archive_path = c_text(self.texts[1])
        game.archive_file = c_text(self.texts[2])
        game.dir = c_text(self.texts[3])
        game.name = c_text(self.texts[4])
        game.ext = c_text(self.texts[5])
        game.meta = NULL
        game.data = self.view.buf
        game.size = self.view.len
        game.file_in_archive = self.content.archive_path is not None
        game.persistent_data = self.content.data is not None


cdef list content_overrides(frontend *f):
    """What the core said about single extensions (`RETRO_ENVIRONMENT_SET_CONTENT_INFO_OVERRIDE`)."""
    cdef size_t i
    overrides = []
    for i in range(f.content_override_count):
        overrides.append((split_extensions(f.content_overrides[i].extensions),
                          f.content_overrides[i].need_fullpath, f.content_overrides[i].persistent_data))
    return overrides


cdef object resolved_content(CoreBase core, content, content_name):
    """A `Content` by what the core says about its content in general."""
    info = core.system_info
    return resolve_content(
        content, core=core.name, extensions=info.extensions, need_fullpath=info.need_fullpath,
        block_extract=info.block_extract, overrides=content_overrides(core.f), content_name=content_name,
        scratch=core.scratch.path)


cdef LoadedContent prepared_content(CoreBase core, content, content_name):
    return keep_content(core, resolved_content(core, content, content_name))


cdef LoadedContent keep_content(CoreBase core, resolved):
    """Keep content for as long as the core lives, and let the core read what lies beside it."""
    cdef LoadedContent loaded = LoadedContent(resolved)
    core.kept_contents.append(loaded)
    if core.f.files is not NULL:
        allow_content(core.f.files, resolved)
    return loaded


cdef int tell_of_contents(frontend *f, list contents) except -1:
    """What GET_GAME_INFO_EXT answers, and what load_game is given: each a LoadedContent or None."""
    cdef size_t i, count = len(contents)
    arena_free(&f.content.memory)
    memset(&f.content, 0, sizeof(frontend_content))
    f.content.infos = <retro_game_info_ext *> arena_allocate(
        &f.content.memory, (count + 1) * sizeof(retro_game_info_ext))
    f.content.games = <retro_game_info *> arena_allocate(&f.content.memory, (count + 1) * sizeof(retro_game_info))
    if f.content.infos is NULL or f.content.games is NULL:
        raise MemoryError("no memory to describe content")
    for i in range(count):
        if contents[i] is not None:
            (<LoadedContent> contents[i]).describe_extended(&f.content.infos[i])
            (<LoadedContent> contents[i]).describe(&f.content.games[i])
    f.content.count = count
    return 0

# Subsystems: loading several contents at once, such as a Game Boy cartridge in a Super Game Boy.

cdef bint copy_subsystem(arena *memory, subsystem *copy, const retro_subsystem_info *declared) noexcept nogil:
    cdef unsigned rom, kind
    cdef const retro_subsystem_rom_info *source
    copy.description = arena_string(memory, declared.desc)
    copy.identifier = arena_string(memory, declared.ident)
    copy.id = declared.id
    if declared.roms is NULL or declared.num_roms > DECLARATIONS_LIMIT:
        return True
    copy.roms = <subsystem_rom *> arena_allocate(memory, declared.num_roms * sizeof(subsystem_rom))
    if copy.roms is NULL:
        return False
    copy.rom_count = declared.num_roms
    for rom in range(declared.num_roms):
        source = &declared.roms[rom]
        copy.roms[rom].description = arena_string(memory, source.desc)
        copy.roms[rom].extensions = arena_string(memory, source.valid_extensions)
        copy.roms[rom].need_fullpath = source.need_fullpath
        copy.roms[rom].block_extract = source.block_extract
        copy.roms[rom].required = source.required
        if source.memory is NULL or source.num_memory > DECLARATIONS_LIMIT:
            continue
        copy.roms[rom].memories = <subsystem_memory *> arena_allocate(
            memory, source.num_memory * sizeof(subsystem_memory))
        if copy.roms[rom].memories is NULL:
            return False
        copy.roms[rom].memory_count = source.num_memory
        for kind in range(source.num_memory):
            copy.roms[rom].memories[kind].extension = arena_string(memory, source.memory[kind].extension)
            copy.roms[rom].memories[kind].type = source.memory[kind].type
    return True


cdef bint set_subsystem_info(frontend *f, const retro_subsystem_info *declared) noexcept nogil:
    cdef arena memory
    cdef size_t count = 0, i
    cdef subsystem *copies
    if declared is NULL:
        return False
    while declared[count].ident is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    copies = <subsystem *> begin_declaration(&memory, count, sizeof(subsystem))
    if copies is NULL:
        return False
    for i in range(count):
        if not copy_subsystem(&memory, &copies[i], &declared[i]):
            arena_free(&memory)
            return False
    return publish_declaration(f, &f.subsystems_arena, &memory, <void **> &f.subsystems,
                               copies, &f.subsystem_count, count)


cdef void request_load_game_special(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    cdef frontend *f = request.f
    request.flag = f.core.load_game_special(request.number, f.content.games, f.content.count)


name_call(request_load_game_special, "retro_load_game_special")


cdef object chosen_subsystem(CoreBase core, wanted):
    """The `Subsystem` of the core that is wanted, by its identifier or as it is."""
    if isinstance(wanted, Subsystem):
        wanted = wanted.identifier
    if not isinstance(wanted, str):
        raise TypeError(f"subsystem is {wanted!r}; the identifier of one of core.subsystems is needed")
    declared = core.subsystems
    for subsystem in declared:
        if subsystem.identifier == wanted:
            return subsystem
    if not declared:
        raise ContentError(f"{core.name} has no subsystem {wanted!r}: it has none")
    known = ", ".join([f"{subsystem.identifier!r} ({subsystem.description})" for subsystem in declared])
    raise ContentError(f"{core.name} has no subsystem {wanted!r}; it has {known}")


cdef list contents_in_order(CoreBase core, subsystem, contents):
    """What is given for each ROM of a subsystem, None where nothing is."""
    roms = subsystem.roms
    takes = f"subsystem {subsystem.identifier!r} of {core.name} takes {len(roms)} contents ("
    takes += ", ".join([rom.description + ("" if rom.required else ", if wanted") for rom in roms]) + ")"
    if isinstance(contents, Mapping):
        places = {rom.description: number for number, rom in enumerate(roms)}
        given = [None] * len(roms)
        for key, content in contents.items():
            number = places.get(key, key)
            if isinstance(number, str) or not 0 <= operator.index(number) < len(roms):
                raise ContentError(f"{takes}, and {key!r} is none of them")
            if given[number] is not None:
                raise ContentError(f"{takes}; {key!r} is given twice")
            given[number] = content
    elif len(roms) == 1 and (isinstance(contents, (str, os.PathLike)) or PyObject_CheckBuffer(contents)):
        given = [contents]
    elif isinstance(contents, (list, tuple)):
        given = list(contents)
        if len(given) > len(roms):
            raise ContentError(f"{takes}, but {len(given)} were given")
    else:
        raise TypeError(f"content is {type(contents).__name__}; {takes}: give a list of them, or a dict")
    for number, rom in enumerate(roms):
        if rom.required and (number >= len(given) or given[number] is None):
            raise ContentError(f"{takes}, but nothing is given for number {number}, {rom.description}")
    while given and given[-1] is None:
        given.pop()
    return given


cdef int check_order(CoreBase core, subsystem, number, content) except -1:
    """Contents in the wrong order are told apart by their extensions."""
    roms = subsystem.roms
    if not isinstance(content, (str, os.PathLike)) or not roms[number].extensions:
        return 0
    extension = extension_of(os.fspath(content).rpartition("#")[2])
    if extension in roms[number].extensions:
        return 0
    fitting = [other for other in range(len(roms)) if extension in roms[other].extensions]
    if fitting:
        taken = ", ".join(["." + taken for taken in roms[number].extensions])
        raise ContentError(
            f"number {number} of the contents, {os.fspath(content)}, is to be the {roms[number].description} of "
            f"subsystem {subsystem.identifier!r}, which takes {taken}; by its name it belongs in place {fitting[0]}, "
            f"{roms[fitting[0]].description}")
    return 0


cdef list prepared_contents(CoreBase core, subsystem, contents, names):
    """A LoadedContent for each ROM of a subsystem, None where nothing is given."""
    given = contents_in_order(core, subsystem, contents)
    if names is None or isinstance(names, str):
        names = [names] * len(given)
    names = list(names)
    if len(names) != len(given):
        raise ContentError(f"content_name has {len(names)} names for {len(given)} contents")
    prepared = []
    for number, content in enumerate(given):
        if content is None:
            prepared.append(None)
            continue
        check_order(core, subsystem, number, content)
        rom = subsystem.roms[number]
        prepared.append(keep_content(core, resolve_content(
            content, core=f"{core.name} as its {rom.description}", extensions=rom.extensions,
            need_fullpath=rom.need_fullpath, block_extract=rom.block_extract, content_name=names[number],
            scratch=core.scratch.path)))
    return prepared


cdef list memories_of_subsystem(subsystem, list prepared):
    """What is saved of a subsystem: pairs of file name and memory, no name twice."""
    memories, names = [], set()
    for rom, loaded in zip(subsystem.roms, prepared):
        if loaded is None:
            continue
        for memory in rom.memories:
            stem, number = (<LoadedContent> loaded).content.name, 1
            name = f"{stem}.{memory.extension}"
            while name.casefold() in names:
                number += 1
                name = f"{stem}-{number}.{memory.extension}"
            names.add(name.casefold())
            memories.append((name, memory.type))
    return memories


cdef object subsystem_from(const subsystem *declared):
    cdef unsigned i, j
    roms = []
    for i in range(declared.rom_count):
        memories = []
        for j in range(declared.roms[i].memory_count):
            memories.append(SubsystemMemory(text_or_none(declared.roms[i].memories[j].extension) or "",
                                            declared.roms[i].memories[j].type))
        roms.append(SubsystemROM(text_or_none(declared.roms[i].description) or "",
                                 split_extensions(declared.roms[i].extensions),
                                 declared.roms[i].need_fullpath, declared.roms[i].block_extract,
                                 declared.roms[i].required, tuple(memories)))
    return Subsystem(text_or_none(declared.identifier) or "", text_or_none(declared.description) or "",
                     declared.id, tuple(roms))

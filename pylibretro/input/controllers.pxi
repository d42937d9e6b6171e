# What a core offers to plug in, and what it calls its buttons.


cdef bint set_input_descriptors(frontend *f, const retro_input_descriptor *declared) noexcept nogil:
    cdef arena memory
    cdef size_t count = 0, i
    cdef input_descriptor *copies
    if declared is NULL:
        return False
    while declared[count].description is not NULL and count < DECLARATIONS_LIMIT:
        count += 1
    copies = <input_descriptor *> begin_declaration(&memory, count, sizeof(input_descriptor))
    if copies is NULL:
        return False
    for i in range(count):
        copies[i].port = declared[i].port
        copies[i].device = declared[i].device
        copies[i].index = declared[i].index
        copies[i].id = declared[i].id
        copies[i].description = arena_string(&memory, declared[i].description)
    return publish_declaration(f, &f.descriptors_arena, &memory, <void **> &f.descriptors,
                               copies, &f.descriptor_count, count)


cdef bint set_controller_info(frontend *f, const retro_controller_info *declared) noexcept nogil:
    cdef arena memory
    cdef size_t ports = 0, count = 0, port
    cdef unsigned i
    cdef controller *copies
    if declared is NULL:
        return False
    while declared[ports].types is not NULL and ports < DECLARATIONS_LIMIT:
        count += declared[ports].num_types
        ports += 1
    copies = <controller *> begin_declaration(&memory, count, sizeof(controller))
    if copies is NULL:
        return False
    count = 0
    for port in range(ports):
        for i in range(declared[port].num_types):
            if declared[port].types[i].desc is NULL:
                continue
            copies[count].port = port
            copies[count].id = declared[port].types[i].id
            copies[count].description = arena_string(&memory, declared[port].types[i].desc)
            count += 1
    return publish_declaration(f, &f.controllers_arena, &memory, <void **> &f.controllers,
                               copies, &f.controller_count, count)

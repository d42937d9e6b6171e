# Disk control: ejecting, exchanging and inserting disks, and the disk of a state.

cdef bint set_disk_control(frontend *f, const retro_disk_control_callback *callbacks) noexcept nogil:
    memset(&f.disk, 0, sizeof(frontend_disk))
    if callbacks is not NULL:
        memcpy(&f.disk.control, callbacks, sizeof(retro_disk_control_callback))
    return True


cdef bint set_disk_control_ext(frontend *f, const retro_disk_control_ext_callback *callbacks) noexcept nogil:
    memset(&f.disk, 0, sizeof(frontend_disk))
    f.disk.version = 1
    if callbacks is not NULL:
        f.disk.control = callbacks[0]
    return True


cdef enum:
    DISK_TEXT_BYTES = 4096
    DISK_UNKNOWN = 0
    DISK_INSERTED = 1
    DISK_EJECTED = 2


cdef inline bint controls_disks(const frontend *f) noexcept nogil:
    cdef const retro_disk_control_ext_callback *control = &f.disk.control
    return (control.set_eject_state is not NULL and control.get_eject_state is not NULL
            and control.get_image_index is not NULL and control.set_image_index is not NULL
            and control.get_num_images is not NULL)


cdef void request_disk_state(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.get_eject_state()
    request.number = request.f.disk.control.get_image_index()
    request.size = request.f.disk.control.get_num_images()


name_call(request_disk_state, "disk_control.get_num_images")


cdef void request_disk_eject(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.set_eject_state(request.flag)


name_call(request_disk_eject, "disk_control.set_eject_state")


cdef void request_disk_index(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.set_image_index(request.number)


name_call(request_disk_index, "disk_control.set_image_index")


cdef void request_disk_replace(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.replace_image_index(
        request.number, &request.game if request.has_game else NULL)


name_call(request_disk_replace, "disk_control.replace_image_index")


cdef void request_disk_add(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.add_image_index()


name_call(request_disk_add, "disk_control.add_image_index")


cdef void request_disk_path(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.get_image_path(request.number, <char *> request.pointer, request.size)


name_call(request_disk_path, "disk_control.get_image_path")


cdef void request_disk_label(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.get_image_label(request.number, <char *> request.pointer, request.size)


name_call(request_disk_label, "disk_control.get_image_label")


cdef void request_disk_initial(void *argument) noexcept nogil:
    cdef core_request *request = <core_request *> argument
    request.flag = request.f.disk.control.set_initial_image(request.number, <const char *> request.data)


name_call(request_disk_initial, "disk_control.set_initial_image")


# ---- the disk of a state ---------------------------------------------------------------------------------------------

cdef void note_disk(frontend *f) noexcept nogil:
    """Remember which disk is in the drive, for the state that is being saved."""
    f.disk.noted = DISK_UNKNOWN
    if controls_disks(f):
        f.disk.noted = DISK_EJECTED if f.disk.control.get_eject_state() else DISK_INSERTED
        f.disk.noted_index = f.disk.control.get_image_index()


cdef bint change_disk(frontend *f, unsigned index, bint ejected) noexcept nogil:
    cdef retro_disk_control_ext_callback *control = &f.disk.control
    cdef bint done = True
    if control.get_image_index() != index:
        if not control.get_eject_state():
            done = control.set_eject_state(True)
        done = done and control.set_image_index(index)
    if control.get_eject_state() != ejected:
        done = control.set_eject_state(ejected) and done
    return done


cdef bint insert_disk_of_state(frontend *f, int noted, unsigned index) noexcept nogil:
    """Put the disk of a state into the drive before the core loads the state; False if the core has no such disk."""
    note_disk(f)
    if noted == DISK_UNKNOWN or f.disk.noted == DISK_UNKNOWN:
        return True
    if change_disk(f, index, noted == DISK_EJECTED):
        return True
    put_disk_back(f)
    return False


cdef void put_disk_back(frontend *f) noexcept nogil:
    """Go back to the disk from before insert_disk_of_state: the state could not be loaded."""
    if f.disk.noted != DISK_UNKNOWN:
        change_disk(f, f.disk.noted_index, f.disk.noted == DISK_EJECTED)


# ---- for Python ------------------------------------------------------------------------------------------------------

@cython.final
cdef class Disk:
    """The disk drive of a core that can change disks (`RETRO_ENVIRONMENT_SET_DISK_CONTROL_EXT_INTERFACE`).

    A core has a list of images, of which one is in the drive. `swap` does what a player does: eject, exchange, insert.
    It happens between frames, like everything that is asked of a Core.
    """
    cdef CoreBase core

    def __cinit__(self, CoreBase core not None):
        self.core = core

    cdef int look(self, core_request *request) except -1:
        memset(request, 0, sizeof(core_request))
        if not controls_disks(self.core.f):
            raise DiskError(f"{self.core.name} has taken its disk drive away")
        self.core.call(request_disk_state, request)
        return 0

    cdef object fail(self, what):
        return DiskError(f"{self.core.name} refused to {what}{last_words(self.core)}")

    cdef unsigned image(self, index, size_t count, size_t limit) except? 0xFFFFFFFF:
        number = operator.index(index)
        if not 0 <= number < limit:
            raise DiskError(f"{self.core.name} has no disk {number}; it has {count}, counted from 0")
        return number

    cdef int eject(self, bint ejected) except -1:
        cdef core_request request
        self.look(&request)
        if request.flag != ejected:
            request.flag = ejected
            self.core.call(request_disk_eject, &request)
            if not request.flag:
                raise self.fail("eject the disk" if ejected else "insert the disk")
            if self.core.tape is not None:
                self.core.tape.note(Event.EJECT, bool(ejected))
        return 0

    cdef int choose(self, unsigned index) except -1:
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        request.number = index
        self.core.call(request_disk_index, &request)
        if not request.flag:
            raise self.fail(f"take disk {index}")
        if self.core.tape is not None:
            self.core.tape.note(Event.DISK, index)
        return 0

    cdef int put(self, unsigned index, LoadedContent loaded) except -1:
        cdef core_request request
        memset(&request, 0, sizeof(core_request))
        if self.core.f.disk.control.replace_image_index is NULL:
            raise DiskError(f"{self.core.name} offers no way to exchange disks")
        request.number = index
        if loaded is not None:
            request.has_game = True
            loaded.describe(&request.game)
        self.core.call(request_disk_replace, &request)
        if not request.flag:
            raise self.fail(f"remove disk {index}" if loaded is None else
                            f"take {loaded.content.display_name} as disk {index}")
        if self.core.tape is not None:
            self.core.tape.note(Event.DISK_CONTENT, index)
        return 0

    cdef unsigned add(self, LoadedContent loaded) except? 0xFFFFFFFF:
        cdef core_request request
        cdef unsigned added
        if self.core.f.disk.control.add_image_index is NULL or self.core.f.disk.control.replace_image_index is NULL:
            raise DiskError(f"{self.core.name} offers no way to add disks")
        memset(&request, 0, sizeof(core_request))
        self.core.call(request_disk_add, &request)
        if not request.flag:
            raise self.fail("take another disk")
        self.look(&request)
        if request.size == 0:
            raise self.fail("take another disk")
        added = <unsigned> request.size - 1
        try:
            self.put(added, loaded)
        except DiskError:
            self.take_away(added)
            raise
        return added

    cdef int take_away(self, unsigned index) except -1:
        try:
            self.put(index, None)
        except DiskError:
            pass  # what the core said first tells more
        return 0

    cdef object text(self, index, bint label):
        cdef core_request request
        cdef char *text
        cdef bint offered
        with self.core.running():
            self.look(&request)
            request.number = self.image(index, request.size, request.size)
            offered = (self.core.f.disk.control.get_image_label is not NULL if label else
                       self.core.f.disk.control.get_image_path is not NULL)
            if not offered:
                return None
            text = <char *> calloc(1, DISK_TEXT_BYTES)
            if text is NULL:
                raise MemoryError("no memory for the name of a disk")
            try:
                request.pointer = text
                request.size = DISK_TEXT_BYTES - 1
                self.core.call(request_disk_label if label else request_disk_path, &request)
                if not request.flag or not text[0]:
                    return None
                return (<bytes> text).decode("utf-8", "replace") if label else os.fsdecode(<bytes> text)
            finally:
                free(text)

    @property
    def ejected(self):
        """Whether the drive is open; set it to open or close it."""
        cdef core_request request
        with self.core.running():
            self.look(&request)
            return bool(request.flag)

    @ejected.setter
    def ejected(self, value):
        with self.core.running():
            self.eject(bool(value))

    @property
    def index(self):
        """Number of the disk in the drive, from 0; None if there is none. It can be set while the drive is open."""
        cdef core_request request
        with self.core.running():
            self.look(&request)
            return request.number if request.number < request.size else None

    @index.setter
    def index(self, value):
        cdef core_request request
        with self.core.running():
            self.look(&request)
            if not request.flag:
                raise DiskError("the drive is closed: set ejected to True first, or use swap()")
            self.choose(<unsigned> request.size if value is None else self.image(value, request.size, request.size))

    @property
    def count(self):
        """How many disks the core knows of."""
        cdef core_request request
        with self.core.running():
            self.look(&request)
            return request.size

    def path(self, index):
        """Return the path of a disk's file; None if the core does not tell it.

        Args:
            index: Number of the disk, from 0.

        Raises:
            DiskError: There is no such disk.
        """
        return self.text(index, False)

    def label(self, index):
        """Return what the core calls a disk; None if it does not tell.

        Args:
            index: Number of the disk, from 0.

        Raises:
            DiskError: There is no such disk.
        """
        return self.text(index, True)

    def swap(self, index):
        """Eject the disk, put in another one and insert it.

        Args:
            index: Number of the disk, from 0; None to leave the drive empty.

        Raises:
            DiskError: There is no such disk, or the core refused; the disk from before is then in the drive.
        """
        cdef core_request request
        cdef unsigned chosen, before
        with self.core.running():
            self.look(&request)
            before = request.number
            chosen = <unsigned> request.size if index is None else self.image(index, request.size, request.size)
            self.eject(True)
            try:
                self.choose(chosen)
            except DiskError:
                self.put_back(before)
                raise
            self.eject(False)

    cdef int put_back(self, unsigned index) except -1:
        try:
            self.choose(index)
        except DiskError:
            pass  # a core that refuses to change disks has kept the one from before
        self.eject(False)
        return 0

    def replace(self, index, content, *, content_name=None):
        """Put other content in a disk's place, while the drive is open.

        Args:
            index: Number of the disk, from 0.
            content: As for `Core`; None to take the disk out of the core's list, so that later ones move up.
            content_name: A file name for content given as bytes.

        Raises:
            ContentError: The content is missing.
            DiskError: There is no such disk, the drive is closed, or the core refused.
        """
        cdef core_request request
        cdef LoadedContent loaded = None
        with self.core.running():
            self.look(&request)
            number = self.image(index, request.size, request.size)
            self.check_open(request.flag)
            if self.core.f.disk.control.replace_image_index is NULL:
                raise DiskError(f"{self.core.name} offers no way to exchange disks")
            if content is not None:
                loaded = prepared_content(self.core, content, content_name)
            self.put(number, loaded)

    cdef int check_open(self, bint ejected) except -1:
        if not ejected:
            raise DiskError("the drive is closed: set ejected to True first")
        return 0

    def append(self, content, *, content_name=None):
        """Add a disk to the core's list, while the drive is open.

        Args:
            content: As for `Core`, but not None.
            content_name: A file name for content given as bytes.

        Returns:
            The number of the new disk.

        Raises:
            ContentError: The content is missing.
            DiskError: The drive is closed, or the core refused.
        """
        cdef core_request request
        if content is None:
            raise ContentError("a disk needs content: a path, bytes, or a member of a zip")
        with self.core.running():
            self.look(&request)
            self.check_open(request.flag)
            return self.add(prepared_content(self.core, content, content_name))

    def __repr__(self):
        return f"<pylibretro.Disk of {self.core.name}>"


# ---- the disks of a load ---------------------------------------------------------------------------------------------

cdef tuple initial_disk_from(initial_disk):
    """Number and path; None for either if it was not given."""
    if initial_disk is None:
        return None
    if isinstance(initial_disk, (tuple, list)):
        if len(initial_disk) != 2:
            raise TypeError(f"initial_disk is {initial_disk!r}; the number of a disk is needed, or (number, path)")
        number, path = initial_disk
        path = os.path.abspath(os.fsdecode(path))
    else:
        number, path = initial_disk, None
    number = operator.index(number)
    if not 0 <= number < 1 << 31:
        raise ValueError(f"initial_disk is {number}; disks are counted from 0")
    return number, path


cdef bint is_playlist(path):
    return os.path.splitext(path)[1].lower() in (".m3u", ".m3u8")


cdef LoadedContent first_disk(CoreBase core, content, content_name):
    """The content to load: the first file of a playlist that the core does not read itself."""
    cdef const retro_disk_control_ext_callback *control = &core.f.disk.control
    taken = core.system_info.extensions
    if (not isinstance(content, (str, os.PathLike)) or not is_playlist(os.fspath(content))
            or not taken or "m3u" in taken or "m3u8" in taken or not controls_disks(core.f)
            or control.add_image_index is NULL or control.replace_image_index is NULL):
        return prepared_content(core, content, content_name)
    path = os.path.abspath(os.path.expanduser(os.fspath(content)))
    listed = read_playlist(path)
    core.more_disks = listed[1:]
    name = os.path.splitext(os.path.basename(path))[0]
    return keep_content(core, resolved_content(core, listed[0], None)._replace(name=name))


cdef int insert_initial_disk(CoreBase core) except -1:
    """Before the load, tell a core that reads the playlist itself where to begin."""
    cdef core_request request
    cdef bytes text
    if core.initial_disk is None or core.more_disks:
        return 0
    number, path = core.initial_disk
    if core.f.disk.control.set_initial_image is NULL:
        raise ContentError(f"{core.name} cannot be told which disk comes first (initial_disk={number}); open it "
                           f"without and use disk.swap({number})" if controls_disks(core.f) else
                           f"{core.name} cannot change disks, so there is no initial_disk={number}")
    if core.content is None:
        raise ContentError(f"initial_disk={number} is a disk of the content, but content is None")
    if path is None:
        path = core.content.path
        if is_playlist(path):
            listed = read_playlist(path)
            if number >= len(listed):
                raise ContentError(f"initial_disk is {number}, but {path} lists {len(listed)} disks, counted from 0")
            path = listed[number]
        elif number:
            raise ContentError(f"initial_disk is {number}, but {core.content.display_name} is no .m3u playlist; give "
                               f"(number, path)")
    memset(&request, 0, sizeof(core_request))
    text = os.fsencode(path)
    request.number = number
    request.data = <const char *> text
    core.call(request_disk_initial, &request)
    if not request.flag:
        raise ContentError(f"{core.name} refused to begin with disk {number}, {path}{last_words(core)}")
    return 0


cdef int complete_disks(CoreBase core) except -1:
    """After the load, add the other files of a playlist, and see which disk is there."""
    cdef core_request request
    cdef Disk disk
    if core.initial_disk is None and not core.more_disks:
        return 0
    disk = Disk(core)
    if core.more_disks:
        disk.eject(True)
        for path in core.more_disks:
            disk.add(prepared_content(core, path, None))
        if core.initial_disk is not None:
            disk.look(&request)
            disk.choose(disk.image(core.initial_disk[0], request.size, request.size))
        disk.eject(False)
    disk.look(&request)
    if core.initial_disk is not None and request.number != core.initial_disk[0]:
        raise ContentError(f"{core.name} began with disk {request.number} instead of {core.initial_disk[0]}"
                           f"{last_words(core)}")
    return 0

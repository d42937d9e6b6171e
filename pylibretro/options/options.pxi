# Core options: versions 0, 1 and 2 and their INTL forms become tables that Cores share; which value an option has and
# whether it is shown are each Core's own. Values are C strings that never move.

cdef enum:
    DECLARED_OPTION_BYTES_LIMIT = 64 << 20
    OPTION_TEXT_LIMIT = 1 << 20


cdef core_option *find_option(frontend *f, const char *key) noexcept nogil:
    cdef size_t i
    for i in range(f.option_count):
        if strcmp(f.options[i].declared.key, key) == 0:
            return &f.options[i]
    return NULL


cdef Py_ssize_t find_value(const option_declaration *declared, const char *value) noexcept nogil:
    cdef size_t i
    for i in range(declared.value_count):
        if strcmp(declared.values[i].value, value) == 0:
            return i
    return -1


cdef inline const char *current_value(const core_option *option) noexcept nogil:
    return option.declared.values[option.current].value


cdef void settle_option(frontend *f, core_option *option, const option_declaration *declared) noexcept nogil:
    # What was asked for before the declaration wins, then what the option already was, then the core's default.
    cdef core_option *before = find_option(f, declared.key)
    cdef option_override *override = f.option_overrides
    cdef Py_ssize_t index = -1
    cdef bint visible = True
    if before is not NULL:
        visible = before.visible
        index = find_value(declared, current_value(before))
    if index < 0:
        index = declared.default_index
    option.declared = declared
    option.current = index
    option.visible = visible
    while override is not NULL:
        if not override.used and strcmp(override.key, declared.key) == 0:
            override.used = True
            index = find_value(declared, override.value)
            override.refused = index < 0
            if index >= 0:
                option.current = index
        override = override.next


cdef declared_options *keep_declaration(frontend *f, option_table *table) noexcept nogil:
    """This frontend's own part of a table, whose reference it takes over; NULL if that would be too much."""
    cdef declared_options *kept = f.declared_options
    while kept is not NULL and kept.table is not table:
        kept = kept.next
    if kept is not NULL:
        option_table_release(table, f.fork_generation)
        return kept
    if f.declared_option_bytes + table.bytes <= <size_t> DECLARED_OPTION_BYTES_LIMIT:
        kept = <declared_options *> calloc(1, sizeof(declared_options) + table.option_count * sizeof(core_option))
    if kept is NULL:
        option_table_release(table, f.fork_generation)
        return NULL
    kept.options = <core_option *> (kept + 1)
    kept.table = table
    kept.next = f.declared_options
    f.declared_options = kept
    f.declared_option_bytes += table.bytes
    return kept


cdef bint publish_options(frontend *f, option_table *table, unsigned version) noexcept nogil:
    """Let a table be the core's options; it takes over the reference."""
    cdef declared_options *kept
    cdef size_t i
    if table is NULL:
        return False
    platform_mutex_lock(&f.lock)
    kept = keep_declaration(f, table)
    if kept is not NULL:
        for i in range(kept.table.option_count):
            settle_option(f, &kept.options[i], &kept.table.options[i])
        if f.options is not NULL:
            f.options_changed = True
            f.display_is_old = True
        f.options = kept.options
        f.option_count = kept.table.option_count
        f.option_categories = kept.table.categories
        f.option_category_count = kept.table.category_count
        f.options_version = version
    platform_mutex_unlock(&f.lock)
    return kept is not NULL


cdef void release_options(frontend *f) noexcept nogil:
    cdef declared_options *kept
    while f.declared_options is not NULL:
        kept = f.declared_options
        f.declared_options = kept.next
        option_table_release(kept.table, f.fork_generation)
        free(kept)


cdef bint declare_variables(frontend *f, const retro_variable *variables) noexcept nogil:
    return publish_options(f, option_table_of_variables(variables, f.fork_generation), 0)


cdef bint declare_options_v1(frontend *f, const retro_core_option_definition *definitions,
                             const retro_core_option_definition *local) noexcept nogil:
    # Keys, values and defaults are always those of `definitions`; `local` has texts for some of them, or is NULL.
    return publish_options(f, option_table_of_definitions(definitions, local, f.fork_generation), 1)


cdef bint declare_options_v2(frontend *f, const retro_core_options_v2 *declaration,
                             const retro_core_options_v2 *local) noexcept nogil:
    return publish_options(f, option_table_of_v2(declaration, local, f.fork_generation), 2)


cdef inline bint is_text(const char *text) noexcept nogil:
    """Whether there is a text, which is looked at here: where it leads nowhere, no lock is held yet."""
    return text is not NULL and strlen(text) <= OPTION_TEXT_LIMIT


cdef bint answer_variable(frontend *f, retro_variable *variable) noexcept nogil:
    cdef core_option *option
    cdef const char *value = NULL
    if variable is NULL:
        return True  # a question: is this command understood?
    if is_text(variable.key):
        platform_mutex_lock(&f.lock)
        option = find_option(f, variable.key)
        if option is not NULL:
            value = current_value(option)
        platform_mutex_unlock(&f.lock)
    variable.value = value
    return value is not NULL


cdef bint answer_variable_update(frontend *f, void *data) noexcept nogil:
    if data is NULL:
        return False
    (<cbool *> data)[0] = f.options_changed
    f.options_changed = False
    return True


cdef bint set_variable(frontend *f, const retro_variable *variable) noexcept nogil:
    cdef core_option *option
    cdef Py_ssize_t index
    if variable is NULL:
        return True  # a question: is this command understood?
    if not is_text(variable.key) or not is_text(variable.value):
        return False
    platform_mutex_lock(&f.lock)
    option = find_option(f, variable.key)
    index = find_value(option.declared, variable.value) if option is not NULL else -1
    if index >= 0 and option.current != <size_t> index:
        option.current = index
        f.options_changed = True
        f.display_is_old = True
    platform_mutex_unlock(&f.lock)
    return index >= 0


cdef bint set_option_visibility(frontend *f, const retro_core_option_display *display) noexcept nogil:
    cdef core_option *option
    if display is NULL:
        return True
    if not is_text(display.key):
        return True
    platform_mutex_lock(&f.lock)
    option = find_option(f, display.key)
    if option is not NULL:
        option.visible = display.visible
    platform_mutex_unlock(&f.lock)
    return True


cdef inline bint wants_local_texts(const frontend *f) noexcept nogil:
    return f.language != <int> RETRO_LANGUAGE_ENGLISH and f.language != FRONTEND_NO_LANGUAGE


cdef bint set_options_intl_v1(frontend *f, const retro_core_options_intl *declaration) noexcept nogil:
    if declaration is NULL:
        return False
    return declare_options_v1(f, declaration.us, declaration.local if wants_local_texts(f) else NULL)


cdef bint set_options_intl_v2(frontend *f, const retro_core_options_v2_intl *declaration) noexcept nogil:
    if declaration is NULL:
        return False
    return declare_options_v2(f, declaration.us, declaration.local if wants_local_texts(f) else NULL)


cdef bint set_update_display_callback(frontend *f,
                                      const retro_core_options_update_display_callback *callback) noexcept nogil:
    if callback is NULL:
        f.options_display.callback = NULL
    else:
        f.options_display = callback[0]
    return True


cdef object option_definition(const core_option *shown):
    cdef size_t i
    cdef const option_declaration *option = shown.declared
    cdef object category = option_name(option.category)
    values, labels = [], []
    for i in range(option.value_count):
        value = option_name(option.values[i].value)
        values.append(value)
        label = text_or_none(option.values[i].label)
        labels.append(label if label is not None else value)
    return OptionDefinition(
        key=option_name(option.key),
        description=text_or_none(option.description) or "",
        info=text_or_none(option.info) or "",
        category=category or None,
        values=tuple(values),
        labels=tuple(labels),
        default=values[option.default_index],
        visible=shown.visible,
    )


@cython.final
cdef class Options:
    """The core's options: a mutable mapping from key to value, both text.

    What a core declares with `RETRO_ENVIRONMENT_SET_VARIABLES`, `SET_CORE_OPTIONS`, `SET_CORE_OPTIONS_V2` and their
    INTL forms looks the same here. Setting a value takes effect when the core next asks
    (`RETRO_ENVIRONMENT_GET_VARIABLE_UPDATE`), for most options at the next frame; some cores read some options only
    while they load, so give those to `Core(options=...)`.

    Raises `UnknownOptionError` (also a `KeyError`) for a key that the core does not have and `OptionError` (also a
    `ValueError`) for a value that it does not offer.

    >>> from pylibretro import Core
    >>> with Core("2048") as core:
    ...     core.options["2048_theme"] = core.options.definitions["2048_theme"].values[1]
    """
    cdef CoreBase core

    def __cinit__(self, CoreBase core not None):
        self.core = core

    cdef core_option *find(self, key) except NULL:
        cdef core_option *option = NULL
        self.core.check()
        encoded = option_text(key)
        if encoded is not None:
            option = find_option(self.core.f, <bytes> encoded)
        if option is NULL:
            raise UnknownOptionError(unknown_option(self.core.name, key, list(self)))
        return option

    def __getitem__(self, key):
        cdef core_option *option = self.find(key)
        return option_name(current_value(option))

    def __setitem__(self, key, value):
        cdef core_option *option = self.find(key)
        cdef Py_ssize_t index = -1
        if not isinstance(value, str):
            raise OptionError(f"{key} = {value!r}: the value of an option is text, one of "
                              f"{', '.join(self.definitions[key].values)}")
        encoded = option_text(value)
        if encoded is not None:
            index = find_value(option.declared, <bytes> encoded)
        if index < 0:
            raise OptionError(f"{self.core.name} does not offer {key} = {value!r}; it offers "
                              f"{', '.join(self.definitions[key].values)}")
        with self.core.entered():
            if option.current != <size_t> index:
                option.current = index
                self.core.f.options_changed = True
                if self.core.second is not None:
                    self.core.second.options[key] = value
                update_option_display(self.core)
                if self.core.tape is not None:
                    self.core.tape.note(Event.OPTION, [key, value])

    def __delitem__(self, key):
        raise TypeError("an option cannot be deleted, only set; its default is options.definitions[key].default")

    def __iter__(self):
        cdef size_t i
        self.core.check()
        self.core.lock()
        try:
            keys = []
            for i in range(self.core.f.option_count):
                keys.append(option_name(self.core.f.options[i].declared.key))
        finally:
            self.core.unlock()
        return iter(keys)

    def __len__(self):
        self.core.check()
        return self.core.f.option_count

    def __contains__(self, key):
        self.core.check()
        encoded = option_text(key)
        return encoded is not None and find_option(self.core.f, <bytes> encoded) is not NULL

    def __repr__(self):
        return f"Options({dict(self)!r})"

    @property
    def definitions(self):
        """What the core declared: a dict from key to `OptionDefinition`."""
        cdef size_t i
        self.core.check()
        self.core.lock()
        try:
            declared = []
            for i in range(self.core.f.option_count):
                declared.append(option_definition(&self.core.f.options[i]))
        finally:
            self.core.unlock()
        return {definition.key: definition for definition in declared}

    @property
    def categories(self):
        """The categories of version 2: a dict from key to `OptionCategory`."""
        cdef size_t i
        self.core.check()
        self.core.lock()
        try:
            declared = []
            for i in range(self.core.f.option_category_count):
                declared.append(OptionCategory(option_name(self.core.f.option_categories[i].key),
                                               text_or_none(self.core.f.option_categories[i].description) or "",
                                               text_or_none(self.core.f.option_categories[i].info) or ""))
        finally:
            self.core.unlock()
        return {category.key: category for category in declared}

    def get(self, key, default=None):
        """Return the value of `key`, or `default` when the core has no such option."""
        return self[key] if key in self else default

    def keys(self):
        """Return the keys, in the core's order."""
        return KeysView(self)

    def values(self):
        """Return the current values, in the core's order."""
        return ValuesView(self)

    def items(self):
        """Return pairs of key and current value."""
        return ItemsView(self)

    def update(self, other=(), /, **more):
        """Set several options, as `dict.update` does; all are checked before the first is set."""
        wanted = dict(other, **more)
        definitions = self.definitions
        for key, value in wanted.items():
            self.find(key)
            if value not in definitions[key].values:
                self[key] = value
        for key, value in wanted.items():
            self[key] = value


MutableMapping.register(Options)


cdef int update_option_display(CoreBase core) except -1:
    cdef core_request request
    core.f.display_is_old = False
    if core.f.options_display.callback is not NULL and core.f.phase == FRONTEND_LOADED and not core.f.crashed:
        memset(&request, 0, sizeof(core_request))
        core.call(request_options_display, &request)
    return 0

# Core options: versions 0, 1 and 2 and their INTL forms become one table; values are C strings that never move.

cdef core_option *find_option(frontend *f, const char *key) noexcept nogil:
    cdef size_t i
    for i in range(f.option_count):
        if strcmp(f.options[i].key, key) == 0:
            return &f.options[i]
    return NULL


cdef Py_ssize_t find_value(const core_option *option, const char *value) noexcept nogil:
    cdef size_t i
    for i in range(option.value_count):
        if strcmp(option.values[i].value, value) == 0:
            return i
    return -1


cdef void settle_option(frontend *f, core_option *option, const char *default_value) noexcept nogil:
    # What was asked for before the declaration wins, then what the option already was, then the core's default.
    cdef core_option *before = find_option(f, option.key)
    cdef option_override *override = f.option_overrides
    cdef Py_ssize_t index = -1
    if default_value is not NULL:
        index = find_value(option, default_value)
    option.default_index = index if index >= 0 else 0
    option.current = option.default_index
    option.visible = True
    if before is not NULL:
        option.visible = before.visible
        index = find_value(option, before.values[before.current].value)
        if index >= 0:
            option.current = index
    while override is not NULL:
        if not override.used and strcmp(override.key, option.key) == 0:
            override.used = True
            index = find_value(option, override.value)
            override.refused = index < 0
            if index >= 0:
                option.current = index
        override = override.next


cdef void publish_options(frontend *f, core_option *options, size_t count, option_category *categories,
                          size_t category_count, unsigned version) noexcept nogil:
    platform_mutex_lock(&f.lock)
    if f.options is not NULL:
        f.options_changed = True
        f.display_is_old = True
    f.options = options
    f.option_count = count
    f.option_categories = categories
    f.option_category_count = category_count
    f.options_version = version
    platform_mutex_unlock(&f.lock)


cdef char *end_of_description(char *text) noexcept nogil:
    """The last semicolon before the values, because descriptions may hold some, too."""
    cdef char *end = NULL
    while text[0] and text[0] != c"|":
        if text[0] == c";":
            end = text
        text += 1
    return end


cdef bint parse_variable(frontend *f, core_option *option, const retro_variable *variable) noexcept nogil:
    # "Description; first|second|third", the first being the default
    cdef arena *memory = &f.options_arena
    cdef char *text = arena_string(memory, variable.value)
    cdef char *part
    cdef size_t count = 1
    option.key = arena_string(memory, variable.key)
    if text is NULL or option.key is NULL:
        return False
    option.description = text
    part = end_of_description(text)
    if part is NULL:
        return False
    part[0] = 0
    part += 1
    while part[0] == c' ':
        part += 1
    text = part
    while text[0]:
        count += text[0] == c'|'
        text += 1
    option.values = <option_value *> arena_allocate(memory, count * sizeof(option_value))
    if option.values is NULL:
        return False
    while True:
        option.values[option.value_count].value = part
        option.value_count += 1
        part = strchr(part, c'|')
        if part is NULL:
            break
        part[0] = 0
        part += 1
    settle_option(f, option, NULL)
    return True


cdef bint declare_variables(frontend *f, const retro_variable *variables) noexcept nogil:
    cdef size_t declared = 0, count = 0
    cdef core_option *options
    if variables is NULL:
        return False
    while variables[declared].key is not NULL:
        declared += 1
    options = <core_option *> arena_allocate(&f.options_arena, (declared + 1) * sizeof(core_option))
    if options is NULL:
        return False
    for i in range(declared):
        if variables[i].value is not NULL and parse_variable(f, &options[count], &variables[i]):
            count += 1
        else:
            memset(&options[count], 0, sizeof(core_option))
    publish_options(f, options, count, NULL, 0, 0)
    return True


cdef inline const char *local_text(const char *local, const char *us) noexcept nogil:
    return local if local is not NULL and local[0] else us


cdef const char *local_label(const retro_core_option_value *local, const char *value, const char *us) noexcept nogil:
    cdef size_t i = 0
    while local is not NULL and i < RETRO_NUM_CORE_OPTION_VALUES_MAX and local[i].value is not NULL:
        if strcmp(local[i].value, value) == 0:
            return local_text(local[i].label, us)
        i += 1
    return us


cdef bint copy_values(frontend *f, core_option *option, const retro_core_option_value *values,
                      const retro_core_option_value *local, const char *default_value) noexcept nogil:
    cdef arena *memory = &f.options_arena
    cdef size_t count = 0, i
    while count < RETRO_NUM_CORE_OPTION_VALUES_MAX and values[count].value is not NULL:
        count += 1
    option.values = <option_value *> arena_allocate(memory, (count + 1) * sizeof(option_value))
    if option.values is NULL:
        return False
    for i in range(count):
        option.values[i].value = arena_string(memory, values[i].value)
        option.values[i].label = arena_string(memory, local_label(local, values[i].value, values[i].label))
        if option.values[i].value is NULL:
            return False
    if count == 0 and default_value is not NULL:
        option.values[0].value = arena_string(memory, default_value)
        count = option.values[0].value is not NULL
    option.value_count = count
    return count > 0


cdef const retro_core_option_definition *local_definition(const retro_core_option_definition *local,
                                                          const char *key) noexcept nogil:
    while local is not NULL and local.key is not NULL:
        if strcmp(local.key, key) == 0:
            return local
        local += 1
    return NULL


cdef bint declare_options_v1(frontend *f, const retro_core_option_definition *definitions,
                             const retro_core_option_definition *local) noexcept nogil:
    # Keys, values and defaults are always those of `definitions`; `local` has texts for some of them, or is NULL.
    cdef arena *memory = &f.options_arena
    cdef size_t declared = 0, count = 0, i
    cdef const retro_core_option_definition *texts
    cdef core_option *options
    cdef core_option *option
    if definitions is NULL:
        return False
    while definitions[declared].key is not NULL:
        declared += 1
    options = <core_option *> arena_allocate(memory, (declared + 1) * sizeof(core_option))
    if options is NULL:
        return False
    for i in range(declared):
        option = &options[count]
        memset(option, 0, sizeof(core_option))
        texts = local_definition(local, definitions[i].key)
        if texts is NULL:
            texts = &definitions[i]
        option.key = arena_string(memory, definitions[i].key)
        option.description = arena_string(memory, local_text(texts.desc, definitions[i].desc))
        option.info = arena_string(memory, local_text(texts.info, definitions[i].info))
        if option.key is not NULL and copy_values(f, option, definitions[i].values, texts.values,
                                                  definitions[i].default_value):
            settle_option(f, option, definitions[i].default_value)
            count += 1
    publish_options(f, options, count, NULL, 0, 1)
    return True


cdef const retro_core_option_v2_definition *local_definition_v2(const retro_core_options_v2 *local,
                                                                const char *key) noexcept nogil:
    cdef const retro_core_option_v2_definition *definition = local.definitions if local is not NULL else NULL
    while definition is not NULL and definition.key is not NULL:
        if strcmp(definition.key, key) == 0:
            return definition
        definition += 1
    return NULL


cdef const retro_core_option_v2_category *local_category(const retro_core_options_v2 *local,
                                                         const char *key) noexcept nogil:
    cdef const retro_core_option_v2_category *category = local.categories if local is not NULL else NULL
    while category is not NULL and category.key is not NULL:
        if strcmp(category.key, key) == 0:
            return category
        category += 1
    return NULL


cdef bint declare_options_v2(frontend *f, const retro_core_options_v2 *declaration,
                             const retro_core_options_v2 *local) noexcept nogil:
    cdef arena *memory = &f.options_arena
    cdef const retro_core_option_v2_definition *definitions
    cdef const retro_core_option_v2_definition *texts
    cdef const retro_core_option_v2_category *named
    cdef const retro_core_option_v2_category *called
    cdef size_t declared = 0, category_count = 0, count = 0, i
    cdef core_option *options
    cdef core_option *option
    cdef option_category *categories = NULL
    if declaration is NULL or declaration.definitions is NULL:
        return False
    definitions = declaration.definitions
    named = declaration.categories
    while definitions[declared].key is not NULL:
        declared += 1
    if named is not NULL:
        while named[category_count].key is not NULL:
            category_count += 1
    options = <core_option *> arena_allocate(memory, (declared + 1) * sizeof(core_option))
    categories = <option_category *> arena_allocate(memory, (category_count + 1) * sizeof(option_category))
    if options is NULL or categories is NULL:
        return False
    for i in range(category_count):
        called = local_category(local, named[i].key)
        if called is NULL:
            called = &named[i]
        categories[i].key = arena_string(memory, named[i].key)
        categories[i].description = arena_string(memory, local_text(called.desc, named[i].desc))
        categories[i].info = arena_string(memory, local_text(called.info, named[i].info))
        if categories[i].key is NULL:
            return False
    for i in range(declared):
        option = &options[count]
        memset(option, 0, sizeof(core_option))
        texts = local_definition_v2(local, definitions[i].key)
        if texts is NULL:
            texts = &definitions[i]
        option.key = arena_string(memory, definitions[i].key)
        option.description = arena_string(memory, local_text(texts.desc, definitions[i].desc))
        option.description_in_category = arena_string(
            memory, local_text(texts.desc_categorized, definitions[i].desc_categorized))
        option.info = arena_string(memory, local_text(texts.info, definitions[i].info))
        option.info_in_category = arena_string(
            memory, local_text(texts.info_categorized, definitions[i].info_categorized))
        option.category = arena_string(memory, definitions[i].category_key)
        if option.key is not NULL and copy_values(f, option, definitions[i].values, texts.values,
                                                  definitions[i].default_value):
            settle_option(f, option, definitions[i].default_value)
            count += 1
    publish_options(f, options, count, categories, category_count, 2)
    return True


cdef bint answer_variable(frontend *f, retro_variable *variable) noexcept nogil:
    cdef core_option *option
    if variable is NULL:
        return True  # a question: is this command understood?
    option = find_option(f, variable.key) if variable.key is not NULL else NULL
    if option is NULL:
        variable.value = NULL
        return False
    variable.value = option.values[option.current].value
    return True


cdef bint set_variable(frontend *f, const retro_variable *variable) noexcept nogil:
    cdef core_option *option
    cdef Py_ssize_t index
    if variable is NULL:
        return True  # a question: is this command understood?
    if variable.key is NULL or variable.value is NULL:
        return False
    option = find_option(f, variable.key)
    index = find_value(option, variable.value) if option is not NULL else -1
    if index < 0:
        return False
    if option.current != <size_t> index:
        option.current = index
        f.options_changed = True
        f.display_is_old = True
    return True


cdef bint set_option_visibility(frontend *f, const retro_core_option_display *display) noexcept nogil:
    cdef core_option *option
    if display is NULL:
        return True
    option = find_option(f, display.key) if display.key is not NULL else NULL
    if option is not NULL:
        option.visible = display.visible
    return True


cdef str text_or_none(const char *text):
    return None if text is NULL else text.decode("utf-8", "replace")


cdef object option_definition(frontend *f, const core_option *option):
    cdef size_t i
    cdef object category = text_or_none(option.category)
    values, labels = [], []
    for i in range(option.value_count):
        value = text_or_none(option.values[i].value)
        values.append(value)
        label = text_or_none(option.values[i].label)
        labels.append(label if label is not None else value)
    return OptionDefinition(
        key=text_or_none(option.key),
        description=text_or_none(option.description) or "",
        info=text_or_none(option.info) or "",
        category=category or None,
        values=tuple(values),
        labels=tuple(labels),
        default=values[option.default_index],
        visible=option.visible,
    )


cdef bytes option_text(text):
    """Text as cores keep it, or None for what no core can have declared."""
    if not isinstance(text, str) or "\0" in text:
        return None
    try:
        return (<str> text).encode()
    except UnicodeEncodeError:
        return None


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
    cdef Core core

    def __cinit__(self, Core core not None):
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
        return text_or_none(option.values[option.current].value)

    def __setitem__(self, key, value):
        cdef core_option *option = self.find(key)
        cdef Py_ssize_t index = -1
        if not isinstance(value, str):
            raise OptionError(f"{key} = {value!r}: the value of an option is text, one of "
                              f"{', '.join(self.definitions[key].values)}")
        encoded = option_text(value)
        if encoded is not None:
            index = find_value(option, <bytes> encoded)
        if index < 0:
            raise OptionError(f"{self.core.name} does not offer {key} = {value!r}; it offers "
                              f"{', '.join(self.definitions[key].values)}")
        self.core.enter()
        try:
            if option.current != <size_t> index:
                option.current = index
                self.core.f.options_changed = True
                self.core.update_option_display()
        finally:
            self.core.leave()

    def __delitem__(self, key):
        raise TypeError("an option cannot be deleted, only set; its default is options.definitions[key].default")

    def __iter__(self):
        cdef size_t i
        self.core.check()
        self.core.lock()
        try:
            keys = []
            for i in range(self.core.f.option_count):
                keys.append(text_or_none(self.core.f.options[i].key))
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
                declared.append(option_definition(self.core.f, &self.core.f.options[i]))
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
                declared.append(OptionCategory(text_or_none(self.core.f.option_categories[i].key),
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

/* The environment as a core has changed it, for itself. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct own_variable {
    struct own_variable *next;
    char *name;
    char *text;  /* what the core gets, or NULL: it is not set */
    bool is_own; /* of us, and not a text of the core's that putenv was given */
};

static struct own_libc *current_own(void)
{
    struct frontend *frontend = own_libc_current();
    return frontend ? frontend->own : NULL;
}

/* Texts that the core has been given stay until its end. */
static bool set_variable(struct own_libc *own, const char *name, size_t length, const char *text,
                         bool is_own)
{
    struct own_variable *variable = calloc(1, sizeof *variable);
    char *copied_name = strndup(name, length);
    char *copied = text && is_own ? strdup(text) : NULL;
    if (!variable || !copied_name || (text && is_own && !copied)) {
        free(variable);
        free(copied_name);
        free(copied);
        errno = ENOMEM;
        return false;
    }
    variable->name = copied_name;
    variable->text = is_own ? copied : (char *)(uintptr_t)text;
    variable->is_own = is_own;
    own_lock(own);
    variable->next = own->variables;
    own->variables = variable;
    own_unlock(own);
    return true;
}

static bool find_variable(struct own_libc *own, const char *name, char **text)
{
    bool found = false;
    own_lock(own);
    for (struct own_variable *variable = own->variables; variable && !found;
         variable = variable->next) {
        found = strcmp(variable->name, name) == 0;
        if (found)
            *text = variable->text;
    }
    if (!found && own->cleared_environment) {
        *text = NULL;
        found = true;
    }
    own_unlock(own);
    return found;
}

static char *current_getenv(const char *name)
{
    struct own_libc *own = current_own();
    char *text = NULL;
    return own && find_variable(own, name, &text) ? text : getenv(name);
}

static bool is_name(const char *name)
{
    if (name && *name && !strchr(name, '='))
        return true;
    errno = EINVAL;
    return false;
}

static int current_setenv(const char *name, const char *value, int overwrite)
{
    struct own_libc *own = current_own();
    if (!own)
        return setenv(name, value, overwrite);
    if (!is_name(name))
        return -1;
    if (!overwrite && current_getenv(name))
        return 0;
    return set_variable(own, name, strlen(name), value, true) ? 0 : -1;
}

static int current_unsetenv(const char *name)
{
    struct own_libc *own = current_own();
    if (!own)
        return unsetenv(name);
    if (!is_name(name))
        return -1;
    return set_variable(own, name, strlen(name), NULL, true) ? 0 : -1;
}

static int current_putenv(char *text)
{
    struct own_libc *own = current_own();
    if (!own)
        return putenv(text);
    const char *equals = strchr(text, '=');
    if (!equals)
        return current_unsetenv(text);
    return set_variable(own, text, (size_t)(equals - text), equals + 1, false) ? 0 : -1;
}

static int current_clearenv(void)
{
    struct own_libc *own = current_own();
    if (own) {
        own_lock(own);
        own->cleared_environment = true;
        for (struct own_variable *variable = own->variables; variable; variable = variable->next)
            variable->name[0] = 0; /* no variable's name */
        own_unlock(own);
    }
    return own ? 0 : -1;
}

void own_environment_isolate(struct dylib *library)
{
    dylib_replace_import(library, "getenv", (void *)current_getenv);
    dylib_replace_import(library, "secure_getenv", (void *)current_getenv);
    dylib_replace_import(library, "__secure_getenv", (void *)current_getenv);
    dylib_replace_import(library, "setenv", (void *)current_setenv);
    dylib_replace_import(library, "unsetenv", (void *)current_unsetenv);
    dylib_replace_import(library, "putenv", (void *)current_putenv);
    dylib_replace_import(library, "clearenv", (void *)current_clearenv);
}

static void say_what_differs(struct frontend *frontend)
{
    char names[256] = "";
    size_t length = 0;
    for (const struct own_variable *variable = frontend->own->variables; variable;
         variable = variable->next)
        if (variable->name[0] && length + strlen(variable->name) + 3 < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                       length ? ", " : "", variable->name);
    if (length)
        frontend_note(frontend, RETRO_LOG_INFO,
                      "the core ends with environment variables of its own: %s", names);
}

void own_environment_end(struct frontend *frontend)
{
    say_what_differs(frontend);
    struct own_variable *variable = frontend->own->variables;
    frontend->own->variables = NULL;
    while (variable) {
        struct own_variable *next = variable->next;
        if (variable->is_own)
            free(variable->text);
        free(variable->name);
        free(variable);
        variable = next;
    }
}

#endif

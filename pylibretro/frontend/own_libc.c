/* What a core shares with the process through libc, as an instance of its own. */

#include "own_libc.h"

#include "frontend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

#if defined(_MSC_VER)
static __declspec(thread) struct frontend *frontend_current;
#elif defined(__GLIBC__)
/* Signal handlers read it, which must not be what makes a thread its variables. Other C libraries
 * refuse that to libraries which are opened late. */
static __thread struct frontend *frontend_current __attribute__((tls_model("initial-exec")));
#else
static __thread struct frontend *frontend_current;
#endif

struct frontend *own_libc_current(void)
{
    return frontend_current;
}

void own_libc_enter(struct frontend *frontend)
{
    frontend_current = frontend;
}

/* What the core's imports of libc are led to: the state of the core that this thread is in. A
   thread that a library has made on a core's behalf is in none, and shares the state of
   nobody. */
struct libc_state *own_libc_state(void)
{
    static struct libc_state nobody;
    static volatile int nobody_known;
    if (frontend_current)
        return &frontend_current->libc;
    if (!platform_atomic_exchange(&nobody_known, 1))
        libc_state_init(&nobody, 0);
    return &nobody;
}

#define REPLACEMENT(result, give, name, parameters, arguments)                                     \
    static result current_##name parameters                                                        \
    {                                                                                              \
        struct libc_state *state = own_libc_state();                                               \
        give libc_##name arguments;                                                                \
    }
LIBC_REPLACEMENTS(REPLACEMENT)
#undef REPLACEMENT

/* The guard of the innermost call of this thread into the core that it is in, or NULL. */
static struct guard *current_guard(void)
{
    return frontend_current ? guard_innermost() : NULL;
}

void own_libc_abort(const char *reason)
{
    struct guard *guard = current_guard();
    if (guard)
        guard_abort(guard, reason);
}

GUARD_NORETURN static void current_abort(void)
{
    own_libc_abort("abort");
    abort();
}

GUARD_NORETURN static void current_exit(int status)
{
    if (current_guard())
        guard_exit(current_guard(), status);
    exit(status);
}

GUARD_NORETURN static void current_exit_now(int status)
{
    if (current_guard())
        guard_exit_now(current_guard(), status);
    _Exit(status);
}

GUARD_NORETURN static void current_assert_fail(const char *expression, const char *file,
                                               unsigned line, const char *function)
{
    if (current_guard())
        guard_assert_fail(current_guard(), expression, file, line, function);
    abort();
}

/* Cores read memory that they never wrote, and save RAM is some of it: what is new is zero,
   as it is in a process that has just begun. */

static void *zeroed_malloc(size_t size)
{
    return calloc(1, size ? size : 1);
}

static void *zeroed_realloc(void *memory, size_t size)
{
    return memory ? realloc(memory, size) : zeroed_malloc(size);
}

static void *zeroed_new(size_t size)
{
    void *memory = zeroed_malloc(size);
    if (!memory)
        current_abort();
    return memory;
}

#ifndef _WIN32
static int zeroed_posix_memalign(void **memory, size_t alignment, size_t size)
{
    int outcome = posix_memalign(memory, alignment, size);
    if (outcome == 0)
        memset(*memory, 0, size);
    return outcome;
}

static void *zeroed_memalign(size_t alignment, size_t size)
{
    void *memory = NULL;
    if (alignment < sizeof(void *))
        alignment = sizeof(void *);
    return zeroed_posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}
#endif

#ifndef _WIN32
/* The linker calls a copy by a name of its own; to the core it has the name that it was opened by.
 * */
static int current_dladdr(const void *address, Dl_info *info)
{
    const int found = dladdr(address, info);
    const char *path = found && frontend_current
                           ? dylib_path_at(&frontend_current->library, info->dli_fbase)
                           : NULL;
    if (path)
        info->dli_fname = path;
    return found;
}
#endif

bool own_libc_isolate(struct frontend *frontend)
{
    struct dylib *library = &frontend->library;
#ifndef _WIN32
    frontend->own = calloc(1, sizeof *frontend->own);
    if (!frontend->own || !own_variables_isolate(frontend))
        return false;
    frontend->own->mask = -1;
#endif
#define REPLACEMENT(result, give, name, parameters, arguments)                                     \
    dylib_replace_import(library, #name, (void *)current_##name);
    LIBC_REPLACEMENTS(REPLACEMENT)
#undef REPLACEMENT
    dylib_replace_import(library, "abort", (void *)current_abort);
    dylib_replace_import(library, "exit", (void *)current_exit);
    dylib_replace_import(library, "_exit", (void *)current_exit_now);
    dylib_replace_import(library, "_Exit", (void *)current_exit_now);
    dylib_replace_import(library, "__assert_fail", (void *)current_assert_fail);
    own_output_isolate(library);
    dylib_replace_import(library, "malloc", (void *)zeroed_malloc);
    dylib_replace_import(library, "realloc", (void *)zeroed_realloc);
#ifndef _WIN32
    dylib_replace_import(library, "_Znwm", (void *)zeroed_new); /* operator new, and new[] */
    dylib_replace_import(library, "_Znam", (void *)zeroed_new);
    dylib_replace_import(library, "posix_memalign", (void *)zeroed_posix_memalign);
    dylib_replace_import(library, "memalign", (void *)zeroed_memalign);
    dylib_replace_import(library, "aligned_alloc", (void *)zeroed_memalign);
    dylib_replace_import(library, "dladdr", (void *)current_dladdr);
    own_threads_isolate(library);
    own_files_isolate(library);
    own_paths_isolate(library);
    own_descriptors_isolate(library);
    own_environment_isolate(library);
    own_signals_isolate(library);
    own_process_isolate(library);
#endif
    return true;
}

void own_libc_close(struct frontend *frontend)
{
#ifndef _WIN32
    own_variables_close(frontend);
#else
    (void)frontend;
#endif
}

void own_libc_end(struct frontend *frontend)
{
    if (frontend->line.printed)
        frontend_note(frontend, RETRO_LOG_DEBUG, "the core has printed %u lines of its log",
                      frontend->line.printed);
#ifndef _WIN32
    if (!frontend->own)
        return;
    if (frontend->own->directory)
        frontend_note(frontend, RETRO_LOG_INFO,
                      "the core ends in a working directory of its own: %s",
                      frontend->own->directory);
    own_descriptors_end(frontend);
    own_variables_end(frontend);
    own_environment_end(frontend);
    free(frontend->own->directory);
    free(frontend->own);
    frontend->own = NULL;
#else
    (void)frontend;
#endif
}

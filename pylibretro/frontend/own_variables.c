/* What a core has of the thread that calls it, and what it wants to be called at its end. Any
 * thread may call a core, one after another, and each would have other thread-local variables:
 * those of all callers are one set, the core's. Its own threads have theirs, as everywhere. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct own_exit {
    struct own_exit *next;
    void (*function)(void *);
    void *argument;
};

/* The core that calls, if it does so on a thread of its callers. */
static struct own_libc *caller_own(void)
{
    struct frontend *frontend = own_libc_current();
    return frontend && !own_threads_is_own() ? frontend->own : NULL;
}

/* ---- thread_local --------------------------------------------------------------------------- */

#ifdef __linux__
struct tls_place {
    unsigned long module, offset;
};

extern void *__tls_get_addr(struct tls_place *place);

static void *current_tls_get_addr(struct tls_place *place)
{
    const struct own_libc *own = caller_own();
    if (own && own->tls_module && own->tls_module == place->module)
        return (char *)own->tls + place->offset;
    return __tls_get_addr(place);
}

static bool make_tls(struct frontend *frontend)
{
    struct own_libc *own = frontend->own;
    struct dylib_tls tls;
    if (!dylib_tls(&frontend->library, &tls))
        return true;
    size_t alignment = tls.alignment < sizeof(void *) ? sizeof(void *) : tls.alignment;
    if (posix_memalign(&own->tls, alignment, tls.size ? tls.size : 1) != 0) {
        own->tls = NULL;
        return false;
    }
    memset(own->tls, 0, tls.size);
    memcpy(own->tls, tls.image, tls.image_size);
    if (dylib_replace_import(&frontend->library, "__tls_get_addr", (void *)current_tls_get_addr))
        own->tls_module = tls.module;
    return true;
}
#else
static bool make_tls(struct frontend *frontend)
{
    (void)frontend;
    return true;
}
#endif

/* ---- pthread_getspecific -------------------------------------------------------------------- */

static int current_pthread_key_create(pthread_key_t *key, void (*end)(void *))
{
    struct frontend *frontend = own_libc_current();
    const int result = pthread_key_create(key, end);
    if (result == 0 && frontend && (size_t)*key < OWN_KEYS)
        __atomic_fetch_or(&frontend->own->keys[*key / 64], (uint64_t)1 << *key % 64,
                          __ATOMIC_RELAXED);
    return result;
}

static int current_pthread_key_delete(pthread_key_t key)
{
    struct frontend *frontend = own_libc_current();
    if (frontend && (size_t)key < OWN_KEYS) {
        __atomic_fetch_and(&frontend->own->keys[key / 64], ~((uint64_t)1 << key % 64),
                           __ATOMIC_RELAXED);
        if (frontend->own->specifics)
            frontend->own->specifics[key] = NULL;
    }
    return pthread_key_delete(key);
}

static bool is_key_of(const struct own_libc *own, pthread_key_t key)
{
    return own && (size_t)key < OWN_KEYS && own->keys[key / 64] >> key % 64 & 1;
}

static void *current_pthread_getspecific(pthread_key_t key)
{
    const struct own_libc *own = caller_own();
    if (is_key_of(own, key))
        return own->specifics ? own->specifics[key] : NULL;
    return pthread_getspecific(key);
}

static int current_pthread_setspecific(pthread_key_t key, const void *value)
{
    struct own_libc *own = caller_own();
    if (!is_key_of(own, key))
        return pthread_setspecific(key, value);
    if (!own->specifics)
        own->specifics = calloc(OWN_KEYS, sizeof *own->specifics);
    if (!own->specifics)
        return ENOMEM;
    own->specifics[key] = (void *)(uintptr_t)value;
    return 0;
}

/* ---- what is to be called at the end -------------------------------------------------------- */

static int push_exit(struct own_libc *own, struct own_exit **list, void (*function)(void *),
                     void *argument)
{
    struct own_exit *entry = malloc(sizeof *entry);
    if (!entry)
        return -1;
    entry->function = function;
    entry->argument = argument;
    own_lock(own);
    entry->next = *list;
    *list = entry;
    own_unlock(own);
    return 0;
}

/* What is called may want others to be called. */
static void call_exits(struct own_libc *own, struct own_exit **list)
{
    for (;;) {
        own_lock(own);
        struct own_exit *entry = *list;
        if (entry)
            *list = entry->next;
        own_unlock(own);
        if (!entry)
            return;
        const struct own_exit call = *entry;
        free(entry);
        call.function(call.argument);
    }
}

static void forget_exits(struct own_exit **list)
{
    while (*list) {
        struct own_exit *entry = *list;
        *list = entry->next;
        free(entry);
    }
}

typedef int register_exit(void (*function)(void *), void *argument, void *library);
typedef void call_finalizers(void *library);

static register_exit *real_exit, *real_thread_exit;
static call_finalizers *real_finalize;

static int current_cxa_atexit(void (*function)(void *), void *argument, void *library)
{
    struct frontend *frontend = own_libc_current();
    if (!frontend)
        return real_exit(function, argument, library);
    return push_exit(frontend->own, &frontend->own->exits, function, argument);
}

static void call_plain(void *function)
{
    union {
        void *data;
        void (*function)(void);
    } plain = {function};
    plain.function();
}

static int current_atexit(void (*function)(void))
{
    union {
        void (*function)(void);
        void *data;
    } plain = {function};
    struct frontend *frontend = own_libc_current();
    return frontend ? push_exit(frontend->own, &frontend->own->exits, call_plain, plain.data) : -1;
}

static int current_at_quick_exit(void (*function)(void))
{
    (void)function;
    return 0;
}

static int current_cxa_thread_atexit(void (*function)(void *), void *argument, void *library)
{
    struct own_libc *own = caller_own();
    if (!own)
        return real_thread_exit(function, argument, library);
    return push_exit(own, &own->thread_exits, function, argument);
}

static void current_cxa_finalize(void *library)
{
    struct frontend *frontend = own_libc_current();
    if (frontend)
        call_exits(frontend->own, &frontend->own->exits);
    if (real_finalize)
        real_finalize(library);
}

void own_variables_close(struct frontend *frontend)
{
    call_exits(frontend->own, &frontend->own->thread_exits);
}

bool own_variables_isolate(struct frontend *frontend)
{
    struct dylib *library = &frontend->library;
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
    REPLACE(pthread_key_create);
    REPLACE(pthread_key_delete);
    REPLACE(pthread_getspecific);
    REPLACE(pthread_setspecific);
    REPLACE(atexit);
    REPLACE(at_quick_exit);
#undef REPLACE
    dylib_replace_import(library, "tss_get", (void *)current_pthread_getspecific);
    *(void **)&real_exit = dylib_symbol(library, "__cxa_atexit");
    if (real_exit)
        dylib_replace_import(library, "__cxa_atexit", (void *)current_cxa_atexit);
    *(void **)&real_finalize = dylib_symbol(library, "__cxa_finalize");
    dylib_replace_import(library, "__cxa_finalize", (void *)current_cxa_finalize);
    void *thread_exit = dylib_symbol(library, "__cxa_thread_atexit_impl");
    if (!thread_exit)
        thread_exit = dylib_symbol(library, "__cxa_thread_atexit");
    *(void **)&real_thread_exit = thread_exit;
    if (thread_exit) {
        dylib_replace_import(library, "__cxa_thread_atexit", (void *)current_cxa_thread_atexit);
        dylib_replace_import(library, "__cxa_thread_atexit_impl",
                             (void *)current_cxa_thread_atexit);
    }
    return make_tls(frontend);
}

void own_variables_end(struct frontend *frontend)
{
    struct own_libc *own = frontend->own;
    forget_exits(&own->thread_exits);
    forget_exits(&own->exits);
    for (size_t key = 0; key < OWN_KEYS; key++)
        if (own->keys[key / 64] >> key % 64 & 1)
            pthread_key_delete((pthread_key_t)key);
    free(own->specifics);
    free(own->tls);
}

#endif

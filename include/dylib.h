/* A shared library as a private instance: opening the same file again gives another copy of all
 * its variables, and closing one removes it from the process.
 *
 *     struct dylib library;
 *     char message[512];
 *     if (dylib_link(&library, path, NULL, message, sizeof message) != DYLIB_OK) ...
 *     dylib_start(&library);
 *     void (*retro_run)(void) = dylib_symbol(&library, "retro_run");
 *     dylib_close(&library);
 *
 * Between the two, imports can be replaced before the library's constructors use them; and
 * dylib_start, which runs those constructors, can be called where exceptions are caught. */
#ifndef PYLIBRETRO_DYLIB_H
#define PYLIBRETRO_DYLIB_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct detours;

enum dylib_result {
    DYLIB_OK = 0,
    DYLIB_MISSING = 1,            /* there is no such file */
    DYLIB_NOT_A_LIBRARY = 2,      /* text, an archive, a directory, truncated, damaged */
    DYLIB_WRONG_ARCHITECTURE = 3, /* a library for another processor or operating system */
    DYLIB_DEPENDENCY = 4,         /* it needs a library or a symbol that is not here */
    DYLIB_SYSTEM = 5,             /* the operating system refused: permission, memory, files */
    DYLIB_STAYS = 6               /* dylib_close: the library could not be removed */
};

#if defined(_WIN32)
struct dylib {
    void *handle;
    wchar_t copy[261]; /* MAX_PATH and a terminator */
    volatile uint8_t *switches;
};
#elif defined(__APPLE__)
struct dylib {
    void *handle;
    char directory[1024];
    volatile uint8_t *switches;
};
#else
enum { DYLIB_NEIGHBOURS = 16 };

/* A table by its address, counted from where the library is loaded. */
struct elf_table {
    uintptr_t address;
    size_t size; /* in bytes */
};

struct dylib {
    void *handle;
    uintptr_t base;
    size_t page;
    bool deferred; /* we have to call constructors and destructors */
    bool started;
    struct elf_table relocations, imports, symbols, strings, constructors, destructors;
    size_t relative_count;
    uintptr_t constructor, destructor;
    uintptr_t relro_start, relro_end;
    void *neighbours[DYLIB_NEIGHBOURS]; /* libraries found through $ORIGIN */
    char *path;                         /* as it was given to dylib_link */
    void *link;                         /* what the linker knows of it, a struct link_map */
    char *linker_name;                  /* what the linker called it */
    bool executable_stack;              /* its functions run only where stacks are executable */
    volatile uint8_t *switches;         /* of its detours; NULL without any */
};
#endif

/* Maps a private copy and resolves its imports. On failure, `library` needs no closing. With
 * `detours` (see detours.h; NULL for none) `library->switches` are theirs, all of them off. */
int dylib_link(struct dylib *library, const char *utf8_path, const struct detours *detours,
               char *message, size_t message_size);

/* Runs the constructors where the system lets us run them late (Linux), otherwise they already
 * ran. Call once after dylib_link. */
void dylib_start(struct dylib *library);

/* Where the library is; 0 where that is of no use, because there are no detours. */
#if defined(_WIN32) || defined(__APPLE__)
static inline uintptr_t dylib_base(const struct dylib *library)
{
    (void)library;
    return 0;
}
#else
static inline uintptr_t dylib_base(const struct dylib *library)
{
    return library->base;
}
#endif

/* NULL when the library exports no such symbol. */
void *dylib_symbol(const struct dylib *library, const char *name);

/* Makes the library (not those it uses) call `replacement` for the function it imports as `name`.
 * Returns how many places were changed: 0 when it does not import it, or on macOS. */
int dylib_replace_import(struct dylib *library, const char *name, void *replacement);

/* Makes the calling thread ready for the library's functions: those with nested functions of GCC's
 * write code onto the stack. False when the system forbids that. */
#if defined(_WIN32) || defined(__APPLE__)
static inline bool dylib_ready_thread(const struct dylib *library)
{
    (void)library;
    return true;
}
#else
bool dylib_make_stack_executable(void);
static inline bool dylib_ready_thread(const struct dylib *library)
{
    return !library->executable_stack || dylib_make_stack_executable();
}
#endif

/* What a thread's copy of the library's thread-local variables begins as; false where it has none,
 * or the system does not say. */
struct dylib_tls {
    size_t module; /* as the C library counts */
    const void *image;
    size_t image_size, size, alignment;
};

#if defined(_WIN32) || defined(__APPLE__)
static inline bool dylib_tls(const struct dylib *library, struct dylib_tls *tls)
{
    (void)library;
    (void)tls;
    return false;
}
#else
bool dylib_tls(const struct dylib *library, struct dylib_tls *tls);
#endif

/* The path that was given to dylib_link if `base` is where the library is loaded, or NULL. */
const char *dylib_path_at(const struct dylib *library, const void *base);

/* As dylib_replace_import, also for a function that the library brings itself, such as that of a
 * C++
 * runtime that was linked into it, where it calls it by name. */
int dylib_replace_function(struct dylib *library, const char *name, void *replacement);

/* Runs the destructors and unmaps. DYLIB_STAYS when the library remains in memory all the same,
 * because a thread still owes it a destructor call or the C library never unloads (musl). */
int dylib_close(struct dylib *library);

/* Forgets a library that cannot be unloaded safely: it stays mapped, and none of it runs. */
void dylib_abandon(struct dylib *library);

/* Unmaps a library without running its destructors, where the system can; else it stays. */
void dylib_discard(struct dylib *library);

#endif

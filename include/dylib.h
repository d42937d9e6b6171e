/* A shared library as a private instance: opening the same file again gives another copy of all
 * its variables, and closing one removes it from the process.
 *
 *     struct dylib library;
 *     char message[512];
 *     if (dylib_open(&library, path, message, sizeof message) != DYLIB_OK) ...
 *     void (*retro_run)(void) = dylib_symbol(&library, "retro_run");
 *     dylib_close(&library);
 *
 * dylib_open is dylib_link followed by dylib_start. Between the two, imports can be replaced before
 * the library's constructors use them; and dylib_start, which runs those constructors, can be
 * called where exceptions are caught. */
#ifndef PYLIBRETRO_DYLIB_H
#define PYLIBRETRO_DYLIB_H

#if !defined(_GNU_SOURCE) && !defined(_WIN32)
#define _GNU_SOURCE 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dylib_result {
    DYLIB_OK = 0,
    DYLIB_MISSING = 1,            /* there is no such file */
    DYLIB_NOT_A_LIBRARY = 2,      /* text, an archive, a directory, truncated, damaged */
    DYLIB_WRONG_ARCHITECTURE = 3, /* a library for another processor or operating system */
    DYLIB_DEPENDENCY = 4,         /* it needs a library or a symbol that is not here */
    DYLIB_SYSTEM = 5,             /* the operating system refused: permission, memory, files */
    DYLIB_STAYS = 6               /* dylib_close: the library could not be removed */
};

struct dylib;

/* Maps a private copy and resolves its imports. On failure, `library` needs no closing. */
static inline int dylib_link(struct dylib *library, const char *utf8_path, char *message,
                             size_t message_size);

/* Runs the constructors where the system lets us run them late (Linux), otherwise they already
 * ran. Call once after dylib_link. */
static inline void dylib_start(struct dylib *library);

static inline int dylib_open(struct dylib *library, const char *utf8_path, char *message,
                             size_t message_size);

/* NULL when the library exports no such symbol. */
static inline void *dylib_symbol(const struct dylib *library, const char *name);

/* Makes the library (not those it uses) call `replacement` for the function it imports as `name`.
 * Returns how many places were changed: 0 when it does not import it, or on macOS. */
static inline int dylib_replace_import(struct dylib *library, const char *name, void *replacement);

static inline bool dylib_imports(const struct dylib *library, const char *name);

/* Runs the destructors and unmaps. DYLIB_STAYS when the library remains in memory all the same,
 * because a thread still owes it a destructor call or the C library never unloads (musl). */
static inline int dylib_close(struct dylib *library);

/* Forgets a library that is in no state to be unloaded: it stays mapped, nothing of it runs. */
static inline void dylib_abandon(struct dylib *library);

#if defined(_WIN32)
#include "dylib_windows.h"
#elif defined(__APPLE__)
#include "dylib_macos.h"
#else
#include "dylib_elf.h"
#endif

static inline int dylib_open(struct dylib *library, const char *utf8_path, char *message,
                             size_t message_size)
{
    const int result = dylib_link(library, utf8_path, message, message_size);
    if (result == DYLIB_OK)
        dylib_start(library);
    return result;
}

#endif

/* dylib.h for macOS: the linker knows a library by its file, so an instance is a copy of the file,
 * byte for byte because of its signature, that is unlinked as soon as it is mapped. */
#include "detours.h"
#include "dylib.h"
#include "file_kind.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool copy_bytes(int from, int to)
{
    char bytes[65536];
    for (;;) {
        ssize_t size = read(from, bytes, sizeof bytes);
        if (size <= 0)
            return size == 0;
        for (char *at = bytes; size > 0;) {
            const ssize_t written = write(to, at, (size_t)size);
            if (written <= 0)
                return false;
            at += written;
            size -= written;
        }
    }
}

static int check_file(int source, const char *path, char *message, size_t message_size)
{
    struct stat status;
    unsigned char bytes[4096];
    char found[256];
    if (fstat(source, &status) != 0) {
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    if (!S_ISREG(status.st_mode)) {
        snprintf(message, message_size, "%s is not a library: found %s", path,
                 S_ISDIR(status.st_mode) ? "a directory" : "no regular file");
        return DYLIB_NOT_A_LIBRARY;
    }
    const ssize_t size = pread(source, bytes, sizeof bytes, 0);
    if (size < 0) {
        snprintf(message, message_size, "%s: %s", path, strerror(errno));
        return DYLIB_SYSTEM;
    }
    const enum file_kind kind = file_kind_of(bytes, (size_t)size, found, sizeof found);
    if (kind == FILE_KIND_MACH_O)
        return DYLIB_OK;
    snprintf(message, message_size, "%s is not a library for " DYLIB_PLATFORM ": found %s", path,
             found);
    return kind == FILE_KIND_NONE ? DYLIB_NOT_A_LIBRARY : DYLIB_WRONG_ARCHITECTURE;
}

static int judge(const char *said)
{
    if (strstr(said, "incompatible architecture") || strstr(said, "wrong architecture") ||
        strstr(said, "no suitable image found"))
        return DYLIB_WRONG_ARCHITECTURE;
    if (strstr(said, "Library not loaded") || strstr(said, "Symbol not found"))
        return DYLIB_DEPENDENCY;
    if (strstr(said, "not permitted") || strstr(said, "code signature"))
        return DYLIB_SYSTEM;
    return DYLIB_NOT_A_LIBRARY;
}

static int link_copy(struct dylib *library, int source, const char *path, char *message,
                     size_t message_size)
{
    char copy[1100];
    const char *temporary = getenv("TMPDIR");
    snprintf(library->directory, sizeof library->directory, "%s/libretro-core-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(library->directory)) {
        snprintf(message, message_size, "%s: could not make a private copy in %s: %s", path,
                 library->directory, strerror(errno));
        return DYLIB_SYSTEM;
    }
    snprintf(copy, sizeof copy, "%s/core.dylib", library->directory);
    const int file = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    int result = DYLIB_SYSTEM;
    if (file < 0 || !copy_bytes(source, file)) {
        snprintf(message, message_size, "%s: could not make a private copy in %s: %s", path,
                 library->directory, strerror(errno));
    } else {
        library->handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
        const char *said = library->handle ? NULL : dlerror();
        if (said)
            snprintf(message, message_size, "%s: %s", path, said);
        result = library->handle ? DYLIB_OK : judge(said ? said : "");
    }
    if (file >= 0)
        close(file);
    unlink(copy);
    rmdir(library->directory);
    return result;
}

int dylib_link(struct dylib *library, const char *utf8_path, const struct detours *detours,
               char *message, size_t message_size)
{
    (void)detours; /* detours_make makes none */
    memset(library, 0, sizeof *library);
    const int source = open(utf8_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (source < 0) {
        const bool missing = errno == ENOENT || errno == ENOTDIR;
        snprintf(message, message_size, "%s: %s", utf8_path, strerror(errno));
        return missing ? DYLIB_MISSING : DYLIB_SYSTEM;
    }
    int result = check_file(source, utf8_path, message, message_size);
    if (result == DYLIB_OK)
        result = link_copy(library, source, utf8_path, message, message_size);
    close(source);
    return result;
}

void dylib_start(struct dylib *library)
{
    (void)library;
}

const char *dylib_path_at(const struct dylib *library, const void *base)
{
    (void)library;
    (void)base;
    return NULL;
}

void *dylib_symbol(const struct dylib *library, const char *name)
{
    return library->handle ? dlsym(library->handle, name) : NULL;
}

int dylib_replace_import(struct dylib *library, const char *name, void *replacement)
{
    (void)library;
    (void)name;
    (void)replacement;
    return 0;
}

int dylib_replace_function(struct dylib *library, const char *name, void *replacement)
{
    return dylib_replace_import(library, name, replacement);
}

int dylib_close(struct dylib *library)
{
    char copy[1100];
    if (!library->handle)
        return DYLIB_OK;
    dlclose(library->handle);
    library->handle = NULL;
    snprintf(copy, sizeof copy, "%s/core.dylib", library->directory);
    void *again = dlopen(copy, RTLD_NOLOAD | RTLD_LAZY);
    if (again)
        dlclose(again);
    return again ? DYLIB_STAYS : DYLIB_OK;
}

void dylib_abandon(struct dylib *library)
{
    library->handle = NULL;
}

struct detours *detours_make(const char *utf8_path, const struct detour *list, size_t count,
                             char *message, size_t message_size)
{
    (void)list;
    (void)count;
    snprintf(message, message_size, "%s: code can be changed on Linux only", utf8_path);
    return NULL;
}

void detours_free(struct detours *detours)
{
    (void)detours;
}

size_t detours_shared_bytes(const struct detours *detours)
{
    (void)detours;
    return 0;
}

/* The system would run its destructors. */
void dylib_discard(struct dylib *library)
{
    dylib_abandon(library);
}

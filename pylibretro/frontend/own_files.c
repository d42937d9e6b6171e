/* The machine's random numbers as files, shared memory by an instance's own names, and whether a
 * core writes files. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };
enum { RANDOM_BYTES = 1 << 16 }; /* of the file that stands for all there are */

static bool is_random_device(const char *path)
{
    return path && (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0);
}

void frontend_note_written(struct frontend *frontend, const char *path)
{
    if (!frontend || !path || strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0 ||
        strstr(path, "/pylibretro-scratch-"))
        return;
    platform_atomic_add(&frontend->files_written, 1);
}

static void note_written(const char *path)
{
    frontend_note_written(own_libc_current(), path);
}

/* ---- random numbers ------------------------------------------------------------------------- */

static int random_file(void)
{
#ifdef __linux__
    char bytes[RANDOM_BYTES];
    const int file = memfd_create("random", MFD_CLOEXEC);
    if (file < 0)
        return -1;
    libc_entropy_bytes(own_libc_state(), bytes, sizeof bytes);
    if (write(file, bytes, sizeof bytes) == (ssize_t)sizeof bytes && lseek(file, 0, SEEK_SET) == 0)
        return file;
    close(file);
#endif
    return -1;
}

#ifdef __linux__
static ssize_t read_random(void *cookie, char *bytes, size_t size)
{
    (void)cookie;
    libc_entropy_bytes(own_libc_state(), bytes, size);
    return (ssize_t)size;
}

static FILE *random_stream(void)
{
    const cookie_io_functions_t functions = {read_random, NULL, NULL, NULL};
    FILE *stream = fopencookie(NULL, "rb", functions);
    if (stream)
        setvbuf(stream, NULL, _IONBF, 0); /* it draws what is read, and no more */
    return stream;
}
#else
static FILE *random_stream(void)
{
    return NULL;
}
#endif

/* ---- opening -------------------------------------------------------------------------------- */

static int opened(int directory, const char *path, int flags, mode_t mode)
{
    if (is_random_device(path) && own_libc_current()) {
        const int file = random_file();
        if (file >= 0)
            return own_descriptor(file);
    }
    if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC))
        note_written(path);
    char buffer[PATH_BYTES];
    if (directory == AT_FDCWD)
        path = own_path(path, buffer, sizeof buffer);
    return own_descriptor(openat(directory, path, flags, (mode_t)own_mode(mode)));
}

static bool makes_files(int flags)
{
#ifdef O_TMPFILE
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
#else
    return flags & O_CREAT;
#endif
}

#define OPEN_MODE(last)                                                                            \
    mode_t mode = 0;                                                                               \
    if (makes_files(flags)) {                                                                      \
        va_list arguments;                                                                         \
        va_start(arguments, last);                                                                 \
        mode = (mode_t)va_arg(arguments, unsigned);                                                \
        va_end(arguments);                                                                         \
    }

static int current_open(const char *path, int flags, ...)
{
    OPEN_MODE(flags)
    return opened(AT_FDCWD, path, flags, mode);
}

static int current_openat(int directory, const char *path, int flags, ...)
{
    OPEN_MODE(flags)
    return opened(directory, path, flags, mode);
}

static int current_open_2(const char *path, int flags)
{
    return opened(AT_FDCWD, path, flags, 0);
}

static int current_creat(const char *path, mode_t mode)
{
    return opened(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static FILE *current_fopen(const char *path, const char *mode)
{
    if (is_random_device(path) && own_libc_current()) {
        FILE *stream = random_stream();
        if (stream)
            return stream;
    }
    if (mode && (*mode != 'r' || strchr(mode, '+')))
        note_written(path);
    char buffer[PATH_BYTES];
    return own_stream(fopen(own_path(path, buffer, sizeof buffer), mode));
}

static int current_mkdir(const char *path, mode_t mode)
{
    char buffer[PATH_BYTES];
    const int result = mkdir(own_path(path, buffer, sizeof buffer), (mode_t)own_mode(mode));
    if (result == 0)
        note_written(path);
    return result;
}

static int current_rename(const char *from, const char *to)
{
    char first[PATH_BYTES], second[PATH_BYTES];
    note_written(to);
    return rename(own_path(from, first, sizeof first), own_path(to, second, sizeof second));
}

/* ---- shared memory -------------------------------------------------------------------------- */

/* Cores name theirs by the process, and there may be many of a core in it. */
static const char *own_shared_name(const char *name, char *buffer, size_t size)
{
    const struct frontend *frontend = own_libc_current();
    if (!frontend || !name || strlen(name) > 200)
        return name;
    snprintf(buffer, size, "%s-%d-%llx", name, (int)getpid(),
             (unsigned long long)(uintptr_t)frontend >> 4);
    return buffer;
}

static int current_shm_open(const char *name, int flags, mode_t mode)
{
    char buffer[NAME_MAX + 1];
    return own_descriptor(shm_open(own_shared_name(name, buffer, sizeof buffer), flags, mode));
}

static int current_shm_unlink(const char *name)
{
    char buffer[NAME_MAX + 1];
    return shm_unlink(own_shared_name(name, buffer, sizeof buffer));
}

void own_files_isolate(struct dylib *library)
{
    dylib_replace_import(library, "open", (void *)current_open);
    dylib_replace_import(library, "openat", (void *)current_openat);
    dylib_replace_import(library, "creat", (void *)current_creat);
    dylib_replace_import(library, "fopen", (void *)current_fopen);
#if defined(__LP64__)
    dylib_replace_import(library, "open64", (void *)current_open);
    dylib_replace_import(library, "openat64", (void *)current_openat);
    dylib_replace_import(library, "creat64", (void *)current_creat);
    dylib_replace_import(library, "fopen64", (void *)current_fopen);
    dylib_replace_import(library, "__open64_2", (void *)current_open_2);
#endif
    dylib_replace_import(library, "__open_2", (void *)current_open_2);
    dylib_replace_import(library, "mkdir", (void *)current_mkdir);
    dylib_replace_import(library, "rename", (void *)current_rename);
    dylib_replace_import(library, "shm_open", (void *)current_shm_open);
    dylib_replace_import(library, "shm_unlink", (void *)current_shm_unlink);
}

#endif

/* A core's working directory and the mode of the files that it makes, for itself: those of the
 * process are everybody's. */

#ifndef _WIN32

#include "own_libc.h"

#include "frontend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

enum { PATH_BYTES = 4096 };

static struct own_libc *current_own(void)
{
    struct frontend *frontend = own_libc_current();
    return frontend ? frontend->own : NULL;
}

const char *own_path(const char *path, char *buffer, size_t size)
{
    struct own_libc *own = current_own();
    if (!own || !own->directory || !path || path[0] == '/' || !path[0])
        return path;
    own_lock(own);
    const int length = snprintf(buffer, size, "%s/%s", own->directory, path);
    own_unlock(own);
    return length > 0 && (size_t)length < size ? buffer : path;
}

unsigned own_mode(unsigned mode)
{
    const struct own_libc *own = current_own();
    return own && own->mask >= 0 ? mode & ~(unsigned)own->mask : mode;
}

/* ---- the directory and the mask ------------------------------------------------------------- */

static int use_directory(struct own_libc *own, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return -1;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    char *directory = realpath(path, NULL);
    if (!directory)
        return -1;
    own_lock(own);
    char *before = own->directory;
    own->directory = directory;
    own_unlock(own);
    free(before);
    return 0;
}

static int current_chdir(const char *path)
{
    char buffer[PATH_BYTES];
    struct own_libc *own = current_own();
    return own ? use_directory(own, own_path(path, buffer, sizeof buffer)) : chdir(path);
}

static int current_fchdir(int descriptor)
{
    struct own_libc *own = current_own();
    if (!own)
        return fchdir(descriptor);
#ifdef __linux__
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    return use_directory(own, link);
#else
    char path[PATH_BYTES];
    return fcntl(descriptor, F_GETPATH, path) == 0 ? use_directory(own, path) : -1;
#endif
}

static char *current_getcwd(char *buffer, size_t size)
{
    struct own_libc *own = current_own();
    if (!own || !own->directory)
        return getcwd(buffer, size);
    own_lock(own);
    const size_t needed = strlen(own->directory) + 1;
    if (!buffer)
        buffer = malloc(size > needed ? size : needed);
    else if (size < needed)
        buffer = NULL;
    if (buffer)
        memcpy(buffer, own->directory, needed);
    own_unlock(own);
    if (!buffer)
        errno = ERANGE;
    return buffer;
}

static char *current_get_current_dir_name(void)
{
    return current_getcwd(NULL, 0);
}

static mode_t current_umask(mode_t mask)
{
    struct own_libc *own = current_own();
    if (!own)
        return umask(mask);
    mode_t before = (mode_t)own->mask;
    if (own->mask < 0) { /* there is no way to ask for it alone */
        before = umask(077);
        umask(before);
    }
    own->mask = (int)(mask & 0777);
    return before;
}

/* ---- paths ---------------------------------------------------------------------------------- */

#define OF_PATH(result, name, parameters, arguments)                                               \
    static result current_##name parameters                                                        \
    {                                                                                              \
        char buffer[PATH_BYTES];                                                                   \
        path = own_path(path, buffer, sizeof buffer);                                              \
        return name arguments;                                                                     \
    }

OF_PATH(int, stat, (const char *path, struct stat *status), (path, status))
OF_PATH(int, lstat, (const char *path, struct stat *status), (path, status))
OF_PATH(int, access, (const char *path, int mode), (path, mode))
OF_PATH(int, chmod, (const char *path, mode_t mode), (path, mode))
OF_PATH(DIR *, opendir, (const char *path), (path))
OF_PATH(int, rmdir, (const char *path), (path))
OF_PATH(int, unlink, (const char *path), (path))
OF_PATH(int, remove, (const char *path), (path))
OF_PATH(ssize_t, readlink, (const char *path, char *target, size_t size), (path, target, size))
OF_PATH(int, truncate, (const char *path, off_t size), (path, size))
OF_PATH(char *, realpath, (const char *path, char *result), (path, result))
OF_PATH(int, statvfs, (const char *path, struct statvfs *status), (path, status))
OF_PATH(int, utime, (const char *path, const struct utimbuf *times), (path, times))
OF_PATH(int, utimes, (const char *path, const struct timeval *times), (path, times))
OF_PATH(int, mkfifo, (const char *path, mode_t mode), (path, mode))

#define OF_PATH_AT(result, name, parameters, arguments)                                            \
    static result current_##name parameters                                                        \
    {                                                                                              \
        char buffer[PATH_BYTES];                                                                   \
        if (directory == AT_FDCWD)                                                                 \
            path = own_path(path, buffer, sizeof buffer);                                          \
        return name arguments;                                                                     \
    }

OF_PATH_AT(int, fstatat, (int directory, const char *path, struct stat *status, int flags),
           (directory, path, status, flags))
OF_PATH_AT(int, unlinkat, (int directory, const char *path, int flags), (directory, path, flags))
OF_PATH_AT(int, mkdirat, (int directory, const char *path, mode_t mode), (directory, path, mode))
OF_PATH_AT(int, faccessat, (int directory, const char *path, int mode, int flags),
           (directory, path, mode, flags))

typedef int entry_filter(const struct dirent *);
typedef int entry_order(const struct dirent **, const struct dirent **);

OF_PATH(int, scandir,
        (const char *path, struct dirent ***entries, entry_filter *filter, entry_order *order),
        (path, entries, filter, order))

#ifdef __GLIBC__
/* As programs call them that were built with a C library before 2.33. */
typedef int versioned_stat(int version, const char *path, void *status);

static versioned_stat *real_xstat, *real_lxstat;

static int current_xstat(int version, const char *path, void *status)
{
    char buffer[PATH_BYTES];
    return real_xstat(version, own_path(path, buffer, sizeof buffer), status);
}

static int current_lxstat(int version, const char *path, void *status)
{
    char buffer[PATH_BYTES];
    return real_lxstat(version, own_path(path, buffer, sizeof buffer), status);
}
#endif

static int current_link(const char *from, const char *to)
{
    char first[PATH_BYTES], second[PATH_BYTES];
    return link(own_path(from, first, sizeof first), own_path(to, second, sizeof second));
}

static int current_symlink(const char *target, const char *path)
{
    char buffer[PATH_BYTES];
    return symlink(target, own_path(path, buffer, sizeof buffer));
}

/* What these make of a template, stands at its end. */
static int made_file(char *template, int suffix, int flags)
{
    char buffer[PATH_BYTES];
    const char *path = own_path(template, buffer, sizeof buffer);
    const int file = mkostemps(path == buffer ? buffer : template, suffix, flags);
    if (path == buffer)
        memcpy(template, buffer + strlen(buffer) - strlen(template), strlen(template));
    return own_descriptor(file);
}

static int current_mkstemp(char *template)
{
    return made_file(template, 0, 0);
}

static int current_mkostemp(char *template, int flags)
{
    return made_file(template, 0, flags);
}

static int current_mkstemps(char *template, int suffix)
{
    return made_file(template, suffix, 0);
}

static char *current_mkdtemp(char *template)
{
    char buffer[PATH_BYTES];
    const char *path = own_path(template, buffer, sizeof buffer);
    const char *made = mkdtemp(path == buffer ? buffer : template);
    if (path == buffer)
        memcpy(template, buffer + strlen(buffer) - strlen(template), strlen(template));
    return made ? template : NULL;
}

void own_paths_isolate(struct dylib *library)
{
#define REPLACE(name) dylib_replace_import(library, #name, (void *)current_##name)
#define REPLACE_AS(name, other) dylib_replace_import(library, #name, (void *)current_##other)
    REPLACE(chdir);
    REPLACE(fchdir);
    REPLACE(getcwd);
    REPLACE_AS(__getcwd_chk, getcwd);
    REPLACE(get_current_dir_name);
    REPLACE(umask);
    REPLACE(stat);
    REPLACE(lstat);
    REPLACE(access);
    REPLACE(chmod);
    REPLACE(opendir);
    REPLACE(rmdir);
    REPLACE(unlink);
    REPLACE(remove);
    REPLACE(readlink);
    REPLACE(truncate);
    REPLACE(realpath);
    REPLACE_AS(__realpath_chk, realpath);
    REPLACE(statvfs);
    REPLACE(utime);
    REPLACE(utimes);
    REPLACE(mkfifo);
    REPLACE(fstatat);
    REPLACE(unlinkat);
    REPLACE(mkdirat);
    REPLACE(faccessat);
    REPLACE(scandir);
    REPLACE(link);
    REPLACE(symlink);
    REPLACE(mkstemp);
    REPLACE(mkostemp);
    REPLACE(mkstemps);
    REPLACE(mkdtemp);
#ifdef __GLIBC__
    *(void **)&real_xstat = dylib_symbol(library, "__xstat");
    *(void **)&real_lxstat = dylib_symbol(library, "__lxstat");
    if (real_xstat)
        REPLACE_AS(__xstat, xstat);
    if (real_lxstat)
        REPLACE_AS(__lxstat, lxstat);
#if defined(__LP64__)
    REPLACE_AS(stat64, stat);
    REPLACE_AS(lstat64, lstat);
    REPLACE_AS(fstatat64, fstatat);
    REPLACE_AS(truncate64, truncate);
    REPLACE_AS(statvfs64, statvfs);
    REPLACE_AS(scandir64, scandir);
    REPLACE_AS(mkstemp64, mkstemp);
    REPLACE_AS(mkostemp64, mkostemp);
    if (real_xstat)
        REPLACE_AS(__xstat64, xstat);
    if (real_lxstat)
        REPLACE_AS(__lxstat64, lxstat);
#endif
#endif
#undef REPLACE
#undef REPLACE_AS
}

#endif

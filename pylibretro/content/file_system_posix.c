#define _FILE_OFFSET_BITS 64
#include "file_system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_system_is_separator(char character)
{
    return character == '/';
}

bool file_system_close(file_system_file file)
{
    return close(file) == 0;
}

file_system_file file_system_open(const char *path, unsigned opening)
{
    /* Opening a pipe would wait for its other end. */
    int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY, file;
    struct stat status;
    if (opening & FILE_SYSTEM_WRITE)
        flags |= opening & FILE_SYSTEM_READ ? O_RDWR : O_WRONLY;
    if (opening & FILE_SYSTEM_EMPTY)
        flags |= O_CREAT | O_TRUNC;
    if (opening & FILE_SYSTEM_NO_LINK)
        flags |= O_NOFOLLOW;
    do {
        file = open(path, flags, 0666);
    } while (file < 0 && errno == EINTR);
    if (file < 0)
        return FILE_SYSTEM_NO_FILE;
    if (fstat(file, &status) != 0 || S_ISDIR(status.st_mode) || S_ISFIFO(status.st_mode)) {
        close(file);
        return FILE_SYSTEM_NO_FILE;
    }
    return file;
}

void file_system_expect(file_system_file file, bool sequential)
{
#ifdef POSIX_FADV_SEQUENTIAL
    posix_fadvise(file, 0, 0, sequential ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_WILLNEED);
#else
    (void)file;
    (void)sequential;
#endif
}

int64_t file_system_read_some(file_system_file file, void *to, size_t size, int64_t offset)
{
    ssize_t done;
    const size_t wanted = size < 1u << 30 ? size : 1u << 30;
    do {
        done = pread(file, to, wanted, (off_t)offset);
    } while (done < 0 && errno == EINTR);
    return done;
}

int64_t file_system_write_some(file_system_file file, const void *from, size_t size, int64_t offset)
{
    ssize_t done;
    const size_t wanted = size < 1u << 30 ? size : 1u << 30;
    do {
        done = pwrite(file, from, wanted, (off_t)offset);
    } while (done < 0 && errno == EINTR);
    return done;
}

int64_t file_system_size(file_system_file file)
{
    struct stat status;
    return fstat(file, &status) == 0 ? (int64_t)status.st_size : -1;
}

bool file_system_truncate(file_system_file file, int64_t size)
{
    int outcome;
    do {
        outcome = ftruncate(file, (off_t)size);
    } while (outcome != 0 && errno == EINTR);
    return outcome == 0;
}

int file_system_make_directory(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return 0;
    return errno == EEXIST ? -2 : -1;
}

bool file_system_remove(const char *path)
{
    return remove(path) == 0;
}

bool file_system_rename(const char *before, const char *after)
{
    return rename(before, after) == 0;
}

enum file_system_kind file_system_kind(const char *path, int64_t *size)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return FILE_SYSTEM_NOTHING;
    *size = (int64_t)status.st_size;
    if (S_ISDIR(status.st_mode))
        return FILE_SYSTEM_DIRECTORY;
    return S_ISCHR(status.st_mode) ? FILE_SYSTEM_CHARACTER_SPECIAL : FILE_SYSTEM_FILE;
}

bool file_system_has_entry(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

char *file_system_canonical(const char *path)
{
    return realpath(path, NULL);
}

bool file_system_is_within(const char *directory, const char *path)
{
    size_t length = strlen(directory);
    if (length && directory[length - 1] == '/')
        length--;
    return strncmp(directory, path, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static bool is_directory_entry(const char *directory, const struct dirent *entry)
{
#ifdef DT_DIR
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK)
        return entry->d_type == DT_DIR;
#endif
    int64_t size;
    char *path = file_system_join(directory, strlen(directory), entry->d_name);
    const bool is_directory = path && file_system_kind(path, &size) == FILE_SYSTEM_DIRECTORY;
    free(path);
    return is_directory;
}

bool file_system_list(const char *path, bool include_hidden, struct file_system_listing *listing)
{
    const struct dirent *entry;
    bool complete = true;
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    while (complete && (entry = readdir(directory))) {
        const bool hidden = entry->d_name[0] == '.';
        if (!file_system_is_dots(entry->d_name) && (include_hidden || !hidden))
            complete =
                file_system_listing_add(listing, entry->d_name, is_directory_entry(path, entry));
    }
    closedir(directory);
    return complete;
}

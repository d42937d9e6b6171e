/* Files and directories of the system: paths in UTF-8, offsets of 64 bits, and the same words for
 * all systems. A read or a write names its own offset, so that a file that is open in a forked
 * child, too, has no position that both would move. */
#ifndef PYLIBRETRO_FILE_SYSTEM_H
#define PYLIBRETRO_FILE_SYSTEM_H

#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include "platform.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#endif

enum file_system_opening {
    FILE_SYSTEM_READ = 1,
    FILE_SYSTEM_WRITE = 2,
    FILE_SYSTEM_EMPTY = 4,   /* made when it is not there, and without what was in it */
    FILE_SYSTEM_NO_LINK = 8, /* fail where the last part of the path is a symbolic link */
};

enum file_system_kind {
    FILE_SYSTEM_NOTHING, /* or what may not be looked at */
    FILE_SYSTEM_FILE,
    FILE_SYSTEM_DIRECTORY,
    FILE_SYSTEM_CHARACTER_SPECIAL
};

struct file_system_entry {
    char *name;
    bool is_directory;
};

/* What a directory held when it was read, by name. */
struct file_system_listing {
    struct file_system_entry *entries;
    size_t count, capacity;
};

static inline char *file_system_join(const char *directory, size_t length, const char *name)
{
    const size_t name_size = strlen(name) + 1;
    char *path = malloc(length + 1 + name_size);
    if (!path)
        return NULL;
    memcpy(path, directory, length);
#ifdef _WIN32
    const bool ends = length && (directory[length - 1] == '\\' || directory[length - 1] == '/');
    const char separator = '\\';
#else
    const bool ends = length && directory[length - 1] == '/';
    const char separator = '/';
#endif
    if (!ends)
        path[length++] = separator;
    memcpy(path + length, name, name_size);
    return path;
}

static inline void file_system_listing_free(struct file_system_listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].name);
    free(listing->entries);
    memset(listing, 0, sizeof *listing);
}

static inline bool file_system_listing_add(struct file_system_listing *listing, const char *name,
                                           bool is_directory)
{
    if (listing->count == listing->capacity) {
        const size_t capacity = listing->capacity ? 2 * listing->capacity : 64;
        void *entries = realloc(listing->entries, capacity * sizeof *listing->entries);
        if (!entries)
            return false;
        listing->entries = entries;
        listing->capacity = capacity;
    }
    const size_t size = strlen(name) + 1;
    char *copy = malloc(size);
    if (!copy)
        return false;
    memcpy(copy, name, size);
    listing->entries[listing->count++] = (struct file_system_entry){copy, is_directory};
    return true;
}

static inline int file_system_compare_entries(const void *first, const void *second)
{
    return strcmp(((const struct file_system_entry *)first)->name,
                  ((const struct file_system_entry *)second)->name);
}

static inline bool file_system_is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

#ifdef _WIN32

typedef HANDLE file_system_file;
#define FILE_SYSTEM_NO_FILE INVALID_HANDLE_VALUE
enum { FILE_SYSTEM_SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static inline bool file_system_is_separator(char character)
{
    return character == '/' || character == '\\';
}

static inline wchar_t *file_system_wide(const char *path)
{
    const int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, NULL, 0);
    wchar_t *wide = length > 0 ? malloc((size_t)length * sizeof *wide) : NULL;
    if (wide)
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, length);
    return wide;
}

static inline char *file_system_utf8(const wchar_t *wide)
{
    const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *path = size > 0 ? malloc((size_t)size) : NULL;
    if (path)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, path, size, NULL, NULL);
    return path;
}

static inline bool file_system_close(file_system_file file)
{
    return CloseHandle(file) != 0;
}

static inline file_system_file file_system_create(const char *path, DWORD access, DWORD disposition,
                                                  DWORD flags)
{
    wchar_t *wide = file_system_wide(path);
    if (!wide)
        return FILE_SYSTEM_NO_FILE;
    HANDLE file = CreateFileW(wide, access, FILE_SYSTEM_SHARE_ALL, NULL, disposition, flags, NULL);
    free(wide);
    return file;
}

static inline file_system_file file_system_open(const char *path, unsigned opening)
{
    DWORD access = 0, flags = FILE_ATTRIBUTE_NORMAL;
    BY_HANDLE_FILE_INFORMATION information;
    if (opening & FILE_SYSTEM_READ)
        access |= GENERIC_READ;
    if (opening & FILE_SYSTEM_WRITE)
        access |= GENERIC_WRITE;
    if (opening & FILE_SYSTEM_NO_LINK)
        flags |= FILE_FLAG_OPEN_REPARSE_POINT;
    HANDLE file = file_system_create(
        path, access, opening & FILE_SYSTEM_EMPTY ? OPEN_ALWAYS : OPEN_EXISTING, flags);
    if (file == FILE_SYSTEM_NO_FILE)
        return file;
    const bool is_link = (opening & FILE_SYSTEM_NO_LINK) &&
                         GetFileInformationByHandle(file, &information) &&
                         (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT);
    /* The handle has just been opened: it stands at the beginning. */
    if (is_link || ((opening & FILE_SYSTEM_EMPTY) && !SetEndOfFile(file))) {
        file_system_close(file);
        return FILE_SYSTEM_NO_FILE;
    }
    return file;
}

static inline void file_system_expect(file_system_file file, bool sequential)
{
    (void)file;
    (void)sequential;
}

static inline OVERLAPPED file_system_offset(int64_t offset)
{
    OVERLAPPED place;
    memset(&place, 0, sizeof place);
    place.Offset = (DWORD)(uint64_t)offset;
    place.OffsetHigh = (DWORD)((uint64_t)offset >> 32);
    return place;
}

/* One call's worth of bytes, 0 at the end of the file, -1 when it fails. */
static inline int64_t file_system_read_some(file_system_file file, void *to, size_t size,
                                            int64_t offset)
{
    OVERLAPPED place = file_system_offset(offset);
    DWORD done = 0;
    const DWORD wanted = size < 1u << 30 ? (DWORD)size : 1u << 30;
    if (ReadFile(file, to, wanted, &done, &place))
        return done;
    return GetLastError() == ERROR_HANDLE_EOF ? 0 : -1;
}

static inline int64_t file_system_write_some(file_system_file file, const void *from, size_t size,
                                             int64_t offset)
{
    OVERLAPPED place = file_system_offset(offset);
    DWORD done = 0;
    const DWORD wanted = size < 1u << 30 ? (DWORD)size : 1u << 30;
    return WriteFile(file, from, wanted, &done, &place) ? (int64_t)done : -1;
}

static inline int64_t file_system_size(file_system_file file)
{
    LARGE_INTEGER size;
    return GetFileSizeEx(file, &size) ? size.QuadPart : -1;
}

static inline bool file_system_truncate(file_system_file file, int64_t size)
{
    FILE_END_OF_FILE_INFO end;
    end.EndOfFile.QuadPart = size;
    return SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end) != 0;
}

static inline bool file_system_remove(const char *path)
{
    wchar_t *wide = file_system_wide(path);
    const bool removed = wide && (DeleteFileW(wide) || RemoveDirectoryW(wide));
    free(wide);
    return removed;
}

static inline bool file_system_rename(const char *before, const char *after)
{
    wchar_t *wide_before = file_system_wide(before), *wide_after = file_system_wide(after);
    const bool renamed = wide_before && wide_after &&
                         MoveFileExW(wide_before, wide_after, MOVEFILE_REPLACE_EXISTING);
    free(wide_before);
    free(wide_after);
    return renamed;
}

/* Without access to the data, which a directory has not: for what there is to know of it. */
static inline file_system_file file_system_look(const char *path)
{
    return file_system_create(path, 0, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
}

static inline enum file_system_kind file_system_kind(const char *path, int64_t *size)
{
    BY_HANDLE_FILE_INFORMATION information;
    enum file_system_kind kind = FILE_SYSTEM_NOTHING;
    HANDLE file = file_system_look(path);
    if (file == FILE_SYSTEM_NO_FILE)
        return kind;
    *size = 0;
    if (GetFileType(file) == FILE_TYPE_CHAR) {
        kind = FILE_SYSTEM_CHARACTER_SPECIAL;
    } else if (GetFileInformationByHandle(file, &information)) {
        const bool directory = information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
        kind = directory ? FILE_SYSTEM_DIRECTORY : FILE_SYSTEM_FILE;
        *size = (int64_t)((uint64_t)information.nFileSizeHigh << 32 | information.nFileSizeLow);
    }
    file_system_close(file);
    return kind;
}

/* Whether a directory has such an entry, be it a link to nothing. */
static inline bool file_system_has_entry(const char *path)
{
    wchar_t *wide = file_system_wide(path);
    const bool has = wide && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    free(wide);
    return has;
}

/* The one absolute path of what exists, without links, or NULL. */
static inline char *file_system_canonical(const char *path)
{
    char *canonical = NULL;
    HANDLE file = file_system_look(path);
    if (file == FILE_SYSTEM_NO_FILE)
        return NULL;
    const DWORD size = GetFinalPathNameByHandleW(file, NULL, 0, FILE_NAME_NORMALIZED);
    wchar_t *wide = size ? malloc((size_t)size * sizeof *wide) : NULL;
    const DWORD length =
        wide ? GetFinalPathNameByHandleW(file, wide, size, FILE_NAME_NORMALIZED) : 0;
    if (length && length < size)
        canonical = file_system_utf8(wide);
    free(wide);
    file_system_close(file);
    return canonical;
}

/* Whether a canonical path is the directory or something below it. */
static inline bool file_system_is_within(const char *directory, const char *path)
{
    bool within = false;
    wchar_t *wide_directory = file_system_wide(directory), *wide_path = file_system_wide(path);
    if (wide_directory && wide_path) {
        size_t length = wcslen(wide_directory);
        if (length && wide_directory[length - 1] == L'\\')
            length--;
        within = wcslen(wide_path) >= length &&
                 CompareStringOrdinal(wide_directory, (int)length, wide_path, (int)length, TRUE) ==
                     CSTR_EQUAL &&
                 (wide_path[length] == 0 || wide_path[length] == L'\\');
    }
    free(wide_directory);
    free(wide_path);
    return within;
}

static inline bool file_system_list(const char *path, bool include_hidden,
                                    struct file_system_listing *listing)
{
    WIN32_FIND_DATAW found;
    char *pattern = file_system_join(path, strlen(path), "*");
    wchar_t *wide = pattern ? file_system_wide(pattern) : NULL;
    HANDLE search = wide ? FindFirstFileW(wide, &found) : INVALID_HANDLE_VALUE;
    free(wide);
    free(pattern);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    bool complete = true;
    do {
        const bool hidden = found.dwFileAttributes & FILE_ATTRIBUTE_HIDDEN;
        char *name = file_system_utf8(found.cFileName);
        if (!name)
            complete = false;
        else if (!file_system_is_dots(name) && (include_hidden || !hidden))
            complete = file_system_listing_add(listing, name,
                                               found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
        free(name);
    } while (complete && FindNextFileW(search, &found));
    FindClose(search);
    return complete;
}

#else

typedef int file_system_file;
#define FILE_SYSTEM_NO_FILE (-1)

static inline bool file_system_is_separator(char character)
{
    return character == '/';
}

static inline bool file_system_close(file_system_file file)
{
    return close(file) == 0;
}

static inline file_system_file file_system_open(const char *path, unsigned opening)
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

static inline void file_system_expect(file_system_file file, bool sequential)
{
#ifdef POSIX_FADV_SEQUENTIAL
    posix_fadvise(file, 0, 0, sequential ? POSIX_FADV_SEQUENTIAL : POSIX_FADV_WILLNEED);
#else
    (void)file;
    (void)sequential;
#endif
}

/* One call's worth of bytes, 0 at the end of the file, -1 when it fails. */
static inline int64_t file_system_read_some(file_system_file file, void *to, size_t size,
                                            int64_t offset)
{
    ssize_t done;
    const size_t wanted = size < 1u << 30 ? size : 1u << 30;
    do {
        done = pread(file, to, wanted, (off_t)offset);
    } while (done < 0 && errno == EINTR);
    return done;
}

static inline int64_t file_system_write_some(file_system_file file, const void *from, size_t size,
                                             int64_t offset)
{
    ssize_t done;
    const size_t wanted = size < 1u << 30 ? size : 1u << 30;
    do {
        done = pwrite(file, from, wanted, (off_t)offset);
    } while (done < 0 && errno == EINTR);
    return done;
}

static inline int64_t file_system_size(file_system_file file)
{
    struct stat status;
    return fstat(file, &status) == 0 ? (int64_t)status.st_size : -1;
}

static inline bool file_system_truncate(file_system_file file, int64_t size)
{
    int outcome;
    do {
        outcome = ftruncate(file, (off_t)size);
    } while (outcome != 0 && errno == EINTR);
    return outcome == 0;
}

static inline bool file_system_remove(const char *path)
{
    return remove(path) == 0;
}

static inline bool file_system_rename(const char *before, const char *after)
{
    return rename(before, after) == 0;
}

static inline enum file_system_kind file_system_kind(const char *path, int64_t *size)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return FILE_SYSTEM_NOTHING;
    *size = (int64_t)status.st_size;
    if (S_ISDIR(status.st_mode))
        return FILE_SYSTEM_DIRECTORY;
    return S_ISCHR(status.st_mode) ? FILE_SYSTEM_CHARACTER_SPECIAL : FILE_SYSTEM_FILE;
}

/* Whether a directory has such an entry, be it a link to nothing. */
static inline bool file_system_has_entry(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

/* The one absolute path of what exists, without links, or NULL. */
static inline char *file_system_canonical(const char *path)
{
    return realpath(path, NULL);
}

/* Whether a canonical path is the directory or something below it. */
static inline bool file_system_is_within(const char *directory, const char *path)
{
    size_t length = strlen(directory);
    if (length && directory[length - 1] == '/')
        length--;
    return strncmp(directory, path, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static inline bool file_system_is_directory_entry(const char *directory, const struct dirent *entry)
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

static inline bool file_system_list(const char *path, bool include_hidden,
                                    struct file_system_listing *listing)
{
    const struct dirent *entry;
    bool complete = true;
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    while (complete && (entry = readdir(directory))) {
        const bool hidden = entry->d_name[0] == '.';
        if (!file_system_is_dots(entry->d_name) && (include_hidden || !hidden))
            complete = file_system_listing_add(listing, entry->d_name,
                                               file_system_is_directory_entry(path, entry));
    }
    closedir(directory);
    return complete;
}

#endif

/* All of it, or as much as the file has; -1 when not even a first part could be read. */
static inline int64_t file_system_read(file_system_file file, void *to, size_t size, int64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const int64_t some =
            file_system_read_some(file, (char *)to + done, size - done, offset + (int64_t)done);
        if (some <= 0)
            return some < 0 && !done ? -1 : (int64_t)done;
        done += (size_t)some;
    }
    return (int64_t)done;
}

static inline int64_t file_system_write(file_system_file file, const void *from, size_t size,
                                        int64_t offset)
{
    size_t done = 0;
    while (done < size) {
        const int64_t some = file_system_write_some(file, (const char *)from + done, size - done,
                                                    offset + (int64_t)done);
        if (some <= 0)
            return done ? (int64_t)done : -1;
        done += (size_t)some;
    }
    return (int64_t)done;
}

/* Where an entry of a directory lies, be it there or not: the directory's canonical path and the
 * entry's name. NULL where the directory is not, or where the path ends in no name. */
static inline char *file_system_canonical_entry(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && file_system_is_separator(path[end - 1]))
        end--;
    size_t start = end;
    while (start && !file_system_is_separator(path[start - 1]))
        start--;
    if (start == end)
        return NULL;
    char *parent = start ? malloc(start + 1) : NULL, *name = malloc(end - start + 1);
    char *canonical = NULL, *entry = NULL;
    if (parent) {
        memcpy(parent, path, start);
        parent[start] = 0;
    }
    if (name && (parent || !start)) {
        memcpy(name, path + start, end - start);
        name[end - start] = 0;
        if (!file_system_is_dots(name))
            canonical = file_system_canonical(parent ? parent : ".");
    }
    if (canonical)
        entry = file_system_join(canonical, strlen(canonical), name);
    free(canonical);
    free(parent);
    free(name);
    return entry;
}

/* What a path leads to, or where a file would be made by it; NULL when neither can be said, as of
 * a link to nothing. */
static inline char *file_system_canonical_target(const char *path)
{
    char *canonical = file_system_canonical(path);
    if (canonical)
        return canonical;
    canonical = file_system_canonical_entry(path);
    if (canonical && file_system_has_entry(canonical)) {
        free(canonical);
        return NULL;
    }
    return canonical;
}

/* The entries but for "." and "..", sorted: in the system's order they would make a core's run
 * depend on where its files lie. */
static inline bool file_system_list_sorted(const char *path, bool include_hidden,
                                           struct file_system_listing *listing)
{
    memset(listing, 0, sizeof *listing);
    if (!file_system_list(path, include_hidden, listing)) {
        file_system_listing_free(listing);
        return false;
    }
    if (listing->count)
        qsort(listing->entries, listing->count, sizeof *listing->entries,
              file_system_compare_entries);
    return true;
}

#endif
